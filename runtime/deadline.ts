/** Waiting with a limit: a timer or a listener exists only once a call really suspends. @module */

import { Fault } from "./errors.ts";

/** What ends a wait early. Any {@linkcode Call} fits. */
export interface WaitLimit {
  /** On the clock of `performance.now()`; `Infinity` = never. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** Fires when whatever the wait belongs to is closed. */
  readonly closed?: AbortSignal;
}

/** Longest delay a timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Settles like `promise`, or rejects when `limit` is reached first: with the reason of `signal` or
 * `closed`, or with a `timeout` fault. `onEnd` runs once in the second case, before the rejection is seen.
 */
export function withDeadline<T>(
  promise: PromiseLike<T>,
  { deadline, signal, closed }: WaitLimit,
  onEnd?: (reason: unknown) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      closed?.removeEventListener("abort", onClose);
    };
    const end = (reason: unknown) => {
      settle();
      try {
        onEnd?.(reason);
      } finally {
        reject(reason);
      }
    };
    const onAbort = () => end(signal?.reason);
    const onClose = () => end(closed?.reason);
    const onTimer = () => {
      const left = deadline - performance.now();
      if (left > 0) timer = setTimeout(onTimer, Math.min(left, MAX_TIMER_MS));
      else end(new Fault("timeout"));
    };
    if (deadline !== Infinity) {
      timer = setTimeout(
        onTimer,
        Math.min(Math.max(0, deadline - performance.now()), MAX_TIMER_MS),
      );
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    closed?.addEventListener("abort", onClose, { once: true });
    promise.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error) => {
        settle();
        reject(error);
      },
    );
    if (closed?.aborted) onClose();
    else if (signal?.aborted) onAbort();
  });
}
