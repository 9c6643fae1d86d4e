/** How many bytes a value stands for, counted only as far as a limit. @module */

import type { HostValue } from "./capability.ts";

/** Nesting that a value may have: deeper ones overflow the stack of whoever walks them. */
const MAX_DEPTH = 64;

/** Bytes counted for each number, boolean, null and element: a million empty lists are not free. */
const ELEMENT_BYTES = 8;

/** Bytes of `text` in UTF-8. Counting stops soon after `limit`. */
export function utf8Bytes(text: string, limit: number = Infinity): number {
  if (text.length > limit) return text.length;
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // each half of a pair is 2 of its 4 bytes; a lone half becomes 3: near enough for a cap
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** Bytes of `value`, or `Infinity` when it is larger than `limit` or nested too deeply. */
export function valueBytes(value: HostValue, limit: number, depth: number = 0): number {
  if (typeof value === "string") return within(utf8Bytes(value, limit), limit);
  if (typeof value !== "object" || value === null) return ELEMENT_BYTES;
  if (value instanceof Uint8Array) return within(value.byteLength, limit);
  if (depth === MAX_DEPTH) return Infinity;
  let bytes = ELEMENT_BYTES;
  if (Array.isArray(value)) {
    for (const item of value) {
      bytes += valueBytes(item, limit - bytes, depth + 1);
      if (bytes > limit) return Infinity;
    }
    return bytes;
  }
  const record = value as { readonly [key: string]: HostValue };
  for (const key in record) {
    bytes += key.length + valueBytes(record[key], limit - bytes, depth + 1);
    if (bytes > limit) return Infinity;
  }
  return bytes;
}

function within(bytes: number, limit: number): number {
  return bytes > limit ? Infinity : bytes;
}
