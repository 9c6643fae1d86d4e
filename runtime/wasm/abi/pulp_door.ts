/** How Pulp cells reach their host: codes instead of errors, and answers in buffers of the cell's own. @module */

import { CapabilityError, OperationError } from "../../../capabilities/errors.ts";
import type { HostValue, OperationArgs } from "../../../capabilities/capability.ts";
import type { AbiEnvironment, Guest, GuestFunction, HostFunction } from "./contract.ts";
import { type UnpackedMap, unpackMsgpack } from "./pulp_msgpack.ts";

/** What an import answers: 0, or why not. The numbers from 4 on mean something else in each. */
export const CODES = {
  ok: 0,
  empty: 1,
  unreadable: 2,
  malformed: 3,
  undeclared: 99,
} as const;

/** Bytes of host work for which a guest is charged one unit. */
const BYTES_PER_TICK = 1_024;

/** Ends an import with a code; the cell goes on. */
export class Code extends Error {
  override readonly name = "Code";
  /** What the cell gets. */
  readonly code: number;

  constructor(code: number) {
    super(`code ${code}`);
    this.code = code;
  }
}

/** What waits says with it when it was stopped: nothing of the cell may run any more. */
type Answer = (signal: AbortSignal, ...args: number[]) => Promise<void>;

/** The codes of handing an answer over. */
export interface HandingCodes {
  /** There is no `pulp_alloc`. */
  readonly absent: number;
  /** It gave nothing. */
  readonly failed: number;
  /** What it gave, or where the address was to go, is outside the memory. */
  readonly unwritable: number;
}

/** One cell's way to its host. */
export class PulpDoor {
  readonly #guest: Guest;
  readonly #environment: AbiEnvironment;

  constructor(guest: Guest, environment: AbiEnvironment) {
    this.#guest = guest;
    this.#environment = environment;
  }

  /** An import behind `operation` that answers at once. */
  now(type: string, operation: string, answer: (...args: number[]) => void): HostFunction {
    return {
      type,
      run: (...args: number[]) => {
        if (this.#isRefused(operation)) return CODES.undeclared;
        try {
          answer(...args);
          return CODES.ok;
        } catch (error) {
          if (error instanceof Code) return error.code;
          throw error;
        }
      },
    };
  }

  /** An import behind `operation` that waits; where that is not granted it answers at once, too. */
  later(type: string, operation: string, answer: Answer): HostFunction {
    return {
      type,
      mayWait: () => this.#isGranted(operation),
      run: () => this.#isRefused(operation) || !this.#guest.suspends ? CODES.undeclared : undefined,
      wait: async (signal: AbortSignal, ...args: number[]) => {
        try {
          await answer(signal, ...args);
          return CODES.ok;
        } catch (error) {
          if (error instanceof Code) return error.code;
          throw error;
        }
      },
    } as HostFunction;
  }

  /** A copy of what the cell points at. */
  read(ptr: number, len: number): Uint8Array {
    if (len === 0) throw new Code(CODES.empty);
    return this.readAny(ptr, len);
  }

  /** The same, where nothing is something, too. */
  readAny(ptr: number, len: number): Uint8Array {
    const { memory } = this.#guest;
    const size = len >>> 0;
    if (size > this.#environment.limits.payloadBytes || !memory.has(ptr, len)) {
      throw new Code(CODES.unreadable);
    }
    this.#guest.tick(size / BYTES_PER_TICK);
    return memory.read(ptr, len);
  }

  /** The text that the cell points at. */
  text(ptr: number, len: number): string {
    return textOf(this.read(ptr, len));
  }

  /** The fields of the message that the cell points at. */
  message(ptr: number, len: number): Fields {
    const value = this.#decode(this.read(ptr, len));
    if (value instanceof Map) return new Fields(value as UnpackedMap);
    throw new Code(CODES.malformed);
  }

  /** The list that the cell points at; none where there is nothing. */
  list(ptr: number, len: number): readonly unknown[] {
    const value = len === 0 ? [] : this.#decode(this.readAny(ptr, len));
    if (Array.isArray(value)) return value;
    if (value === null) return [];
    throw new Code(CODES.malformed);
  }

  #decode(bytes: Uint8Array): unknown {
    try {
      return unpackMsgpack(bytes);
    } catch (error) {
      if (error instanceof RangeError) throw new Code(CODES.malformed);
      throw error;
    }
  }

