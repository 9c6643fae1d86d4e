/** The call boundary: checks a call once, gives it a deadline, and translates its failure once. @module */

import type { Broker } from "../capabilities/broker.ts";
import type { Isolation, Manifest } from "../manifest/manifest.ts";
import type { Codec } from "./codec.ts";
import { codecNamed, json } from "./codec.ts";
import { callAll } from "./call_all.ts";
import { callFuel, type CallOptions, type InvokeOptions } from "./call_options.ts";
import type { Call, HostFunctionContext, Module, Payload } from "./contract.ts";
import { ExtensionError, Fault } from "./errors.ts";
import type { Limits } from "./limits.ts";
import {
  hostFunction,
  type HostFunctionOptions,
  type HostFunctionTable,
} from "./host_functions.ts";
import type { ExtensionParts, ExtensionStats } from "./extension_parts.ts";
import type { ExtensionGrants } from "./extension_grants.ts";
import { checkPayload, checkResult, textOf } from "./payload_size.ts";
import { chainOf } from "./peers.ts";
import { type ResultOf, startCall, type Way } from "./start_call.ts";
import { translate } from "./translate.ts";
import { Waits } from "./waits.ts";
import { makeView, type ViewName, type Views } from "./views/view.ts";

export type { CallOptions, ExtensionParts, ExtensionStats, InvokeOptions };

/** Milliseconds an engine may take to react to a deadline before the boundary answers for it. */
const GRACE_MS = 250;

const EMPTY = new Uint8Array();

/**
 * One loaded extension: functions that can be called until it is closed.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * const ext = await host.load({ name: "add.js", bytes: "function add([a, b]) { return a + b }" }, {
 *   runtime: "quickjs",
 * });
 * assertEquals(await ext.call("add", [1, 2]), 3);
 * assertEquals(ext.stats().calls, 1);
 * ```
 */
export class Extension implements AsyncDisposable {
  /** The manifest's name. */
  readonly name: string;
  /** The manifest's version. */
  readonly version: string;
  /** What was loaded, as it was parsed. */
  readonly manifest: Manifest;
  /** The manifest's word for the engine. */
  readonly runtime: string;
  /** The engine's canonical name. */
  readonly engine: string;
  /** Where it runs. */
  readonly isolation: Isolation;
  /** The guest convention of a WASM module. */
  readonly abi: string | undefined;
  /** `sha256-` digest over the manifest and every file of the extension. */
  readonly digest: string;
  /** Declared functions. */
  readonly exports: readonly string[];
  /** What it may do, and the way to take it back. */
  readonly grants: ExtensionGrants;
  /** Milliseconds that a call may take where its caller names no time; `Infinity` = any. */
  readonly timeoutMs: number;

  readonly #module: Module;
  readonly #limits: Limits;
  readonly #timeoutCap: number;
  readonly #broker: Broker;
  readonly #hostFunctions: HostFunctionTable;
  readonly #onClose: () => void;
  readonly #chain: readonly string[];
  /** Ends every suspended call when the extension closes. */
  readonly #closed = new AbortController();
  readonly #waits: Waits = new Waits();
  #closing: Promise<void> | undefined;
  #calls = 0;
  #failures = 0;
  #active = 0;

  /** Only `ExtensionHost` makes extensions. */
  constructor(parts: ExtensionParts) {
    const { manifest, module, engine, isolation, digest, limits, broker, hostFunctions, onClose } =
      parts;
    this.name = manifest.name;
    this.version = manifest.version;
    this.manifest = manifest;
    this.runtime = manifest.runtime;
    this.engine = engine;
    this.isolation = isolation;
    this.abi = module.abi;
    this.digest = digest;
    this.exports = Object.freeze([...module.exports]);
    this.grants = parts.grants;
    this.#module = module;
    this.#limits = limits;
    this.timeoutMs = limits.timeoutMs;
    this.#timeoutCap = parts.timeoutCap;
    this.#broker = broker;
    this.#hostFunctions = hostFunctions;
    this.#onClose = onClose;
    this.#chain = Object.freeze([manifest.name]);
  }

  /** Bytes of guest memory in use now; 0 where that cannot be told, and after `close`. */
  get memorySize(): number {
    return this.#closing ? 0 : this.#module.memorySize ?? 0;
  }

  /** Counters since the extension was loaded. */
  stats(): ExtensionStats {
    return {
      calls: this.#calls,
      failures: this.#failures,
      active: this.#active,
      restarts: this.#module.restarts ?? 0,
      memoryBytes: this.memorySize,
      fuel: this.#module.fuel?.total ?? 0,
      lastFuel: this.#module.fuel?.last ?? 0,
    };
  }

