/** One loaded WASM extension: takes an instance, runs one call in it, decides whether it is used again. @module */

import type { Call, Module, Payload } from "../contract.ts";
import { Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { HARMLESS } from "./harmless.ts";
import { type GuestInstance, sizeOf } from "./instance.ts";
import type { InstancePool } from "./instances.ts";
import { memoryFault } from "./memory_fault.ts";

/** What a module is made of. */
export interface ModuleParts {
  readonly name: string;
  readonly runtime: string;
  readonly abi: string;
  readonly exports: readonly string[];
  readonly limits: Limits;
  readonly pool: InstancePool<GuestInstance>;
  readonly callsHostFunctions: boolean;
  /** What `invoke` reaches, as far as the module's exports tell it. */
  readonly operations: readonly string[];
  /** Bytes of memory beyond which an instance is replaced after its call; `Infinity` = never. */
  readonly recycleBytes: number;
}

/** What a call gives, at once or later. */
type Given<Result> = Result | Promise<Result>;

/** A loaded WASM extension. */
export class WasmModule implements Module {
  readonly name: string;
  readonly runtime: string;
  readonly abi: string;
  readonly exports: readonly string[];
  readonly callsHostFunctions: boolean;
  readonly limits: Limits;
  readonly #pool: InstancePool<GuestInstance>;
  readonly #memoryBytes: number;
  readonly #recycleBytes: number;
  readonly #operations: ReadonlySet<string>;
  #closing: Promise<void> | undefined;
  #fuel = 0;
  #lastFuel = 0;

  /** Calls take their instances from `parts.pool`. */
  constructor(parts: ModuleParts) {
    this.name = parts.name;
    this.runtime = parts.runtime;
    this.abi = parts.abi;
    this.exports = parts.exports;
    this.callsHostFunctions = parts.callsHostFunctions;
    this.limits = parts.limits;
    this.#pool = parts.pool;
    this.#memoryBytes = parts.limits.memoryBytes;
    this.#recycleBytes = parts.recycleBytes;
    this.#operations = new Set(parts.operations);
  }

  /** Bytes of memory of all instances. */
  get memorySize(): number {
    let bytes = 0;
    for (const instance of this.#pool.all) bytes += sizeOf(instance);
    return bytes;
  }

  get restarts(): number {
    return this.#pool.restarts;
  }

  /** Units of fuel, of calls and not of starting. */
  get fuel(): { readonly total: number; readonly last: number } {
    return { total: this.#fuel, last: this.#lastFuel };
  }

  invoke(fn: string, payload: Payload, call: Call): Uint8Array | Promise<Uint8Array> {
    const instance = this.#pool.takeIdle();
    if (instance === undefined) return this.#invokeLater(fn, payload, call);
    return this.#run(instance, fn, payload, call);
  }

  invokeText(fn: string, payload: Payload, call: Call): Payload | Promise<Payload> {
    const instance = this.#pool.takeIdle();
    if (instance === undefined) return this.#invokeLater(fn, payload, call);
    return this.#runFor(instance, fn, payload, call, true);
  }

  invokeSync(fn: string, payload: Payload, call: Call): Uint8Array {
    const instance = this.#pool.takeIdle() ?? this.#pool.takeNow();
    // Whether the guest may suspend is settled as it is told of its call.
    instance.guest.call = call;
    if (instance.guest.suspends) {
      this.#pool.release(instance);
      throw new Fault("needs-async", "it may wait for the host in any call");
    }
    const result = this.#run(instance, fn, payload, call);
    if (result instanceof Uint8Array) return result;
    throw new Fault("needs-async", "it answered with a promise");
  }

  has(fn: string): boolean {
    return this.#operations.has(fn);
  }

  reset(): boolean {
    const instance = this.#pool.takeIdle();
    if (instance === undefined) return false;
    instance.session.reset?.();
    this.#pool.release(instance);
    return true;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#pool.close();
  }

  async #invokeLater(fn: string, payload: Payload, call: Call): Promise<Uint8Array> {
    const asked = performance.now();
    // The caller may go on to use its buffer while the call waits for its turn.
    const held = typeof payload === "string" ? payload : payload.slice();
    const instance = await this.#pool.take(call.signal);
    // The time a call may take begins when it has an instance; waiting has its own limit.
    const waited = performance.now() - asked;
    return await this.#run(instance, fn, held, { ...call, deadline: call.deadline + waited });
  }

  /** A call whose result is bytes. */
  #run(instance: GuestInstance, fn: string, payload: Payload, call: Call): Given<Uint8Array> {
    // Only who asks for text is given text.
    return this.#runFor(instance, fn, payload, call, false) as Given<Uint8Array>;
  }

  #runFor(
    instance: GuestInstance,
    fn: string,
    payload: Payload,
    call: Call,
    text: boolean,
  ): Given<Payload> {
    const { guest, session } = instance;
    guest.call = call;
    let result: Given<Payload>;
    try {
      result = text && session.invokeText !== undefined
        ? session.invokeText(fn, payload)
        : session.invoke(fn, payload);
    } catch (error) {
      throw this.#fail(instance, error);
    }
    if (typeof result !== "string" && !(result instanceof Uint8Array)) {
      return this.#settle(instance, result);
    }
    this.#finish(instance);
    return result;
  }

  async #settle(instance: GuestInstance, result: Promise<Payload>): Promise<Payload> {
    let bytes: Payload;
    try {
      bytes = await result;
    } catch (error) {
      throw this.#fail(instance, error);
    }
    this.#finish(instance);
    return bytes;
  }

  #countFuel({ guest }: GuestInstance): void {
    this.#lastFuel = guest.takeFuel();
    this.#fuel += this.#lastFuel;
  }

  #finish(instance: GuestInstance): void {
    const { guest } = instance;
    this.#countFuel(instance);
    guest.program.flush();
    // A guest without a maximum of its own is only measured here, after the call.
    const size = sizeOf(instance);
    if (size > this.#memoryBytes) {
      this.#pool.discard(instance);
      throw memoryFault(size, this.#memoryBytes);
    }
    if (guest.ended) this.#pool.discard(instance);
    else this.#putBack(instance);
  }

  #putBack(instance: GuestInstance): void {
    if (instance.guest.memory.size > this.#recycleBytes) this.#pool.retire(instance);
    else this.#pool.release(instance);
  }

  #fail(instance: GuestInstance, error: unknown): unknown {
    const { guest } = instance;
    this.#countFuel(instance);
    const ended = guest.ended;
    const reason = guest.explain(error);
    guest.program.flush();
    const usable = !ended && reason === error && reason instanceof Fault &&
      HARMLESS.has(reason.code) && sizeOf(instance) <= this.#memoryBytes;
    if (usable) this.#putBack(instance);
    else this.#pool.discard(instance);
    return reason;
  }
}
