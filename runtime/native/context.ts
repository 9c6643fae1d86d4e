/** What one call of a native function is handed; each part is made when it is first looked at. @module */

import type { JsonObject } from "../../manifest/manifest.ts";
import type { Call, HostCalls } from "../contract.ts";
import { airlockObject, type Surface } from "./airlock.ts";
import type { Airlock, NativeContext, NativeLog } from "./registry.ts";

/** The context of one call; {@linkcode CallContext.abort} ends it from outside. */
export class CallContext implements NativeContext {
  readonly config: JsonObject;
  readonly log: NativeLog;
  readonly #host: HostCalls;
  readonly #surface: Surface;
  readonly #call: Call;
  #cancel: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;
  #airlock: Airlock | undefined;

  constructor(
    host: HostCalls,
    surface: Surface,
    call: Call,
    config: JsonObject,
    log: NativeLog,
  ) {
    this.#host = host;
    this.#surface = surface;
    this.#call = call;
    this.config = config;
    this.log = log;
  }

  get signal(): AbortSignal {
    if (!this.#cancel) {
      this.#cancel = new AbortController();
      if (this.#aborted) this.#cancel.abort(this.#aborted.reason);
    }
    return this.#cancel.signal;
  }

  get airlock(): Airlock {
    return this.#airlock ??= airlockObject(this.#host, this.#surface, {
      signal: this.signal,
      deadline: this.#call.deadline,
      chain: this.#call.chain,
      budget: this.#call.budget,
      onEvent: this.#call.onEvent,
    });
  }

  /** Tells the function, if it looks, that nobody waits for it any more. */
  abort(reason: unknown): void {
    this.#aborted ??= { reason };
    this.#cancel?.abort(reason);
  }
}
