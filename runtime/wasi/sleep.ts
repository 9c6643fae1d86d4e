/** How a guest that cannot be suspended sleeps. @module */

import { Fault } from "../errors.ts";

/** Longest single sleep: a guest without a deadline must come back to the host now and then. */
const SLEEP_LIMIT_MS = 1_000;

/**
 * Sleeps on the thread itself, without using the core. Nothing else runs on it meanwhile, as while
 * the guest itself runs.
 *
 * @param deadline when the call must be over, on the clock of `performance.now()`.
 * @throws {Fault} `timeout` at once when `ms` ends after the deadline: nothing can wake the guest before.
 */
export function sleepUntil(deadline: number, ms: number): void {
  if (performance.now() + ms > deadline) throw new Fault("timeout");
  // A cell of its own, which nobody else can see or notify: only the timeout ends the wait.
  const cell = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(cell, 0, 0, Math.min(ms, SLEEP_LIMIT_MS));
}
