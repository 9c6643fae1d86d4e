/** The watchdog that stops guest code in this thread, and never what is not guest code. @module */

import { Script } from "node:vm";

/** Runs `run` for at most `ms`; `false` when it was stopped in the middle. */
export type Guard = (run: () => void, ms: number) => boolean;

/**
 * A run that ends next to its deadline would let the termination out into other code, where it
 * ends the whole process; so near the deadline it waits to be stopped.
 */
const MARGIN_MS = 5;

/** Longest time that the watchdog counts. */
const MAX_MS = 2 ** 31 - 1;

/** Where the guarded script finds what to run. */
const SLOT = Symbol.for("airlock.guard");

/**
 * A watchdog of its own. It stops loops, regular expressions, and jobs of realms that run them
 * before they return; it does not stop one long built-in. `run` must not throw.
 */
export function makeGuard(): Guard {
  const slot = globalThis as unknown as Record<symbol, () => void>;
  const script = new Script(`globalThis[Symbol.for("airlock.guard")]()`, {
    filename: "airlock:guard",
  });
  return (run, ms) => {
    const timeout = Math.min(Math.max(Math.ceil(ms), MARGIN_MS + 1), MAX_MS);
    const end = performance.now() + timeout - MARGIN_MS;
    slot[SLOT] = () => {
      run();
      while (performance.now() > end);
    };
    try {
      script.runInThisContext({ timeout });
      return true;
    } catch (error) {
      if (isTimeout(error)) return false;
      throw error;
    }
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
