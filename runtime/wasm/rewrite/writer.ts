/** Bytes of a binary as they are put together. @module */

/** Copying fewer bytes than this one by one is faster than by a view. */
const SHORT_COPY = 48;

/** Bytes that grow. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  /** With room for `capacity` bytes at first. */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#at;
  }

  /** What was written; a view, valid until the next write. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  clear(): void {
    this.#at = 0;
  }

  byte(value: number): void {
    if (this.#at === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#at++] = value;
  }

  bytes(...values: readonly number[]): void {
    // by index: this runs for every check, and an iterator takes longer than the bytes
    for (let at = 0; at < values.length; at++) this.byte(values[at] ?? 0);
  }

  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte(rest & 0x7f | 0x80);
      rest = rest >>> 7;
    }
    this.byte(rest);
  }

  /** A signed number of at most 32 bits. */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte(rest & 0x7f | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Copies `source` from `start` up to `end`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#at + length > this.#bytes.length) this.#grow(length);
    if (length < SHORT_COPY) {
      const target = this.#bytes;
      let at = this.#at;
      for (let from = start; from < end; from++) target[at++] = source[from] ?? 0;
    } else {
      this.#bytes.set(source.subarray(start, end), this.#at);
    }
    this.#at += length;
  }

  /** Copies all of `source`. */
  put(source: Uint8Array): void {
    this.copy(source, 0, source.length);
  }

  /** Writes what `other` holds, with its length before it. */
  sized(other: Writer): void {
    this.u32(other.length);
    this.put(other.written);
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + needed));
    bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bytes;
  }
}
