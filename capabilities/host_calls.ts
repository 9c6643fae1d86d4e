/** The one door through which every tier reaches the host: types only. @module */

import type { HostValue, OperationArgs } from "./capability.ts";
import type { Refusal } from "./errors.ts";
import type { EventSink } from "./services.ts";

/** What one call of a guest may still ask for, which the broker counts down, and what it used. */
export interface CallBudget {
  /** How many are left. */
  operations: number;
  /** Tells, while the call runs, how many units of fuel it used so far; absent where none are counted. */
  fuelNow?: (() => number) | undefined;
  /** Units of fuel that the call used; there once it is over, where they are counted. */
  fuel?: number | undefined;
}

/** How one operation is asked for. */
export interface HostCallOptions {
  /** Stops the operation; its late result is dropped. */
  readonly signal?: AbortSignal | undefined;
  /** When the guest's call ends, on the clock of `performance.now()`. */
  readonly deadline?: number | undefined;
  /** Extensions this call came through, the outermost first. */
  readonly chain?: readonly string[];
  /** Of the guest's call; without one the extension's operations are counted per second. */
  readonly budget?: CallBudget | undefined;
  /** Takes the events that the guest's call emits, beside the host's sink. */
  readonly onEvent?: EventSink | undefined;
}

/** Operations of one extension, by `capability.operation`. Everything a guest does goes through it. */
export interface HostCalls {
  /** Asks for an operation; rejects with a `CapabilityError` when it is refused. */
  call(operation: string, args: OperationArgs, options?: HostCallOptions): Promise<HostValue>;
  /**
   * Asks for an operation that never waits; throws like `call` rejects, and a `NeedsAsyncError`
   * for an operation that has to wait.
   */
  callSync(operation: string, args: OperationArgs, options?: HostCallOptions): HostValue;
  /**
   * The refusal, recorded as such, when `operation` would be refused whatever its arguments;
   * for guests that get an error value, so that no Error is made.
   */
  refused?(operation: string): Refusal | undefined;
  /** Whether `operation` is there and not revoked; engines ask for theirs by it. */
  has?(operation: string): boolean;
  /** What exists for this extension, for building its `airlock` object. */
  readonly surface: readonly SurfaceOperation[];
}

/** One operation that was granted. */
export interface SurfaceOperation {
  /** Canonical name of the capability, dots and all. */
  readonly capability: string;
  /** Name of the operation in it. */
  readonly operation: string;
  /** Argument names in positional order. */
  readonly params: readonly string[];
  /** Whether `callSync` answers it. */
  readonly sync: boolean;
}
