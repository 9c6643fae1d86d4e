/**
 * MessagePack as guests made with Go read it: an integer is always int64 and a number with a fraction,
 * or one that was written as a float, always float64, because such a guest asserts these very types.
 *
 * @module
 */

import { checkMsgpack } from "../../msgpack_check.ts";

/** A number that is a float whatever its value: `1.0` is none of Go's integers. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** What is written. A number without a fraction is an integer; a map keeps the order of its keys. */
export type Packable =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Float
  | Uint8Array
  | readonly Packable[]
  | { readonly [key: string]: Packable };

/** What was read: integers are numbers where that is exact, floats always {@linkcode Float}. */
export type Unpacked =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | Uint8Array
  | readonly Unpacked[]
  | UnpackedMap;

/** A map whose keys are text; others are malformed. */
export type UnpackedMap = ReadonlyMap<string, Unpacked>;

/** Deepest nesting that is read: reading recurses, and a guest writes what it likes. */
const DEPTH = 64;
/** Most values of one message: each takes a byte there, and many times that here. */
const VALUES = 100_000;
/** Bytes that a value begins with at most. */
const HEAD_BYTES = 9;
const INITIAL_BYTES = 256;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes of `value`. */
export function packMsgpack(value: Packable): Uint8Array {
  const writer = new Writer();
  writer.write(value);
  return writer.bytes();
}

class Writer {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  write(value: Packable): void {
    this.#reserve(HEAD_BYTES);
    switch (typeof value) {
      case "undefined":
        return this.#byte(0xc0);
      case "boolean":
        return this.#byte(value ? 0xc3 : 0xc2);
      case "bigint":
        return this.#integer(value);
      case "number":
        return Number.isSafeInteger(value) ? this.#integer(BigInt(value)) : this.#float(value);
      case "string":
        return this.#text(value);
    }
    if (value === null) this.#byte(0xc0);
    else if (value instanceof Float) this.#float(value.value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (Array.isArray(value)) {
      this.#head(value.length, { fix: 0x90, fixLimit: 16, wide: [undefined, 0xdc, 0xdd] });
      for (const item of value) this.write(item);
    } else {
      const entries = Object.entries(value as { readonly [key: string]: Packable });
      this.#head(entries.length, { fix: 0x80, fixLimit: 16, wide: [undefined, 0xde, 0xdf] });
      for (const [key, item] of entries) {
        this.write(key);
        this.write(item);
      }
    }
  }

  #byte(byte: number): void {
    this.#bytes[this.#at++] = byte;
  }

  #integer(value: bigint): void {
    this.#byte(0xd3);
    this.#view.setBigInt64(this.#at, value);
    this.#at += 8;
  }

  #float(value: number): void {
    this.#byte(0xcb);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  #text(text: string): void {
    const bytes = encoder.encode(text);
    this.#head(bytes.length, { fix: 0xa0, fixLimit: 32, wide: [0xd9, 0xda, 0xdb] });
    this.#raw(bytes);
  }

  #binary(bytes: Uint8Array): void {
    this.#head(bytes.length, { fix: 0, fixLimit: 0, wide: [0xc4, 0xc5, 0xc6] });
    this.#raw(bytes);
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #head(length: number, { fix, fixLimit, wide: [one, two, four] }: Heads): void {
    if (length < fixLimit) return this.#byte(fix | length);
    if (one !== undefined && length < 0x100) {
      this.#byte(one);
      this.#byte(length);
    } else if (length < 0x10000) {
      this.#byte(two);
      this.#view.setUint16(this.#at, length);
      this.#at += 2;
    } else {
      this.#byte(four);
      this.#view.setUint32(this.#at, length);
      this.#at += 4;
    }
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** First bytes of values with a length: in one byte, and with the length in 1, 2 or 4 bytes. */
interface Heads {
  readonly fix: number;
  readonly fixLimit: number;
  readonly wide: readonly [one: number | undefined, two: number, four: number];
}

/**
 * The value that `bytes` are. Nothing is taken at its word: what is announced has to be there.
 *
 * @throws {RangeError} for bytes that are not exactly one value, for a map with other keys than text or
 * with a key twice, for an extension type, and for what nests too deep or has too many values.
 */
export function unpackMsgpack(bytes: Uint8Array): Unpacked {
  checkMsgpack(bytes);
  return new Reader(bytes).read(DEPTH);
}

/** Reads bytes that were checked: lengths are true. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(depth: number): Unpacked {
    if (++this.#values > VALUES) {
      throw new RangeError(`Cannot read MessagePack as it has more than ${VALUES} values`);
    }
    const head = this.#view.getUint8(this.#at++);
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f, depth);
    if (head < 0xa0) return this.#list(head & 0x0f, depth);
    if (head < 0xc0) return this.#text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return new Float(this.#view.getFloat32(this.#skip(4)));
      case 0xcb:
        return new Float(this.#view.getFloat64(this.#skip(8)));
      case 0xd0:
        return this.#view.getInt8(this.#skip(1));
      case 0xd1:
        return this.#view.getInt16(this.#skip(2));
      case 0xd2:
        return this.#view.getInt32(this.#skip(4));
      case 0xd3:
        return small(this.#view.getBigInt64(this.#skip(8)));
      case 0xcf:
        return small(this.#view.getBigUint64(this.#skip(8)));
    }
    if (head >= 0xcc && head <= 0xce) return this.#unsigned(head - 0xcc);
    if (head >= 0xc4 && head <= 0xc6) return this.#binary(this.#unsigned(head - 0xc4));
    if (head >= 0xd9 && head <= 0xdb) return this.#text(this.#unsigned(head - 0xd9));
    if (head === 0xdc || head === 0xdd) return this.#list(this.#unsigned(head - 0xdb), depth);
    if (head === 0xde || head === 0xdf) return this.#map(this.#unsigned(head - 0xdd), depth);
    throw new RangeError("Cannot read MessagePack as it has an extension type");
  }

  /** Where the next `count` bytes begin; they count as read. */
  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }

  /** A number of 1, 2 or 4 bytes. */
  #unsigned(width: number): number {
    if (width === 0) return this.#view.getUint8(this.#skip(1));
    return width === 1 ? this.#view.getUint16(this.#skip(2)) : this.#view.getUint32(this.#skip(4));
  }

  #text(length: number): string {
    const at = this.#skip(length);
    return decoder.decode(this.#bytes.subarray(at, at + length));
  }

  #binary(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.slice(at, at + length);
  }

  #list(length: number, depth: number): readonly Unpacked[] {
    if (depth === 0) throw tooDeep();
    const items: Unpacked[] = [];
    for (let i = 0; i < length; i++) items.push(this.read(depth - 1));
    return items;
  }

  #map(length: number, depth: number): UnpackedMap {
    if (depth === 0) throw tooDeep();
    const map = new Map<string, Unpacked>();
    for (let i = 0; i < length; i++) {
      const key = this.read(0);
      if (typeof key !== "string" || map.has(key)) {
        throw new RangeError("Cannot read MessagePack as a map's keys must be texts, each once");
      }
      map.set(key, this.read(depth - 1));
    }
    return map;
  }
}

function tooDeep(): RangeError {
  return new RangeError(`Cannot read MessagePack as it nests deeper than ${DEPTH} levels`);
}

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
