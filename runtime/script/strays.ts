/** Counts what a lane sends that means nothing, and says when it is a flood. @module */

import { WireError } from "./wire.ts";

/**
 * Messages that may mean nothing at once: an honest lane crosses with its host a few hundred times,
 * and its log lines are dropped after the host stood still for seconds.
 */
const AT_ONCE = 10_000;

/** How many may follow each millisecond: more would be a good part of the host's processor. */
const PER_MS = 1;

/** The meaningless messages of one lane. */
export class Strays {
  #left = AT_ONCE;
  #since = performance.now();

  /**
   * One more.
   *
   * @throws {WireError} when there are too many.
   */
  add(): void {
    if (this.#left-- > 0) return;
    const now = performance.now();
    this.#left = Math.min(AT_ONCE, Math.floor((now - this.#since) * PER_MS)) - 1;
    this.#since = now;
    if (this.#left < 0) throw new WireError("it floods its host");
  }
}
