/** Warnings that clients can cause at will, so many of them a second and no more. @module */

/** Milliseconds in which one warning is told; others are counted. */
const QUIET_MS = 1_000;

/** Tells the first warning at once, and how many others there were. */
export class Warner {
  readonly #tell: (message: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #more = 0;
  #closed = false;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** Tells it, or counts it. */
  warn(message: string): void {
    if (this.#closed) return;
    if (this.#timer !== undefined) {
      this.#more++;
      return;
    }
    this.#tell(message);
    this.#timer = setTimeout(() => this.#rest(), QUIET_MS);
  }

  /** Tells what is left, and nothing more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#rest();
  }

  #rest(): void {
    this.#timer = undefined;
    if (this.#more > 0) this.#tell(`${this.#more} more failures like the last one`);
    this.#more = 0;
  }
}
