/** Steps through a WebAssembly binary strictly: nothing is read past its end, no number is longer than it may be. @module */

import { Fault } from "../../errors.ts";

/** Most bytes of a 32-bit number. */
const MAX_LEB32 = 5;

/** The fault of a binary that this rewriter does not take. */
export function refused(why: string, at?: number): Fault {
  const where = at === undefined ? "" : ` (at byte ${at})`;
  return new Fault("unsupported", `its module cannot be limited: ${why}${where}`);
}

/** A position in a binary, and where what is being read ends. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  /** Reads `bytes` from `at` up to `end`. */
  constructor(bytes: Uint8Array, at: number = 0, end: number = bytes.length) {
    if (end > bytes.length || at > end) throw refused("it ends too early", bytes.length);
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    const byte = this.at < this.end ? this.bytes[this.at++] : undefined;
    if (byte === undefined) throw refused("it ends too early", this.at);
    return byte;
  }

  /** An unsigned 32-bit number. */
  u32(): number {
    let value = 0;
    let scale = 1;
    for (let length = 1; length <= MAX_LEB32; length++, scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      if (value > 0xffff_ffff) break;
      return value;
    }
    throw refused("a number is too long", this.at);
  }

  skip(length: number): void {
    if (length > this.end - this.at) throw refused("it ends too early", this.at);
    this.at += length;
  }

  /** A reader of the next `length` bytes, which this one steps over. */
  part(length: number): Reader {
    const start = this.at;
    this.skip(length);
    return new Reader(this.bytes, start, this.at);
  }

  /** The bytes of a name. */
  name(): Uint8Array {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    return this.bytes.subarray(start, this.at);
  }

  /** The length of a vector whose elements take at least one byte each: a count is no promise. */
  count(): number {
    const count = this.u32();
    if (count > this.end - this.at) throw refused("a count is larger than what follows", this.at);
    return count;
  }

  /** Everything must have been read. */
  finish(what: string): void {
    if (this.at !== this.end) throw refused(`${what} has bytes left over`, this.at);
  }
}
