/**
 * Checked access to a guest's memory: every pointer is a guest's word, and every view may be stale.
 * No view leaves runtime/; what `read` returns is a copy.
 *
 * @module
 */

import { Fault } from "./errors.ts";
import { decodeUtf8 } from "./utf8.ts";

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/** Few enough bytes that a loop beats the engine's own functions, which cost 250 ns and more. */
const SHORT_BYTES = 64;

/** Few enough that text is built letter by letter: a decoder costs as much as some twelve of them. */
const SHORT_TEXT = 12;

/** The largest part of a 32-bit address space, plus one. */
const TWO_32 = 2 ** 32;

/**
 * One guest's linear memory. Pointers and lengths may come as the signed 32-bit numbers that
 * WebAssembly hands to JavaScript; they are read as unsigned. Every method throws a
 * `bad-guest-data` {@linkcode Fault} for a range outside the memory as it is at that moment.
 */
export class GuestMemory {
  /** `undefined` until the guest's instance exists: its start section may already call the host. */
  #memory: { readonly buffer: ArrayBufferLike } | undefined;
  /** Both views have length 0 once the memory has grown, because growing detaches the old buffer. */
  #bytes: Uint8Array = NO_BYTES;
  #view: DataView = NO_VIEW;

  /** Uses `memory` from now on. */
  attach(memory: { readonly buffer: ArrayBufferLike }): void {
    this.#memory = memory;
    this.#refresh();
  }

  #refresh(): void {
    if (this.#memory === undefined) return;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
  }

  /** Size in bytes now; 0 before there is a memory. */
  get size(): number {
    if (this.#bytes.length === 0) this.#refresh();
    return this.#bytes.length;
  }

  /** Whether other threads may write to it: then nothing that was checked stays checked. */
  get isShared(): boolean {
    return this.#memory !== undefined && !(this.#memory.buffer instanceof ArrayBuffer);
  }

  /** Whether `[ptr, ptr + len)` lies inside the memory. */
  has(ptr: number, len: number): boolean {
    return unsigned(ptr) + unsigned(len) <= this.size;
  }

  /** Throws unless `[ptr, ptr + len)` lies inside the memory; `what` names it in the fault. */
  check(ptr: number, len: number, what = "data"): void {
    this.#check(ptr, unsigned(len), what);
  }

  /**
   * The unsigned start of `[ptr, ptr + len)`, once it is known to lie inside. `what` names it in the
   * fault. It may renew both views, so it has to run before one of them is looked at.
   */
  #check(ptr: number, len: number, what: string): number {
    // Not `ptr >>> 0`: a host's sum of two offsets beyond 2^32 would wrap around into the memory.
    const start = unsigned(ptr);
    // NaN fails this comparison too.
    if (!(start + len <= this.size)) throw outside(start, len, what, this.size);
    return start;
  }

  /** A copy of `len` bytes at `ptr`. */
  read(ptr: number, len: number, what = "data"): Uint8Array<ArrayBuffer> {
    const count = unsigned(len);
    const start = this.#check(ptr, count, what);
    if (count > SHORT_BYTES) {
      return this.#bytes.slice(start, start + count) as Uint8Array<ArrayBuffer>;
    }
    const bytes = this.#bytes;
    const copy = new Uint8Array(count);
    for (let i = 0; i < count; i++) copy[i] = bytes[start + i] ?? 0;
    return copy;
  }

  /** Copies `len` bytes at `ptr` into `into` from `at` on, which has room for them. */
  copy(ptr: number, len: number, into: Uint8Array, what = "data", at = 0): void {
    const count = unsigned(len);
    const start = this.#check(ptr, count, what);
    const bytes = this.#bytes;
    if (count > SHORT_BYTES) into.set(bytes.subarray(start, start + count), at);
    else for (let i = 0; i < count; i++) into[at + i] = bytes[start + i] ?? 0;
  }

  /** Copies all of `bytes` to `ptr`. */
  write(ptr: number, bytes: Uint8Array, what = "data"): void {
    const start = this.#check(ptr, bytes.length, what);
    const into = this.#bytes;
    if (bytes.length > SHORT_BYTES) into.set(bytes, start);
    else for (let i = 0; i < bytes.length; i++) into[start + i] = bytes[i] ?? 0;
  }

  /** The bytes themselves, for what runs at once: growing makes the view empty. It must not be kept. */
  view(ptr: number, len: number, what = "data"): Uint8Array {
    const count = unsigned(len);
    const start = this.#check(ptr, count, what);
    return this.#bytes.subarray(start, start + count);
  }

  /** Fills `[ptr, ptr + len)` by handing a view of it to `fill`, which must not keep it. */
  fill(ptr: number, len: number, fill: (view: Uint8Array) => void, what = "data"): void {
    const count = unsigned(len);
    const start = this.#check(ptr, count, what);
    fill(this.#bytes.subarray(start, start + count));
  }

  /**
   * Encodes `text` into at most `cap` bytes at `ptr`.
   *
   * @returns the bytes written, or -1 when not all of the text fitted.
   */
  writeText(ptr: number, cap: number, text: string, what = "text"): number {
    const room = unsigned(cap);
    const start = this.#check(ptr, room, what);
    if (text.length <= Math.min(SHORT_BYTES, room) && this.#writeAscii(start, text)) {
      return text.length;
    }
    const { read, written } = encoder.encodeInto(text, this.#bytes.subarray(start, start + room));
    return read === text.length ? written : -1;
  }

  /** Writes text that is known to fit if all of it is ASCII; else `false`, and part of it is there. */
  #writeAscii(start: number, text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      this.#bytes[start + i] = unit;
    }
    return true;
  }

