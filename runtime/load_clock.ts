/** The time a load may take; it stands still while a person is asked. @module */

import { Fault } from "./errors.ts";

/** Counts down, and can be held. */
export class LoadClock implements Disposable {
  readonly #over = new AbortController();
  #leftMs: number;
  #started = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #holds = 0;

  /** Starts with `ms` to go; `Infinity` never ends. */
  constructor(ms: number) {
    this.#leftMs = ms;
    this.#run();
  }

  /** Fires with a `timeout` fault when the time is used up. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Waits for `work`; meanwhile no time passes. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.#holds++ === 0) this.#stop();
    try {
      return await work();
    } finally {
      if (--this.#holds === 0) this.#run();
    }
  }

  /** Ends the count; the signal never fires. */
  [Symbol.dispose](): void {
    this.#holds = Infinity;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#started = performance.now();
    if (this.#leftMs > LONGEST_MS) return;
    this.#timer = setTimeout(() => this.#over.abort(new Fault("timeout")), this.#leftMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#started));
  }
}

/** Longest delay a timer takes: a load that may take three weeks may take for ever. */
const LONGEST_MS = 2 ** 31 - 1;
