/** The guest's side of a worker: the private port, and the powers that a lane needs. @module */

import type { Message } from "../script/wire.ts";

/** What a worker hands to the lane in it. */
export interface GuestPort<Sent = Message, Received = Message> {
  send(message: Sent, transferred?: Transferable[]): void;
  onMessage(receive: (message: Received) => void): void;
  onRejection(rejected: (reason: unknown) => void): void;
  /** Milliseconds since the epoch. */
  now(): number;
  randomFill(bytes: Uint8Array): void;
  /** HTTP, as far as this worker has Deno's permission. */
  readonly fetch: typeof fetch;
  close(): void;
}

/** Waits for the port that the host sends first. What it needs of the worker it takes at once. */
export function openGuestPort<Sent = Message, Received = Message>(
  use: (port: GuestPort<Sent, Received>) => void,
): void {
  const { now } = Date;
  const { fetch } = globalThis;
  const random = crypto;
  const listen = globalThis.addEventListener.bind(globalThis);
  const scope = globalThis as unknown as {
    onmessage: ((event: MessageEvent<MessagePort>) => void) | null;
  };
  scope.onmessage = ({ data: port }) => {
    scope.onmessage = null;
    use({
      send: (message, transferred = []) => port.postMessage(message, transferred),
      onMessage(receive) {
        port.onmessage = ({ data }) => receive(data as Received);
      },
      onRejection(rejected) {
        // Unheard, a rejection would end the worker and with it the process.
        listen("unhandledrejection", (event) => {
          event.preventDefault();
          rejected((event as PromiseRejectionEvent).reason);
        });
      },
      now,
      randomFill(bytes) {
        random.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
      },
      fetch,
      close: () => port.close(),
    });
  };
}