  /** The UTF-8 text of `len` bytes at `ptr`; malformed text is `bad-guest-data`. */
  text(ptr: number, len: number, what = "text"): string {
    const count = unsigned(len);
    const start = this.#check(ptr, count, what);
    const short = count > SHORT_TEXT ? undefined : ascii(this.#bytes, start, start + count);
    if (short !== undefined) return short;
    try {
      return decodeUtf8(this.#bytes.subarray(start, start + count));
    } catch (cause) {
      throw new Fault("bad-guest-data", `${what} is not UTF-8`, { cause });
    }
  }

  /** The unsigned byte at `ptr`. */
  u8(ptr: number, what = "a byte"): number {
    const at = this.#check(ptr, 1, what);
    return this.#view.getUint8(at);
  }

  /** The unsigned 16-bit number at `ptr`. */
  u16(ptr: number, what = "a number"): number {
    const at = this.#check(ptr, 2, what);
    return this.#view.getUint16(at, true);
  }

  /** The unsigned 32-bit number at `ptr`. */
  u32(ptr: number, what = "a number"): number {
    const at = this.#check(ptr, 4, what);
    return this.#view.getUint32(at, true);
  }

  /** The signed 32-bit number at `ptr`. */
  i32(ptr: number, what = "a number"): number {
    const at = this.#check(ptr, 4, what);
    return this.#view.getInt32(at, true);
  }

  /** The unsigned 64-bit number at `ptr`. */
  u64(ptr: number, what = "a number"): bigint {
    const at = this.#check(ptr, 8, what);
    return this.#view.getBigUint64(at, true);
  }

  /** The 64-bit float at `ptr`. */
  f64(ptr: number, what = "a number"): number {
    const at = this.#check(ptr, 8, what);
    return this.#view.getFloat64(at, true);
  }

  /** Writes an unsigned byte to `ptr`. */
  setU8(ptr: number, value: number, what = "a byte"): void {
    const at = this.#check(ptr, 1, what);
    this.#view.setUint8(at, value);
  }

  /** Writes an unsigned 16-bit number to `ptr`. */
  setU16(ptr: number, value: number, what = "a number"): void {
    const at = this.#check(ptr, 2, what);
    this.#view.setUint16(at, value, true);
  }

  /** Writes an unsigned 32-bit number to `ptr`. */
  setU32(ptr: number, value: number, what = "a number"): void {
    const at = this.#check(ptr, 4, what);
    this.#view.setUint32(at, value, true);
  }

  /** Writes a signed 32-bit number to `ptr`. */
  setI32(ptr: number, value: number, what = "a number"): void {
    const at = this.#check(ptr, 4, what);
    this.#view.setInt32(at, value, true);
  }

  /** Writes an unsigned 64-bit number to `ptr`. */
  setU64(ptr: number, value: bigint, what = "a number"): void {
    const at = this.#check(ptr, 8, what);
    this.#view.setBigUint64(at, value, true);
  }

  /** Writes an unsigned 64-bit number to `ptr`, in halves: no bigint is made for it. */
  setU64Halves(ptr: number, low: number, high: number, what = "a number"): void {
    const at = this.#check(ptr, 8, what);
    this.#view.setUint32(at, low, true);
    this.#view.setUint32(at + 4, high, true);
  }

  /** Writes a 64-bit float to `ptr`. */
  setF64(ptr: number, value: number, what = "a number"): void {
    const at = this.#check(ptr, 8, what);
    this.#view.setFloat64(at, value, true);
  }
}

/**
 * A pointer or length as WebAssembly means it. Sums and products of them may be above 32 bits and
 * stay what they are: cutting them would let `len * 8` wrap around to something small.
 */
function unsigned(value: number): number {
  return value < 0 ? value >>> 0 : value;
}

/** The text of ASCII bytes; `undefined` when one of them is none. */
function ascii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0x80;
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function outside(start: number, len: number, what: string, size: number): Fault {
  const where = size === 0 ? "before its memory exists" : `outside its memory of ${size} bytes`;
  return new Fault("bad-guest-data", `${what} at ${start} with ${len} bytes lies ${where}`);
}

/** How an i64 is taken apart: writing it through one view and reading two halves beats shifts. */
const packedValue = new BigInt64Array(1);
const packedHalves = new Uint32Array(packedValue.buffer);
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const PTR_HALF = LITTLE_ENDIAN ? 1 : 0;
const LEN_HALF = LITTLE_ENDIAN ? 0 : 1;

/** A pointer and a length, both unsigned 32-bit. */
export interface Packed {
  /** Where the data begins. */
  ptr: number;
  /** How many bytes it has. */
  len: number;
}

/**
 * Takes the packed i64 `(ptr << 32) | len` apart, into `into` so that nothing is allocated.
 *
 * @example
 * ```ts
 * import { pack, unpack } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const range = { ptr: 0, len: 0 };
 * unpack(pack(16, 5), range);
 * assertEquals(range, { ptr: 16, len: 5 });
 * ```
 */
export function unpack(packed: bigint, into: Packed): void {
  packedValue[0] = packed;
  into.ptr = packedHalves[PTR_HALF] ?? 0;
  into.len = packedHalves[LEN_HALF] ?? 0;
}

/**
 * The packed i64 of a pointer and a length; both are taken as unsigned 32-bit.
 *
 * @example
 * ```ts
 * import { pack } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(pack(1, 2), (1n << 32n) | 2n);
 * ```
 */
export function pack(ptr: number, len: number): bigint {
  if (unsigned(ptr) >= TWO_32 || unsigned(len) >= TWO_32) {
    throw new RangeError(
      `Cannot pack a pointer and a length as both must be below 2^32: current values are ${ptr} and ${len}`,
    );
  }
  packedHalves[PTR_HALF] = ptr;
  packedHalves[LEN_HALF] = len;
  return packedValue[0] ?? 0n;
}
