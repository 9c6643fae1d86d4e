/** Options of calls: types only. @module */

import type { EventSink } from "../capabilities/services.ts";
import type { Codec } from "./codec.ts";

/** Options of one call. */
export interface InvokeOptions {
  /** Ends the call; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Milliseconds the call may take; never more than the extension's limit. */
  readonly timeoutMs?: number;
  /** Takes the events that the call emits, as they come, beside the host's own sink. */
  readonly onEvent?: EventSink;
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
