/**
 * The handle store of one Extism guest: blocks of bytes that host and guest pass to each other by
 * handle. The store itself is WebAssembly (`extism_kernel.wat`); this is the host's side of it.
 *
 * @module
 */

import { Fault } from "../../errors.ts";
import { GuestMemory, type Packed } from "../../memory.ts";
import type { Guest, GuestFunction, Payload } from "./contract.ts";
import { KERNEL } from "./extism_kernel.generated.ts";

/** Handles, addresses and lengths are unsigned; they come as the signed numbers WebAssembly has. */
export type Handle = bigint;

/** The handle of nothing. */
export const NO_HANDLE: Handle = 0n;

/** Where the kernel keeps what a call leaves to the host. */
const AT = {
  output: 16,
  outputLength: 20,
  error: 24,
  errorLength: 28,
  full: 32,
  found: 40,
  foundLength: 44,
} as const;

/** Bytes of cleared memory that cost as much as one tick of host work. */
const CLEARED_PER_TICK = 4096;
/** A UTF-16 unit has at most this many bytes in UTF-8. */
const UNIT_BYTES = 3;
/** Longest text whose bytes are not counted before they are written: room for the worst is cheap. */
const SHORT_TEXT = 1024;

/** Largest block that is borrowed. */
const SCRATCH_BYTES = 4096;

/** Bytes of one page of WebAssembly memory. */
const PAGE_BYTES = 65_536;

const encoder = new TextEncoder();
const lenient = new TextDecoder();

/** What the kernel exports beside the functions that guests import. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly reset: () => void;
  readonly begin: (length: number) => number;
  readonly input_end: (length: number) => void;
  readonly take: (length: number) => bigint;
  readonly at: (address: bigint) => number;
  readonly free: (handle: bigint) => void;
}

let compiled: WebAssembly.Module | undefined;

/** The blocks of one guest. */
export class BlockStore {
  readonly #guest: Guest;
  readonly #memoryBytes: number;
  readonly #memory: GuestMemory = new GuestMemory();
  readonly #place: Packed = { ptr: 0, len: 0 };
  #scratch: Uint8Array | undefined;
  #kernel: Kernel | undefined;
  #exports: WebAssembly.Exports | undefined;

  /** A store whose bytes and those of the guest's memory are at most `memoryBytes`. */
  constructor(guest: Guest, memoryBytes: number) {
    this.#guest = guest;
    this.#memoryBytes = memoryBytes;
  }

  /** A kernel function, for the guest to import. */
  fn(name: string): GuestFunction {
    this.#open();
    return this.#exports?.[name] as GuestFunction;
  }

  /** Bytes of the store's own memory, beside the page that every store has. */
  get size(): number {
    return Math.max(0, this.#memory.size - PAGE_BYTES);
  }

  /** Empties the store. */
  reset(): void {
    this.#kernel?.reset();
  }

  /**
   * Empties the store and gives it the input of a call.
   *
   * @throws {Fault} `memory-limit` when there is no room for it.
   */
  begin(input: Payload): void {
    if (typeof input !== "string") {
      this.#memory.write(this.#beginWith(input.length), input);
    } else if (input.length <= SHORT_TEXT) {
      const room = input.length * UNIT_BYTES;
      this.#open().input_end(this.#memory.writeText(this.#beginWith(room), room, input));
    } else {
      const bytes = encoder.encode(input);
      this.#memory.write(this.#beginWith(bytes.length), bytes);
    }
  }

  #beginWith(length: number): number {
    const at = this.#open().begin(length);
    if (at === 0) throw this.#fullFault();
    return at;
  }

  /** How many bytes there are from `address` to the end of its block. */
  lengthAt(address: Handle, what: string): number {
    return this.#locate(address, what).len;
  }

  /**
   * A copy of the block from `address` on.
   *
   * @param limit most bytes that are copied; a larger block is a `payload-limit` fault.
   * @throws {Fault} `bad-guest-data` for an address in no block; `what` names it.
   */
  read(address: Handle, limit: number, what: string): Uint8Array<ArrayBuffer> {
    const { ptr, len } = this.#locate(address, what);
    if (len > limit) throw tooLarge(what, len, limit);
    return this.#memory.read(ptr, len);
  }

  /**
   * The block from `address` on, in a buffer that the next call of this uses again: for who copies
   * it at once. A buffer of its own would cost more than all the rest.
   *
   * @throws {Fault} as `read`.
   */
  borrow(address: Handle, limit: number, what: string): Uint8Array {
    const { ptr, len } = this.#locate(address, what);
    if (len > limit) throw tooLarge(what, len, limit);
    if (len > SCRATCH_BYTES) return this.#memory.read(ptr, len);
    this.#scratch ??= new Uint8Array(SCRATCH_BYTES);
    this.#memory.copy(ptr, len, this.#scratch);
    return this.#scratch.subarray(0, len);
  }

