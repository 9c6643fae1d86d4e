/** A map from names to bytes that never holds more than it may. @module */

import type { HostValue } from "./capability.ts";
import { utf8Bytes } from "./byte_size.ts";

/** Counted for each entry beside its key and value: a million empty ones are not free. */
const ENTRY_BYTES = 64;

/** What is kept under one key. */
interface Entry {
  readonly value: Uint8Array;
  /** Milliseconds since the epoch after which it is gone; `Infinity` = never. */
  readonly expires: number;
  /** What it counts for. */
  readonly cost: number;
}

/** Keeps copies only: what a caller does to its bytes later changes nothing here. */
export class ByteStore {
  readonly #limit: number;
  /** A Map, not an object: `__proto__` is a key like any other. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** `limit` in bytes, over all keys, values and {@linkcode ENTRY_BYTES}. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A copy of what is under `key`, or `null`. */
  get(key: string, now: number): Uint8Array | null {
    const value = this.peek(key, now);
    return value === null ? null : copyOf(value);
  }

  /** The very bytes under `key`, or `null`: for who reads them at once and lets go of them. */
  peek(key: string, now: number): Uint8Array | null {
    const entry = this.#entries.get(key);
    if (!entry) return null;
    if (entry.expires > now) return entry.value;
    this.delete(key);
    return null;
  }

  /** Keeps a copy of `value`; `false` when there is no room, and then nothing changed. */
  set(key: string, value: Uint8Array | string, expires: number, now: number): boolean {
    const size = typeof value === "string" ? utf8Bytes(value) : value.byteLength;
    const cost = ENTRY_BYTES + utf8Bytes(key) + size;
    const freed = this.#entries.get(key)?.cost ?? 0;
    if (this.#bytes - freed + cost > this.#limit) {
      this.#sweep(now);
      const left = this.#entries.get(key)?.cost ?? 0;
      if (this.#bytes - left + cost > this.#limit) return false;
    }
    const old = this.#entries.get(key);
    // Nobody else has these bytes: the same room serves again, and costs no new buffer.
    if (old?.value.byteLength === size && old.expires === expires && typeof value !== "string") {
      old.value.set(value);
      return true;
    }
    const copy = typeof value === "string" ? encoder.encode(value) : copyOf(value);
    this.delete(key);
    this.#entries.set(key, { value: copy, expires, cost });
    this.#bytes += cost;
    return true;
  }

  /** Whether there was something under `key`. */
  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    this.#bytes -= entry.cost;
    return this.#entries.delete(key);
  }

  /** Keys that start with `prefix`, sorted. */
  keys(prefix: string, now: number): string[] {
    this.#sweep(now);
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #sweep(now: number): void {
    for (const [key, { expires }] of this.#entries) if (expires <= now) this.delete(key);
  }
}

const encoder = new TextEncoder();

/** A copy of its own; for the small values that most are, `slice` costs several times as much. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

/** The key an operation was given. */
export function keyOf(value: HostValue): string {
  if (typeof value === "string") return value;
  throw new TypeError("Cannot use the key as it must be a string");
}

/** The value an operation was given: bytes, or text that stands for its UTF-8 bytes. */
export function bytesOf(value: HostValue): Uint8Array | string {
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  throw new TypeError("Cannot keep the value as it must be bytes or a string");
}
