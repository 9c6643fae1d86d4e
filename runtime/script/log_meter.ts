/** Counts what a guest logs, so that a flood does not leave its lane. @module */

/** The span over which bytes are counted. */
const WINDOW_MS = 1_000;

/** What a line costs beside its text: a flood of empty lines is a flood too. */
const LINE_BYTES = 16;

/** Bytes a second. */
export class LogMeter {
  readonly #limit: number;
  #windowStart = -Infinity;
  #bytes = 0;
  #dropped = 0;

  constructor(bytesPerSecond: number) {
    this.#limit = bytesPerSecond;
  }

  /** Whether `length` more may pass now. */
  passes(length: number): boolean {
    const now = performance.now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#bytes = 0;
    }
    const cost = length + LINE_BYTES;
    if (this.#bytes + cost > this.#limit) {
      this.#dropped++;
      return false;
    }
    this.#bytes += cost;
    return true;
  }

  /** How many did not pass since the last time this was asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
