/** Functions of the host program that extensions of runtime "native" are made of. @module */

import type { Codec } from "../codec.ts";
import type { JsonObject } from "../../manifest/manifest.ts";

/** What a native function is handed beside its payload. */
export interface NativeContext {
  /** Fires when the call is aborted or out of time; a native function must look at it itself. */
  readonly signal: AbortSignal;
  /** The manifest's configuration under the operator's. */
  readonly config: JsonObject;
  /** Writes to the extension's log. */
  readonly log: NativeLog;
  /** The granted operations, as JavaScript guests see them: `airlock.kv.get("key")`. */
  readonly airlock: Airlock;
}

/** One function a level. */
export interface NativeLog {
  /** Writes one record at level `debug`. */
  debug(message: string): void;
  /** Writes one record at level `info`. */
  info(message: string): void;
  /** Writes one record at level `warn`. */
  warn(message: string): void;
  /** Writes one record at level `error`. */
  error(message: string): void;
}

/**
 * Granted operations by capability and name, nested at the dots of a capability's name:
 * `airlock.http?.serve?.register`. What is not granted is not there.
 */
export interface Airlock {
  /** The operations of one capability, and of those whose names continue its own. */
  readonly [name: string]: AirlockNode | undefined;
}

/** An operation, or what lies below. */
export interface AirlockNode {
  // deno-lint-ignore no-explicit-any -- operations are as different as their capabilities
  (...args: any[]): any;
  /** What lies below. */
  readonly [name: string]: AirlockNode;
}

/** A function over bytes. */
export type NativeFunction = (
  payload: Uint8Array,
  context: NativeContext,
) => Uint8Array | string | Promise<Uint8Array | string>;

/** A function over the values of a codec. */
export type NativeValueFunction = (value: never, context: NativeContext) => unknown;

/** One registered function. */
export interface NativeEntry {
  /** The function itself. */
  readonly fn: NativeFunction | NativeValueFunction;
  /** Set for a function over values. */
  readonly codec: Codec | undefined;
}

/**
 * Native functions of one host, by `extension:function`. Registering a name again replaces it.
 *
 * @example
 * ```ts
 * import { ExtensionHost, json, NativeRegistry } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const native = new NativeRegistry();
 * native.register("math:double", (n: number) => 2 * n, { codec: json });
 * await using host = new ExtensionHost({ native });
 * const math = await host.load({ manifest: { name: "math", runtime: "native" } });
 * assertEquals(await math.call("double", 21), 42);
 * ```
 */
export class NativeRegistry {
  readonly #entries = new Map<string, NativeEntry>();

  /** Registers a function over bytes as `extension:function`. */
  register(name: string, fn: NativeFunction): this;
  /** Registers a function over the values of `codec` as `extension:function`. */
  register(name: string, fn: NativeValueFunction, options: { readonly codec: Codec }): this;
  register(
    name: string,
    fn: NativeFunction | NativeValueFunction,
    options?: { readonly codec: Codec },
  ): this {
    this.#entries.set(checkName(name), { fn, codec: options?.codec });
    return this;
  }

  /** The function registered here, or process-wide, as `extension:function`. */
  get(name: string): NativeEntry | undefined {
    return this.#entries.get(name) ?? processWide.get(name)?.entry;
  }

  /** Names of the functions of one extension. */
  functionsOf(extension: string): readonly string[] {
    const prefix = `${extension}:`;
    const names = new Set([...this.#entries.keys(), ...processWide.keys()]);
    return [...names].filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length)).sort();
  }
}

const processWide = new Map<string, { readonly entry: NativeEntry; readonly owner: unknown }>();

/** Options of {@linkcode registerNative}. */
export interface RegisterNativeOptions {
  /** For a function over values instead of bytes. */
  readonly codec?: Codec;
  /** Who registers; the same owner may replace its own functions. Default: each call is its own. */
  readonly owner?: unknown;
}

/**
 * Registers a native function for every host of this process.
 *
 * @returns a function that takes it back.
 * @throws {TypeError} when another owner registered that name, or the name is malformed.
 *
 * @example
 * ```ts
 * import { ExtensionHost, registerNative } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const unregister = registerNative("echo:same", (payload) => payload);
 * await using host = new ExtensionHost();
 * const echo = await host.load({ manifest: { name: "echo", runtime: "native" } });
 * assertEquals(await echo.invoke("same", "hi"), new TextEncoder().encode("hi"));
 * unregister();
 * ```
 */
export function registerNative(
  name: string,
  fn: NativeFunction,
  options?: Omit<RegisterNativeOptions, "codec">,
): () => void;
/** Registers a function over the values of `options.codec` for every host of this process. */
export function registerNative(
  name: string,
  fn: NativeValueFunction,
  options: RegisterNativeOptions & { readonly codec: Codec },
): () => void;
export function registerNative(
  name: string,
  fn: NativeFunction | NativeValueFunction,
  options: RegisterNativeOptions = {},
): () => void {
  const { codec, owner = {} } = options;
  const existing = processWide.get(checkName(name));
  if (existing && existing.owner !== owner) {
    throw new TypeError(`Cannot register native function "${name}" as another owner did`);
  }
  const registration = { entry: { fn, codec }, owner };
  processWide.set(name, registration);
  return () => {
    if (processWide.get(name) === registration) processWide.delete(name);
  };
}

function checkName(name: string): string {
  if (/^[^:]+:.+$/s.test(name)) return name;
  throw new TypeError(
    `Cannot register a native function as its name must be "extension:function": current value is "${name}"`,
  );
}
