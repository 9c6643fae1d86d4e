/** What WASI preview 1 needs of whoever runs the guest: types only. @module */

import type { GuestMemory } from "../memory.ts";
import type { Descriptors } from "./descriptors.ts";
import type { WasiStdio } from "./stdio.ts";

/** Time and randomness for guests; replaceable, so that a run can be made deterministic. */
export interface WasiPowers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never goes back. */
  monotonic(): number;
  /** Fills `bytes` with random ones. */
  randomFill(bytes: Uint8Array): void;
  /** Lets `ms` milliseconds pass without waiting; absent where time is real. */
  sleep?(ms: number): void;
}

/** What one guest's system calls work on. */
export interface WasiHost {
  readonly memory: GuestMemory;
  readonly stdio: WasiStdio;
  readonly descriptors: Descriptors;
  readonly powers: WasiPowers;
  /** Program arguments; the first is the program's name. Read when the guest asks. */
  readonly args: readonly string[];
  readonly env: { readonly [name: string]: string };
  /**
   * Waits for `ms` milliseconds of the thread's time without using the core.
   *
   * @throws {Fault} `timeout` at once when the call would be over before.
   */
  sleep(ms: number): void;
  /** Counts `cost` units of work; throws a `timeout` fault once the call's deadline has passed. */
  tick(cost: number): void;
  /** Ends the guest with an exit status. */
  exit(status: number): never;
}

/** One system call: `run` answers an errno, or nothing for `proc_exit`. */
export interface WasiFunction {
  /** Its WebAssembly signature, `(i32, i32) -> i32`. */
  readonly type: string;
  readonly run: (...args: never[]) => number;
}

/** System calls by their name in the specification. */
export interface WasiFunctions {
  readonly [name: string]: WasiFunction;
}
