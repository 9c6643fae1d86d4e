/** The process: `proc_exit`, `proc_raise`, `sched_yield`. @module */

import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";

/** The process functions. */
export function procFunctions({ exit }: WasiHost): WasiFunctions {
  return {
    proc_exit: { type: "(i32)", run: (status: number) => exit(status >>> 0) },
    // Guests have no signals.
    proc_raise: { type: "(i32) -> i32", run: (_signal: number) => ERRNO.NOSYS },
    sched_yield: { type: "() -> i32", run: () => ERRNO.SUCCESS },
  };
}
