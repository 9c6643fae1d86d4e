/** Functions of the embedder that guests call by name: how they are made, and where they are kept. @module */

import { bytes, type Codec } from "./codec.ts";
import type { HostFunction, HostFunctionAnswer, HostFunctionContext, Payload } from "./contract.ts";
import { Fault } from "./errors.ts";

/** Options of {@linkcode hostFunction}. */
export interface HostFunctionOptions<Input = unknown> {
  /** How payloads become values and back; default: bytes as they are. */
  readonly codec?: Codec;
  /**
   * Whether the function answers with a promise; default: whether it is an `async function`. Then
   * guests are called so that they can be suspended, and `invokeSync` is refused.
   */
  readonly async?: boolean;
  /** Narrows what the guest sent; for anything else it gets an error. */
  readonly input?: (value: unknown) => value is Input;
}

/** Answers every call of a guest, whatever its name, from bytes to bytes. */
export type CallHandler = (
  payload: Uint8Array,
  context: HostFunctionContext,
) => HostFunctionAnswer;

/**
 * What a load takes as `hostFunctions`: functions by operation, from bytes to bytes, or a list of
 * {@linkcode hostFunction}s.
 */
export type HostFunctionSet =
  | readonly HostFunction[]
  | { readonly [operation: string]: CallHandler };

/**
 * A function of this program that guests call by `name`: Hookr and waPC plugins by `__host_call`.
 * An exception reaches the guest as its message, nothing more of it.
 *
 * @throws {TypeError} for a `fn` that is no function.
 *
 * @example
 * ```ts
 * import { hostFunction, msgpack } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * interface Pair {
 *   readonly a: number;
 *   readonly b: number;
 * }
 * const add = hostFunction("add", ({ a, b }: Pair) => a + b, { codec: msgpack });
 * assertEquals([add.name, add.waits], ["add", false]);
 * // host.load("plugin.wasm", { hostFunctions: [add] })
 * ```
 */
export function hostFunction<Input = Uint8Array, Output = Payload | void>(
  name: string,
  fn: (input: Input, context: HostFunctionContext) => Output | Promise<Output>,
  options: HostFunctionOptions<Input> = {},
): HostFunction {
  const { codec = bytes, input: isInput, async: waits = isAsyncFunction(fn) } = options;
  checkFunction(name, fn);
  return Object.freeze<HostFunction>({
    name,
    waits,
    run(payload, context) {
      const input = decode(codec, payload, name);
      if (isInput && !isInput(input)) {
        throw new TypeError(`the payload of operation '${name}' does not have the expected shape`);
      }
      const output = fn(input as Input, context);
      return isThenable(output)
        ? Promise.resolve(output).then((value) => encode(codec, value))
        : encode(codec, output);
    },
  });
}

/** Text that is no text, or a value cut short, is a lie of the guest and not this program's error. */
function decode(codec: Codec, payload: Uint8Array, name: string): unknown {
  try {
    return codec.decode(payload);
  } catch (cause) {
    throw new Fault("bad-guest-data", `its payload for operation "${name}" is not ${codec.name}`, {
      cause,
    });
  }
}

/** Nothing is the empty answer, whatever the codec makes of it. */
function encode(codec: Codec, output: unknown): Payload | void {
  return output === undefined ? undefined : codec.encode(output);
}

function checkFunction(name: string, fn: unknown): void {
  if (typeof fn === "function") return;
  throw new TypeError(
    `Cannot take host function "${name}" as it must be a function: current value is a ${typeof fn}`,
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

function isAsyncFunction(fn: unknown): boolean {
  return Object.prototype.toString.call(fn) === "[object AsyncFunction]";
}

/** The functions of one extension. */
export class HostFunctionTable {
  readonly #functions = new Map<string, HostFunction>();
  readonly #handler: HostFunction["run"] | undefined;
  readonly #handlerWaits: boolean;
  /** How many of the functions wait. */
  #waiting = 0;
  #version = 0;

  /**
   * Holds what a load was given.
   *
   * @throws {TypeError} for what is no function, and for a name given twice.
   */
  constructor(functions: HostFunctionSet = [], handler?: CallHandler) {
    if (handler !== undefined) checkFunction("callHandler", handler);
    this.#handler = handler;
    this.#handlerWaits = isAsyncFunction(handler);
    for (const each of listOf(functions)) {
      if (this.#functions.has(each.name)) {
        throw new TypeError(`Cannot take host function "${each.name}" as it is given twice`);
      }
      this.add(each);
    }
  }

  /** Whether any of them waits. */
  get waits(): boolean {
    return this.#handler === undefined ? this.#waiting > 0 : this.#handlerWaits;
  }

  /** Another number after each change. */
  get version(): number {
    return this.#version;
  }

  /** Everything there is; `undefined` where something answers every name. */
  list(): readonly HostFunction[] | undefined {
    return this.#handler === undefined ? [...this.#functions.values()] : undefined;
  }

  /** What answers `operation` now. */
  find(operation: string): HostFunction | undefined {
    const run = this.#handler;
    if (run === undefined) return this.#functions.get(operation);
    return { name: operation, waits: this.#handlerWaits, run };
  }

  /**
   * Adds a function, or replaces the one of its name.
   *
   * @returns a function that takes it away again, unless it was replaced.
   */
  add(added: HostFunction): () => void {
    this.#remove(this.#functions.get(added.name));
    this.#functions.set(added.name, added);
    this.#version++;
    if (added.waits) this.#waiting++;
    return () => {
      if (this.#functions.get(added.name) === added) this.#remove(added);
    };
  }

  #remove(found: HostFunction | undefined): void {
    if (found === undefined) return;
    this.#functions.delete(found.name);
    this.#version++;
    if (found.waits) this.#waiting--;
  }
}

function isList(functions: HostFunctionSet): functions is readonly HostFunction[] {
  return Array.isArray(functions);
}

function listOf(functions: HostFunctionSet): readonly HostFunction[] {
  if (isList(functions)) return functions;
  return Object.entries(functions).map(([name, fn]) => hostFunction(name, fn));
}
