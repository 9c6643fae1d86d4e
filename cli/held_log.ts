/** Keeps log lines back while a person is asked: an extension that runs already must not write into the question. @module */

/** Lines that are kept for later; an extension that floods its log has them dropped and counted. */
const LINES = 1_000;

/** The log of a command. */
export class HeldLog {
  readonly #out: (text: string) => void;
  #held: string[] | undefined;
  #dropped = 0;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** Writes a whole line, now or once the question is answered. */
  write(line: string): void {
    if (!this.#held) this.#out(line);
    else if (this.#held.length < LINES) this.#held.push(line);
    else this.#dropped++;
  }

  /** Does `work` with nothing of the log on the terminal. */
  async during<T>(work: () => T | Promise<T>): Promise<T> {
    this.#held = [];
    try {
      return await work();
    } finally {
      const [held, dropped] = [this.#held, this.#dropped];
      [this.#held, this.#dropped] = [undefined, 0];
      for (const line of held) this.#out(line);
      if (dropped > 0) this.#out(`warn ${dropped} lines of the log were dropped meanwhile\n`);
    }
  }
}
