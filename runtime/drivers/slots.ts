/** How many requests of one extension are in hand at a time, and how long their end is waited for. @module */

/** Places for work that is under way side by side. */
export class Slots {
  readonly #size: number;
  #taken = 0;
  #freed: () => void = () => {};

  /** So many places, all free. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether there is no place for more. */
  get areFull(): boolean {
    return this.#taken >= this.#size;
  }

  /** Holds a place until `work`, which never rejects, is over. */
  hold(work: Promise<void>): void {
    this.#taken++;
    void work.finally(() => {
      this.#taken--;
      this.#freed();
    });
  }

  /** Waits until a place becomes free; only one may wait. */
  freed(): Promise<void> {
    return new Promise((resolve) => this.#freed = resolve);
  }

  /** Waits until all are free. */
  async empty(): Promise<void> {
    while (this.#taken > 0) await this.freed();
  }
}

/** Waits until all have settled, or `ms` milliseconds are over. */
export async function settledWithin(ms: number, all: readonly Promise<unknown>[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([Promise.allSettled(all), late]);
  clearTimeout(timer);
}