  /**
   * The text of a block.
   *
   * @throws {Fault} as `read`; `bad-guest-data` for bytes that are no UTF-8.
   */
  text(address: Handle, limit: number, what: string): string {
    const { ptr, len } = this.#locate(address, what);
    if (len > limit) throw tooLarge(what, len, limit);
    return this.#memory.text(ptr, len, what);
  }

  /** The beginning of a block as text, whatever its bytes are, for people. */
  excerpt(address: Handle, limit: number, what: string): string {
    const { ptr, len } = this.#locate(address, what);
    return lenient.decode(this.#memory.read(ptr, Math.min(len, limit)));
  }

  /**
   * A new block with these bytes.
   *
   * @throws {Fault} `memory-limit` when there is no room.
   */
  store(content: Payload): Handle {
    if (typeof content === "string") {
      if (content.length > SHORT_TEXT || !isAscii(content)) {
        return this.store(encoder.encode(content));
      }
      const handle = this.#take(content.length);
      this.#memory.writeText(this.#place.ptr, content.length, content);
      return handle;
    }
    const handle = this.#take(content.length);
    this.#memory.write(this.#place.ptr, content);
    return handle;
  }

  /** A new block, and where it is. */
  #take(length: number): Handle {
    const handle = this.#open().take(length);
    if (handle === NO_HANDLE) throw this.#fullFault();
    this.#found();
    return handle;
  }

  /** Frees a block; what is none is left alone. */
  free(handle: Handle): void {
    this.#kernel?.free(handle);
  }

  /** The beginning of the error that the guest set, as text; `undefined` when it set none. */
  error(limit: number): string | undefined {
    const length = this.#memory.u32(AT.errorLength);
    if (length === 0) return undefined;
    const bytes = this.#memory.read(
      this.#memory.u32(AT.error),
      Math.min(length, limit),
      "its error",
    );
    return lenient.decode(bytes);
  }

  /**
   * What the guest gave as output.
   *
   * @throws {Fault} `payload-limit` for more than `limit` bytes.
   */
  output(limit: number): Uint8Array<ArrayBuffer> {
    const length = this.#memory.u32(AT.outputLength);
    if (length > limit) throw tooLarge("its output", length, limit);
    return this.#memory.read(this.#memory.u32(AT.output), length, "its output");
  }

  /** The same as text, straight from where it lies; `undefined` for what is none. */
  outputText(limit: number): string | undefined {
    const length = this.#memory.u32(AT.outputLength);
    if (length > limit) throw tooLarge("its output", length, limit);
    try {
      return this.#memory.text(this.#memory.u32(AT.output), length, "its output");
    } catch (error) {
      if (error instanceof Fault) return undefined;
      throw error;
    }
  }

  #locate(address: Handle, what: string): Packed {
    if (this.#open().at(address) === 0) {
      throw new Fault("bad-guest-data", `${what} at ${show(address)} lies in no block`);
    }
    return this.#found();
  }

  /** Where the kernel found or made what it was asked for last. */
  #found(): Packed {
    this.#place.ptr = this.#memory.u32(AT.found);
    this.#place.len = this.#memory.u32(AT.foundLength);
    return this.#place;
  }

  #open(): Kernel {
    if (this.#kernel !== undefined) return this.#kernel;
    compiled ??= new WebAssembly.Module(Uint8Array.fromBase64(KERNEL));
    const guest = this.#guest;
    const { exports } = new WebAssembly.Instance(compiled, {
      host: {
        fault: guest.import({
          type: "()",
          run: () => {
            throw this.#addressFault();
          },
        }),
        may_grow: guest.import({
          type: "(i32) -> i32",
          run: (bytes: number) =>
            (bytes >>> 0) - PAGE_BYTES + guest.memory.size <= this.#memoryBytes ? 1 : 0,
        }),
        charge: guest.import({
          type: "(i32)",
          run: (bytes: number) => guest.tick((bytes >>> 0) / CLEARED_PER_TICK),
        }),
      },
    });
    this.#exports = exports;
    const kernel = exports as unknown as Kernel;
    this.#kernel = kernel;
    this.#memory.attach(kernel.memory);
    return kernel;
  }

  /** A guest that got no room and went on with the handle of nothing ends for the room. */
  #addressFault(): Fault {
    if (this.#memory.u32(AT.full) !== 0) return this.#fullFault();
    return new Fault("bad-guest-data", "it used an address that lies in no block of its own");
  }

  #fullFault(): Fault {
    const bytes = this.size + this.#guest.memory.size;
    return new Fault(
      "memory-limit",
      `it needs more than ${bytes} bytes of memory where ${this.#memoryBytes} are allowed`,
    );
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

function tooLarge(what: string, length: number, limit: number): Fault {
  return new Fault("payload-limit", `${what} has ${length} bytes where ${limit} are allowed`);
}

function show(address: Handle): string {
  return `0x${BigInt.asUintN(64, address).toString(16)}`;
}
