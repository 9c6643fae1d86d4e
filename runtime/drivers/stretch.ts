/** Work at a stretch, after which everybody else on this thread has a turn. @module */

const STRETCH_MS = 5;

/** Counts from when it is made. */
export class Stretch {
  #since: number = performance.now();

  /** Counts anew: the others had their turn. */
  restart(): void {
    this.#since = performance.now();
  }

  /** Lets the others have a turn where 5 ms are over; a guest on this thread must not keep it from them. */
  async yield(): Promise<void> {
    if (performance.now() - this.#since < STRETCH_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.restart();
  }
}
