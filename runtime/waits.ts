/** The waits of one extension or lane under one timer: a timer and a listener each cost more than a small call. @module */

import { Fault } from "./errors.ts";

/** What ends one wait early. */
export interface WaitEnd {
  /** On the clock of `performance.now()`; `Infinity` = never. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

interface Wait {
  readonly deadline: number;
  readonly end: (reason: unknown) => void;
}

/** Milliseconds between two looks at the clock; as long at most a timer outlives the last wait. */
const TICK_MS = 50;

/** Promises that are waited for, each with a deadline. */
export class Waits {
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer fires. */
  #next = Infinity;

  /**
   * Settles like `promise`, or rejects when the wait ends first: with the signal's reason, that of
   * {@linkcode Waits.endAll}, or a `timeout` fault. `onEnd` runs once in the second case, before
   * the rejection is seen.
   */
  wait<T>(
    promise: PromiseLike<T>,
    { deadline, signal }: WaitEnd,
    onEnd?: (reason: unknown) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const end = (reason: unknown) => {
        if (!settle()) return;
        try {
          onEnd?.(reason);
        } finally {
          reject(reason);
        }
      };
      const wait = { deadline, end };
      const onAbort = () => end(signal?.reason);
      const settle = () => {
        signal?.removeEventListener("abort", onAbort);
        return this.#waits.delete(wait);
      };
      this.#waits.add(wait);
      this.#arm(deadline);
      signal?.addEventListener("abort", onAbort, { once: true });
      promise.then(
        (value) => {
          if (settle()) resolve(value);
        },
        (error) => {
          if (settle()) reject(error);
        },
      );
      if (signal?.aborted) onAbort();
    });
  }

  /** Ends every wait. */
  endAll(reason: unknown): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = Infinity;
    for (const { end } of [...this.#waits]) end(reason);
  }

  #arm(deadline: number): void {
    if (deadline >= this.#next) return;
    const now = performance.now();
    const ms = Math.min(Math.max(0, deadline - now), TICK_MS);
    clearTimeout(this.#timer);
    this.#next = now + ms;
    this.#timer = setTimeout(() => this.#tick(), ms);
  }

  #tick(): void {
    this.#timer = undefined;
    this.#next = Infinity;
    const now = performance.now();
    let earliest = Infinity;
    for (const wait of [...this.#waits]) {
      if (wait.deadline <= now) wait.end(new Fault("timeout"));
      else if (wait.deadline < earliest) earliest = wait.deadline;
    }
    this.#arm(earliest);
  }
}
