/** Counts how often the guest of one extension was lost, and says when to stop replacing it. @module */

import { Fault } from "../errors.ts";

/** A guest that is lost this often within the span is not started again: it would only burn a core. */
const LIMIT = 3;
const SPAN_MS = 10_000;

/** Wait before a guest is started that was lost twice already. */
const PAUSE_MS = 200;

/** The losses of one extension. */
export class Losses {
  /** When they happened, the latest last. */
  #times: number[] = [];

  /** The guest was lost by a fault of its own. */
  add(): void {
    this.#times.push(performance.now());
    if (this.#times.length > LIMIT) this.#times.shift();
  }

  /** Milliseconds to wait before the next guest is started: the second loss in a row is no accident. */
  get pauseMs(): number {
    const since = performance.now() - SPAN_MS;
    const lately = this.#times.filter((time) => time > since).length;
    return lately < 2 ? 0 : PAUSE_MS;
  }

  /**
   * Whether another guest may be started.
   *
   * @throws {Fault} `closed` where not.
   */
  check(): void {
    const since = performance.now() - SPAN_MS;
    if (this.#times.length < LIMIT || (this.#times[0] ?? 0) <= since) return;
    throw new Fault("closed", `it was lost ${LIMIT} times within ${SPAN_MS / 1_000} s; reload it`);
  }
}
