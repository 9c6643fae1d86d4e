/** A timer for what may as well never happen. @module */

/** Longest delay a timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs `work` after `ms` milliseconds, and does not keep the process alive for it.
 *
 * @returns a function that keeps it from running.
 */
export function inBackground(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, Math.min(ms, MAX_TIMER_MS));
  Deno.unrefTimer(timer);
  return () => clearTimeout(timer);
}
