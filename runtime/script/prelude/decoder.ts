/** `TextDecoder` inside a realm: UTF-8, UTF-16 and what the web calls Latin-1. @module */

import type { Collector } from "./encoding.ts";
import type { Kit } from "./kit.ts";

/** Self-contained: its text runs inside the realm. */
export function makeDecoder(kit: Kit, collector: () => Collector): void {
  const { codeAt, slice, table } = kit;
  const Bytes = kit.bytes;

  /** Takes code points; wrong bytes throw or become U+FFFD. */
  interface Sink {
    readonly emit: (point: number) => void;
    readonly wrong: () => void;
  }
  /** Decodes what is complete, all of it unless more follows; how many bytes that were. */
  type Decode = (bytes: Uint8Array, more: boolean, sink: Sink) => number;

  function utf8(bytes: Uint8Array, more: boolean, { emit, wrong }: Sink): number {
    let i = 0;
    while (i < bytes.length) {
      const first = bytes[i] as number;
      if (first < 0x80) {
        emit(first);
        i++;
        continue;
      }
      const size = first >= 0xc2 && first <= 0xdf
        ? 2
        : first >= 0xe0 && first <= 0xef
        ? 3
        : first >= 0xf0 && first <= 0xf4
        ? 4
        : 0;
      let point = size === 2 ? first & 0x1f : size === 3 ? first & 0x0f : first & 0x07;
      let used = 1;
      while (used < size && i + used < bytes.length) {
        const next = bytes[i + used] as number;
        const low = used > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
        const high = used > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
        if (next < low || next > high) break;
        point = (point << 6) | (next & 0x3f);
        used++;
      }
      if (used < size && i + used === bytes.length && more) return i;
      if (size === 0 || used < size) wrong();
      else emit(point);
      i += used;
    }
    return i;
  }

  function utf16(bytes: Uint8Array, more: boolean, { emit, wrong }: Sink, high: 0 | 1): number {
    const unitAt = (i: number): number =>
      ((bytes[i + high] as number) << 8) | (bytes[i + 1 - high] as number);
    let i = 0;
    while (i + 1 < bytes.length) {
      const unit = unitAt(i);
      if (unit < 0xd800 || unit > 0xdfff) {
        emit(unit);
        i += 2;
      } else if (unit > 0xdbff) {
        wrong();
        i += 2;
      } else if (i + 3 < bytes.length) {
        const low = unitAt(i + 2);
        const pair = low >= 0xdc00 && low <= 0xdfff;
        if (pair) emit(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
        else wrong();
        i += pair ? 4 : 2;
      } else break;
    }
    if (i === bytes.length || more) return i;
    wrong();
    return bytes.length;
  }

  // What 0x80 to 0x9f stand for; everything else stands for itself.
  // deno-fmt-ignore
  const windows = [
    0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
    0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
  ];
  function latin1(bytes: Uint8Array, _more: boolean, { emit }: Sink): number {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      emit(byte >= 0x80 && byte <= 0x9f ? windows[byte - 0x80] as number : byte);
    }
    return bytes.length;
  }

  interface Encoding {
    readonly name: string;
    readonly decode: Decode;
  }
  const encodings = table<Encoding>();
  const add = (name: string, decode: Decode, labels: readonly string[]): void => {
    for (let i = 0; i < labels.length; i++) encodings[labels[i] as string] = { name, decode };
  };
  add("utf-8", utf8, [
    "utf-8",
    "utf8",
    "unicode-1-1-utf-8",
    "unicode11utf8",
    "unicode20utf8",
    "x-unicode20utf8",
  ]);
  add(
    "utf-16le",
    (bytes, more, sink) => utf16(bytes, more, sink, 1),
    ["utf-16le", "utf-16", "ucs-2", "csunicode", "iso-10646-ucs-2", "unicode", "unicodefeff"],
  );
  add("utf-16be", (bytes, more, sink) => utf16(bytes, more, sink, 0), ["utf-16be", "unicodefffe"]);
  add("windows-1252", latin1, [
    "windows-1252",
    "x-cp1252",
    "cp1252",
    "latin1",
    "l1",
    "iso-8859-1",
    "iso8859-1",
    "iso88591",
    "iso_8859-1",
    "iso_8859-1:1987",
    "iso-ir-100",
    "csisolatin1",
    "cp819",
    "ibm819",
    "ascii",
    "us-ascii",
    "ansi_x3.4-1968",
  ]);

  /** Without white space around it, and in lower case, both in ASCII only. */
  function canonical(label: string): string {
    const isSpace = (unit: number): boolean =>
      unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0c || unit === 0x0d;
    let from = 0;
    let to = label.length;
    while (from < to && isSpace(codeAt(label, from))) from++;
    while (to > from && isSpace(codeAt(label, to - 1))) to--;
    const out = collector();
    for (let i = from; i < to; i++) {
      const unit = codeAt(label, i);
      out.add(unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit);
    }
    return out.end();
  }

  function encodingOf(label: string): Encoding {
    // No known label is nearly as long.
    const found = label.length > 64 ? undefined : encodings[canonical(label)];
    if (found) return found;
    const known = "utf-8, utf-16le, utf-16be and windows-1252 (latin1)";
    throw new kit.RangeError(
      `the encoding "${slice(label, 0, 40)}" is not supported here; there are ${known}`,
    );
  }

  class TextDecoder {
    #encoding: Encoding;
    #fatal: boolean;
    #ignoreBom: boolean;
    /** Bytes of an unfinished character, kept between calls with `stream`. */
    #rest: Uint8Array = new Bytes(0);
    #started = false;
    constructor(label: unknown = "utf-8", options: unknown = undefined) {
      this.#encoding = encodingOf(kit.text(label));
      const wanted = (options ?? {}) as { fatal?: unknown; ignoreBOM?: unknown };
      this.#fatal = !!wanted.fatal;
      this.#ignoreBom = !!wanted.ignoreBOM;
    }
    get encoding(): string {
      return this.#encoding.name;
    }
    get fatal(): boolean {
      return this.#fatal;
    }
    get ignoreBOM(): boolean {
      return this.#ignoreBom;
    }
    decode(input: unknown = undefined, options: unknown = undefined): string {
      const given = input === undefined ? new Bytes(0) : kit.bytesOf(input);
      if (!given) throw new kit.TypeError("decode needs a buffer or a view");
      const more = !!(options as { stream?: unknown } | undefined)?.stream;
      const rest = this.#rest;
      const bytes = new Bytes(rest.length + given.length);
      for (let i = 0; i < rest.length; i++) bytes[i] = rest[i] as number;
      for (let i = 0; i < given.length; i++) bytes[rest.length + i] = given[i] as number;
      this.#rest = new Bytes(0);
      const out = collector();
      let started = this.#started;
      this.#started = false;
      const emit = (point: number): void => {
        const mark = point === 0xfeff && !started && !this.#ignoreBom;
        started = true;
        if (mark) return;
        if (point < 0x10000) return out.add(point);
        out.add(0xd800 + ((point - 0x10000) >> 10));
        out.add(0xdc00 + ((point - 0x10000) & 0x3ff));
      };
      const wrong = (): void => {
        if (this.#fatal) {
          throw new kit.TypeError(`the bytes are not valid ${this.#encoding.name}`);
        }
        emit(0xfffd);
      };
      const done = this.#encoding.decode(bytes, more, { emit, wrong });
      if (more) {
        this.#rest = new Bytes(bytes.length - done);
        for (let i = done; i < bytes.length; i++) this.#rest[i - done] = bytes[i] as number;
        this.#started = started;
      }
      return out.end();
    }
  }

  kit.global("TextDecoder", TextDecoder);
}
