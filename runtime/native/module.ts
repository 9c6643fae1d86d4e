/** One extension made of native functions. @module */

import type { Call, HostCalls, LoadRequest, Module, Payload } from "../contract.ts";
import type { Codec } from "../codec.ts";
import { withDeadline } from "../deadline.ts";
import { Fault } from "../errors.ts";
import { lastingSurface, type Surface } from "./airlock.ts";
import { CallContext } from "./context.ts";
import type {
  NativeContext,
  NativeEntry,
  NativeFunction,
  NativeLog,
  NativeRegistry,
  NativeValueFunction,
} from "./registry.ts";

const encoder = new TextEncoder();

/** Looks functions up at each call, so that registering again takes effect at once. */
export class NativeModule implements Module {
  readonly name: string;
  readonly runtime: string;
  readonly #declared: readonly string[];
  readonly #registry: NativeRegistry;
  readonly #config: NativeContext["config"];
  readonly #host: HostCalls;
  readonly #surface: Surface;
  readonly #log: NativeLog;

  constructor(request: LoadRequest, host: HostCalls, registry: NativeRegistry) {
    this.name = request.manifest.name;
    this.runtime = request.manifest.runtime;
    this.#declared = request.manifest.exports;
    this.#registry = registry;
    this.#config = request.config;
    this.#host = host;
    this.#surface = lastingSurface(host);
    this.#log = nativeLog(host);
  }

  get exports(): readonly string[] {
    return this.#declared.length > 0 ? this.#declared : this.#registry.functionsOf(this.name);
  }

  invoke(fn: string, payload: Payload, call: Call): Uint8Array | Promise<Uint8Array> {
    const entry = this.#entry(fn);
    const context = this.#context(call);
    const result = run(entry, payload, context);
    if (!isPromiseLike(result)) return encodeResult(result, entry.codec);
    const settled = Promise.resolve(result).then(
      (value) => encodeResult(value, entry.codec),
      (error) => {
        throw guestError(error);
      },
    );
    return withDeadline(settled, call, (reason) => context.abort(reason));
  }

  invokeSync(fn: string, payload: Payload, call: Call): Uint8Array {
    const entry = this.#entry(fn);
    const context = this.#context(call);
    const result = run(entry, payload, context);
    if (!isPromiseLike(result)) return encodeResult(result, entry.codec);
    // Nobody waits for it any more; its rejection must not end the process.
    Promise.resolve(result).catch(() => {});
    const fault = new Fault("needs-async", `native function "${fn}" returned a promise`);
    context.abort(fault);
    throw fault;
  }

  close(): void {}

  #context(call: Call): CallContext {
    return new CallContext(this.#host, this.#surface, call, this.#config, this.#log);
  }

  #entry(fn: string): NativeEntry {
    const entry = this.#registry.get(`${this.name}:${fn}`);
    if (entry) return entry;
    throw new Fault(
      "unknown-function",
      `no native function "${this.name}:${fn}" is registered`,
    );
  }
}

function run({ fn, codec }: NativeEntry, payload: Payload, context: NativeContext): unknown {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload.slice();
  const value = codec && decodePayload(bytes, codec);
  try {
    return value
      ? (fn as NativeValueFunction)(value.value, context)
      : (fn as NativeFunction)(bytes, context);
  } catch (error) {
    throw guestError(error);
  }
}

function decodePayload(bytes: Uint8Array, codec: Codec): { readonly value: never } {
  try {
    return { value: codec.decode(bytes) as never };
  } catch (cause) {
    throw new Fault("bad-payload", `the payload is not ${codec.name}`, { cause });
  }
}

function encodeResult(result: unknown, codec: Codec | undefined): Uint8Array {
  const payload = codec ? codec.encode(result) : result;
  // What the function keeps of its result must not change under the caller, nor the other way round.
  if (payload instanceof Uint8Array) return codec ? payload : payload.slice();
  if (typeof payload === "string") return encoder.encode(payload);
  throw new Fault(
    "bad-guest-data",
    `a native function returns a Uint8Array or a string: current value is a ${typeof payload}`,
  );
}

/** What a native function threw is its own; what the library threw on its behalf stays as it is. */
function guestError(error: unknown): unknown {
  if (error instanceof Fault) return error;
  const guest = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Fault("guest-error", "", { cause: error, guest });
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

function nativeLog(host: HostCalls): NativeLog {
  const at = (level: string) => (message: string) => {
    host.callSync("log.write", { level, message });
  };
  return Object.freeze({
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  });
}
