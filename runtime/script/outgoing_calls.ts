/** Calls of one turn of the event loop, which leave together. @module */

import { BUNDLE_ENTRIES, BUNDLE_UNITS, callMessage, type CallRequest } from "./bundle.ts";
import type { Message } from "./wire.ts";

/** What has not left yet. */
export class OutgoingCalls {
  readonly #send: (message: Message) => void;
  #calls: CallRequest[] = [];
  #units = 0;

  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  /** Sends a call with others of this turn, or alone where it is large or a list. */
  post(call: CallRequest): void {
    const { each, payload } = call;
    const alone = each || payload.length > BUNDLE_UNITS;
    const full = this.#units + payload.length > BUNDLE_UNITS ||
      this.#calls.length >= BUNDLE_ENTRIES;
    if (alone || full) this.flush();
    if (this.#calls.push(call) === 1 && !alone) queueMicrotask(() => this.flush());
    this.#units += payload.length;
    if (alone) this.flush();
  }

  /** Sends what waits; whatever else is sent comes after it. */
  flush(): void {
    if (this.#calls.length === 0) return;
    const calls = this.#calls;
    this.#calls = [];
    this.#units = 0;
    this.#send(callMessage(calls));
  }
}