  /** Asks for an operation that never waits. `failed` answers what came to nothing. */
  ask(operation: string, args: OperationArgs, failed: number): void {
    try {
      this.#environment.host.callSync(operation, args, this.#guest.call);
    } catch (error) {
      if (error instanceof OperationError) throw new Code(failed);
      if (error instanceof CapabilityError) {
        throw new Code(error.code === "quota" ? failed : CODES.undeclared);
      }
      throw error;
    }
  }

  /** Asks for one that waits. */
  async askLater(
    operation: string,
    args: OperationArgs,
    { failed, signal }: { readonly failed: number; readonly signal: AbortSignal },
  ): Promise<HostValue> {
    try {
      const value = await this.#environment.host.call(operation, args, {
        ...this.#guest.call,
        signal,
      });
      signal.throwIfAborted();
      return value;
    } catch (error) {
      // Whoever stopped the wait has ended the guest: nothing of it may run any more.
      signal.throwIfAborted();
      const revoked = error instanceof CapabilityError && error.code === "revoked";
      throw new Code(revoked ? CODES.undeclared : failed);
    }
  }

  /** Whether an answer of that size may go to the cell. */
  fits(bytes: Uint8Array): boolean {
    return bytes.length <= this.#environment.limits.payloadBytes;
  }

  /** Writes `bytes` into a buffer of the cell, and its address and length where the cell wants them. */
  hand(bytes: Uint8Array, ptrOut: number, lenOut: number, codes: HandingCodes): void {
    const { memory } = this.#guest;
    const ptr = bytes.length === 0 ? 0 : this.#allocate(bytes.length, codes);
    if (!memory.has(ptr, bytes.length) || !memory.has(ptrOut, 4) || !memory.has(lenOut, 4)) {
      throw new Code(codes.unwritable);
    }
    this.#guest.tick(bytes.length / BYTES_PER_TICK);
    memory.write(ptr, bytes);
    memory.setU32(ptrOut, ptr);
    memory.setU32(lenOut, bytes.length);
  }

  #allocate(size: number, { absent, failed }: HandingCodes): number {
    const allocate: GuestFunction | undefined = this.#guest.fn(ALLOC);
    if (allocate === undefined) throw new Code(absent);
    const ptr = allocate(size);
    if (typeof ptr !== "number" || ptr === 0) throw new Code(failed);
    return ptr >>> 0;
  }

  #isRefused(operation: string): boolean {
    return this.#environment.host.refused?.(operation) !== undefined;
  }

  #isGranted(operation: string): boolean {
    return this.#environment.host.surface.some(({ capability, operation: name }) =>
      `${capability}.${name}` === operation
    );
  }
}

/** The cell's allocator. */
export const ALLOC = "pulp_alloc";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a cell's bytes. */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new Code(CODES.malformed);
    throw error;
  }
}

/** The fields of one message. Absent and `nil` are the same; a field of another type is malformed. */
export class Fields {
  readonly #map: UnpackedMap;

  constructor(map: UnpackedMap) {
    this.#map = map;
  }

  /** A text; bytes are taken for one. */
  text(name: string): string {
    const value = this.#map.get(name) ?? "";
    if (typeof value === "string") return value;
    if (value instanceof Uint8Array) return textOf(value);
    throw new Code(CODES.malformed);
  }

  /** A whole number; one that is too large for us stands for nothing that we know. */
  integer(name: string): number {
    const value = this.#map.get(name) ?? 0;
    if (typeof value === "bigint") return -1;
    if (typeof value === "number") return value;
    throw new Code(CODES.malformed);
  }

  /** Text or bytes. */
  body(name: string): string | Uint8Array {
    const value = this.#map.get(name) ?? "";
    if (typeof value === "string" || value instanceof Uint8Array) return value;
    throw new Code(CODES.malformed);
  }

  /** Names and values; a list of values stands for as many. */
  pairs(name: string): readonly (readonly [string, string])[] {
    const value = this.#map.get(name) ?? new Map();
    if (!(value instanceof Map)) throw new Code(CODES.malformed);
    return [...value].flatMap(([key, content]) =>
      (Array.isArray(content) ? content : [content]).map((one): readonly [string, string] => {
        if (typeof one !== "string") throw new Code(CODES.malformed);
        return [key, one];
      })
    );
  }
}