  /**
   * Calls `fn` with bytes, or with text that stands for its UTF-8 bytes.
   *
   * @returns the result's bytes, fresh and the caller's own.
   * @throws {ExtensionError} `unknown-function`, `closed`, `timeout`, `payload-limit`, `busy`,
   * `bad-payload`, `bad-guest-data`, `guest-error`, `trap`, `memory-limit` or `lost`.
   * @throws {CapabilityError} when the guest was refused something and cannot be told.
   * @throws `options.signal.reason`, untouched, when the signal fires.
   */
  invoke(fn: string, payload: Payload = EMPTY, options?: InvokeOptions): Promise<Uint8Array> {
    return this.#invoke(fn, payload, options, "invoke");
  }

  /**
   * The same for a result that is text: no bytes are made of it on the way where the engine can do without.
   *
   * @throws {ExtensionError} as `invoke`; `bad-guest-data` for a result that is no UTF-8.
   */
  invokeText(fn: string, payload: Payload = EMPTY, options?: InvokeOptions): Promise<string> {
    return this.#invoke(fn, payload, options, "invokeText");
  }

  async #invoke<How extends Way>(
    fn: string,
    payload: Payload,
    options: InvokeOptions | undefined,
    how: How,
  ): Promise<ResultOf<How>> {
    this.#calls++;
    this.#active++;
    try {
      const call = this.#begin(payload, options);
      const given = startCall(this.#module, how, fn, payload, call);
      const ready = typeof given === "string" || given instanceof Uint8Array;
      const result = checkResult(
        ready ? given : await this.#suspend(given, call),
        this.#limits.payloadBytes,
      );
      return (how === "invokeText" ? textOf(result) : result) as ResultOf<How>;
    } catch (error) {
      this.#failures++;
      throw translate(error, this.name, fn);
    } finally {
      this.#active--;
    }
  }

  /**
   * The same without waiting.
   *
   * @throws {ExtensionError} as `invoke`, and `needs-async` when the call would have to wait.
   */
  invokeSync(
    fn: string,
    payload: Payload = EMPTY,
    options?: Pick<InvokeOptions, "timeoutMs" | "fuel">,
  ): Uint8Array {
    this.#calls++;
    this.#active++;
    try {
      const call = this.#begin(payload, options);
      if (!this.#module.invokeSync) {
        throw new Fault("needs-async", `runtime "${this.runtime}" answers through promises only`);
      }
      const result = this.#module.invokeSync(fn, payload, call);
      return checkResult(result, this.#limits.payloadBytes);
    } catch (error) {
      this.#failures++;
      throw translate(error, this.name, fn);
    } finally {
      this.#active--;
    }
  }

  /**
   * Calls `fn` with a value and gives the result's value, through a codec.
   *
   * @throws {ExtensionError} as `invoke`; `bad-guest-data` when the result is not what the codec
   * or `options.output` expects.
   * @throws {TypeError} when the codec has no form for `input`.
   */
  async call<Output = unknown>(
    fn: string,
    input?: unknown,
    options: CallOptions<Output> = {},
  ): Promise<Output> {
    const { codec = this.#codec(fn), output, ...invokeOptions } = options;
    const result = await this.invoke(fn, codec.encode(input), invokeOptions);
    let value: unknown;
    try {
      value = codec.decode(result);
    } catch (cause) {
      const fault = new Fault("bad-guest-data", `its result is not ${codec.name}`, { cause });
      throw new ExtensionError(fault, this.name, fn);
    }
    if (output && !output(value)) {
      const fault = new Fault("bad-guest-data", "its result does not have the expected shape");
      throw new ExtensionError(fault, this.name, fn);
    }
    return value as Output;
  }

  /**
   * Calls `fn` with each of `inputs`, in order, and gives the results in that order. In JavaScript
   * engines it is one call: it crosses once, has one deadline, and its lists count as one payload.
   *
   * @throws {ExtensionError} as `call`; the first failure fails them all.
   *
   * @example
   * ```ts
   * import { ExtensionHost } from "@airlock/host";
   * import { assertEquals } from "@std/assert";
   *
   * await using host = new ExtensionHost();
   * const math = await host.load({ name: "math.js", bytes: "function double(n) { return 2 * n }" }, {
   *   runtime: "quickjs",
   * });
   * assertEquals(await math.callAll("double", [1, 2, 3]), [2, 4, 6]);
   * ```
   */
  async callAll<Output = unknown>(
    fn: string,
    inputs: readonly unknown[],
    options: CallOptions<Output> = {},
  ): Promise<Output[]> {
    const inJson = this.#module.invokeEach && (options.codec ?? this.#codec(fn)) === json;
    return await callAll({
      extension: this.name,
      fn,
      inputs,
      options,
      timeoutMs: options.timeoutMs ?? this.#limits.timeoutMs,
      each: inJson ? (payloads, how) => this.#invoke(fn, payloads, how, "invokeEach") : undefined,
      one: (input, how) => this.call(fn, input, how),
    });
  }

  /**
   * A typed function over `call`, for a function that is called often.
   *
   * @example
   * ```ts
   * import { ExtensionHost } from "@airlock/host";
   * import { assertEquals } from "@std/assert";
   *
   * await using host = new ExtensionHost();
   * const math = await host.load({ name: "math.js", bytes: "function double(n) { return 2 * n }" }, {
   *   runtime: "quickjs",
   * });
   * const double = math.fn<number, number>("double");
   * assertEquals(await double(21), 42);
   * ```
   */
  fn<Input = unknown, Output = unknown>(
    name: string,
    options: Omit<CallOptions<Output>, "signal"> = {},
  ): (input: Input, callOptions?: InvokeOptions) => Promise<Output> {
    return (input, callOptions) => this.call<Output>(name, input, { ...options, ...callOptions });
  }

  /**
   * Answers what the guest calls `name` with `fn`, from its next call on; see `hostFunction`.
   * Registering a name again replaces it.
   *
   * @returns a function that takes it back.
   * @throws {ExtensionError} `closed`, or `unsupported` for a guest that calls no such functions.
   */
  registerHostFunction<Input = Uint8Array, Output = Payload | void>(
    name: string,
    fn: (input: Input, context: HostFunctionContext) => Output | Promise<Output>,
    options?: HostFunctionOptions<Input>,
  ): () => void {
    if (this.#closing || !this.#module.callsHostFunctions) {
      const fault = this.#closing
        ? new Fault("closed")
        : new Fault("unsupported", "its guest has no way to call functions of the embedder");
      throw translate(fault, this.name, "registerHostFunction");
    }
    return this.#hostFunctions.add(hostFunction(name, fn, options));
  }

  /**
   * The extension with its guest convention's own operations.
   *
   * @throws {ExtensionError} `unsupported` when it does not follow that convention.
   */
  as<Name extends ViewName>(name: Name): Views[Name] {
    if (this.abi !== name) {
      const own = this.abi === undefined ? "it follows none" : `it follows "${this.abi}"`;
      throw translate(
        new Fault("unsupported", `${own}, not the guest convention "${name}"`),
        this.name,
        "as",
      );
    }
    return makeView(name, this, this.#module);
  }

  /** Ends the extension: calls in flight reject with `closed`, and so does every later one. Idempotent. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Waits up to `timeoutMs` for calls in flight, then closes. */
  async drain(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (this.#active > 0 && !this.#closing && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await this.close();
  }

  /** Closes the extension. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closed.abort(new Fault("closed"));
    this.#waits.endAll(new Fault("closed"));
    try {
      await this.#module.close();
    } catch (error) {
      throw translate(error, this.name);
    } finally {
      this.#onClose();
      await this.#broker.close();
    }
  }

  #begin(payload: Payload, options: InvokeOptions | undefined): Call {
    const signal = options?.signal;
    signal?.throwIfAborted();
    if (this.#closing) throw new Fault("closed");
    checkPayload(payload, this.#limits.payloadBytes);
    const wanted = options?.timeoutMs;
    if (wanted !== undefined && !(wanted > 0)) {
      throw new RangeError(
        `Cannot call as timeoutMs must be a positive number: current value is ${wanted}`,
      );
    }
    const allowed = wanted === undefined
      ? this.#limits.timeoutMs
      : Math.min(wanted, this.#timeoutCap);
    return {
      deadline: performance.now() + allowed,
      fuel: callFuel(options, this.#limits),
      signal,
      chain: options?.chain ? chainOf(options.chain, this.name) : this.#chain,
      closed: this.#closed.signal,
      budget: { operations: this.#limits.operations, fuelNow: undefined, fuel: undefined },
      onEvent: options?.onEvent,
      hostContext: options?.hostContext,
    };
  }

  /** Whatever an engine does, a suspended call ends: settled, out of time, aborted or closed. */
  #suspend(result: Promise<Payload>, call: Call): Promise<Payload> {
    const deadline = call.deadline + this.#limits.queueMs + GRACE_MS;
    return this.#waits.wait(result, { deadline, signal: call.signal });
  }

  #codec(fn: string): Codec {
    try {
      return codecNamed(this.manifest.codec);
    } catch (error) {
      throw translate(error, this.name, fn);
    }
  }
}
