/** UTF-8 and base64 inside a realm: TextEncoder, atob, btoa. @module */

import type { Kit } from "./kit.ts";

/** What other parts of the prelude need of it. */
export interface Encoding {
  readonly toBase64: (bytes: Uint8Array) => string;
  /** `undefined` for text that is no base64. */
  readonly fromBase64: (text: string) => Uint8Array | undefined;
  readonly collector: () => Collector;
}

/** Puts UTF-16 units together to text. */
export interface Collector {
  readonly add: (unit: number) => void;
  readonly end: () => string;
}

/** Self-contained: its text runs inside the realm. */
export function makeEncoding(kit: Kit): Encoding {
  const { codeAt, fromCodes, bytes: Bytes, table } = kit;
  const Units = Uint16Array;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const values = table<number>();
  for (let i = 0; i < 64; i++) values[codeAt(alphabet, i)] = i;
  // Characters given to fromCharCode at a time: every argument takes stack.
  const piece = 256;
  // Reused, and without a prototype: an array's elements are quick to write in every engine, and no setter
  // of the guest's sees them.
  const buffer = Object.setPrototypeOf([], null) as number[];
  const letters = new Bytes(64);
  for (let i = 0; i < 64; i++) letters[i] = codeAt(alphabet, i);

  /** Collects UTF-16 units into text, a piece at a time. */
  function collector(): Collector {
    const codes = new Units(piece);
    let used = 0;
    let out = "";
    const flush = (): void => {
      buffer.length = used;
      for (let i = 0; i < used; i++) buffer[i] = codes[i] as number;
      out += fromCodes(buffer);
      used = 0;
    };
    return {
      add(unit) {
        codes[used++] = unit;
        if (used === piece) flush();
      },
      end() {
        flush();
        return out;
      },
    };
  }

  function encodedLength(text: string): number {
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = codeAt(text, i);
      if (unit < 0x80) length += 1;
      else if (unit < 0x800) length += 2;
      else if (isPair(text, i)) {
        length += 4;
        i++;
      } else length += 3;
    }
    return length;
  }

  function isPair(text: string, at: number): boolean {
    const unit = codeAt(text, at);
    if (unit < 0xd800 || unit > 0xdbff || at + 1 >= text.length) return false;
    const next = codeAt(text, at + 1);
    return next >= 0xdc00 && next <= 0xdfff;
  }

  /** Writes whole characters while they fit; says how much of both sides was used. */
  function encodeInto(text: string, out: Uint8Array): { read: number; written: number } {
    let written = 0;
    let i = 0;
    while (i < text.length) {
      const unit = codeAt(text, i);
      if (unit < 0x80) {
        if (written >= out.length) break;
        out[written++] = unit;
        i++;
        continue;
      }
      const pair = isPair(text, i);
      const point = pair
        ? 0x10000 + ((unit - 0xd800) << 10) + (codeAt(text, i + 1) - 0xdc00)
        : unit >= 0xd800 && unit <= 0xdfff
        ? 0xfffd
        : unit;
      const size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      if (written + size > out.length) break;
      const lead = size === 2 ? 0xc0 : size === 3 ? 0xe0 : 0xf0;
      out[written++] = lead | (point >> (6 * (size - 1)));
      for (let k = size - 2; k >= 0; k--) out[written++] = 0x80 | ((point >> (6 * k)) & 0x3f);
      i += pair ? 2 : 1;
    }
    return { read: i, written };
  }

  class TextEncoder {
    get encoding(): string {
      return "utf-8";
    }
    encode(input: unknown = ""): Uint8Array {
      const text = kit.text(input);
      const out = new Bytes(encodedLength(text));
      encodeInto(text, out);
      return out;
    }
    encodeInto(input: unknown, target: Uint8Array): { read: number; written: number } {
      const out = kit.bytesOf(target);
      if (!out) throw new kit.TypeError("encodeInto needs a Uint8Array");
      return encodeInto(kit.text(input), out);
    }
  }

  function toBase64(bytes: Uint8Array): string {
    // The length of a view is a getter of its prototype's: asked once, and the loop has none.
    const { length } = bytes;
    let out = "";
    let used = 0;
    buffer.length = 0;
    for (let i = 0; i < length; i += 3) {
      const left = length - i;
      const group = ((bytes[i] as number) << 16) | ((left > 1 ? bytes[i + 1] as number : 0) << 8) |
        (left > 2 ? bytes[i + 2] as number : 0);
      buffer[used++] = letters[group >> 18] as number;
      buffer[used++] = letters[(group >> 12) & 63] as number;
      buffer[used++] = left > 1 ? letters[(group >> 6) & 63] as number : 0x3d;
      buffer[used++] = left > 2 ? letters[group & 63] as number : 0x3d;
      if (used === piece) {
        out += fromCodes(buffer);
        used = 0;
      }
    }
    buffer.length = used;
    return out + fromCodes(buffer);
  }

  /** Forgiving, as `atob` is: white space and missing padding are fine. */
  function fromBase64(text: string): Uint8Array | undefined {
    let end = text.length;
    const isSpace = (unit: number): boolean =>
      unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0c || unit === 0x0d;
    while (end > 0 && isSpace(codeAt(text, end - 1))) end--;
    let padding = 0;
    while (padding < 2 && end > 0 && codeAt(text, end - 1) === 0x3d) {
      end--;
      padding++;
      while (end > 0 && isSpace(codeAt(text, end - 1))) end--;
    }
    const out = new Bytes(((end * 3) >> 2) + 3);
    let group = 0;
    let count = 0;
    let written = 0;
    for (let i = 0; i < end; i++) {
      const unit = codeAt(text, i);
      if (isSpace(unit)) continue;
      const value = values[unit];
      if (value === undefined) return undefined;
      group = (group << 6) | value;
      if (++count % 4 === 0) {
        out[written++] = (group >> 16) & 255;
        out[written++] = (group >> 8) & 255;
        out[written++] = group & 255;
        group = 0;
      }
    }
    const left = count % 4;
    if (left === 1 || (padding > 0 && (left + padding) % 4 !== 0)) return undefined;
    if (left === 2) out[written++] = (group >> 4) & 255;
    if (left === 3) {
      out[written++] = (group >> 10) & 255;
      out[written++] = (group >> 2) & 255;
    }
    const exact = new Bytes(written);
    for (let i = 0; i < written; i++) exact[i] = out[i] as number;
    return exact;
  }

  kit.global("TextEncoder", TextEncoder);
  kit.global("btoa", (input: unknown): string => {
    const text = kit.text(input);
    const bytes = new Bytes(text.length);
    for (let i = 0; i < text.length; i++) {
      const unit = codeAt(text, i);
      if (unit > 255) {
        throw kit.named("InvalidCharacterError", "btoa takes characters up to U+00FF");
      }
      bytes[i] = unit;
    }
    return toBase64(bytes);
  });
  kit.global("atob", (input: unknown): string => {
    const bytes = fromBase64(kit.text(input));
    if (!bytes) throw kit.named("InvalidCharacterError", "the text is not base64");
    const out = collector();
    for (let i = 0; i < bytes.length; i++) out.add(bytes[i] as number);
    return out.end();
  });
  return { toBase64, fromBase64, collector };
}
