/** The guest's side of a child process: frames over its standard streams. @module */

import { encodeFrame, FrameReader, type Message } from "../script/wire.ts";

/** What a child process hands to the lane in it. */
export interface GuestPipe {
  send(message: Message): void;
  /** Reads until the host is gone, which ends the process. */
  read(receive: (message: Message) => void): void;
  onRejection(rejected: (reason: unknown) => void): void;
  /** Milliseconds since the epoch. */
  now(): number;
  randomFill(bytes: Uint8Array): void;
  /** HTTP, as far as this process has Deno's permission. */
  readonly fetch: typeof fetch;
  close(): void;
}

/** Bytes read at a time. */
const CHUNK = 64 * 1024;

/** Takes what it needs of the process; afterwards its globals may go. */
export function openGuestPipe(): GuestPipe {
  const { stdin, stdout, exit } = Deno;
  const { now } = Date;
  const { fetch } = globalThis;
  const random = crypto;
  const listen = globalThis.addEventListener.bind(globalThis);
  // What the host sends is trusted: a child has no limit of its own on it.
  const frames = new FrameReader(Infinity);

  async function readAll(receive: (message: Message) => void): Promise<void> {
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const size = await stdin.read(buffer);
      if (size === null) return exit(0);
      for (const message of frames.push(buffer.subarray(0, size))) receive(message);
    }
  }

  return {
    send(message) {
      const frame = encodeFrame(message);
      for (let at = 0; at < frame.length;) at += stdout.writeSync(frame.subarray(at));
    },
    read(receive) {
      void readAll(receive).catch(() => exit(1));
    },
    onRejection(rejected) {
      // Unheard, a rejection would end the process.
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
    close: () => exit(0),
  };
}
