/** Options of calls. @module */

import type { EventSink } from "../capabilities/services.ts";
import type { Codec } from "./codec.ts";
import type { Limits } from "./limits.ts";

/** Options of one call. */
export interface InvokeOptions {
  /** Ends the call; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Milliseconds the call may take; never more than a limit that host, load or manifest set. */
  readonly timeoutMs?: number;
  /** Units of fuel the call may use, where the engine counts them; never more than the limit. */
  readonly fuel?: number;
  /** Takes the events that the call emits, as they come, beside the host's own sink. */
  readonly onEvent?: EventSink;
  /**
   * Names of the extensions that this call comes through, the outermost first: one that is in it already
   * is not called (`cycle`), nor more than eight in a row (`too-deep`).
   */
  readonly chain?: readonly string[];
  /** Handed to the host functions that the guest calls, as `context.hostContext`; never to the guest. */
  readonly hostContext?: unknown;
}

/** Options of a call over values. */
export interface CallOptions<Output> extends InvokeOptions {
  /** How values become bytes; default: the manifest's codec, else JSON. */
  readonly codec?: Codec;
  /** Narrows the result; one that does not fit is `bad-guest-data`. */
  readonly output?: (value: unknown) => value is Output;
}

/**
 * Units of fuel that a call may use.
 *
 * @throws {RangeError} for an option that is no positive number.
 */
export function callFuel(options: InvokeOptions | undefined, { fuel }: Limits): number {
  const wanted = options?.fuel;
  if (wanted === undefined) return fuel;
  if (wanted > 0) return Math.min(wanted, fuel);
  throw new RangeError(`Cannot call as fuel must be a positive number: current value is ${wanted}`);
}
