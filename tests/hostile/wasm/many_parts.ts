/** Modules that consist of very much of very little: each took the host's thread for up to five seconds. @module */

/** Bytes in nested lists. */
type Bytes = number | Uint8Array | readonly Bytes[];

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const END = 0x0b;

function u32(value: number): number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...u32(value >>> 7)];
}

function size(bytes: Bytes): number {
  if (typeof bytes === "number") return 1;
  return bytes instanceof Uint8Array
    ? bytes.length
    : bytes.reduce<number>((n, b) => n + size(b), 0);
}

function flat(bytes: Bytes): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size(bytes));
  let at = 0;
  const put = (part: Bytes): void => {
    if (typeof part === "number") out[at++] = part;
    else if (part instanceof Uint8Array) {
      out.set(part, at);
      at += part.length;
    } else for (const one of part) put(one);
  };
  put(bytes);
  return out;
}

function section(id: number, ...content: Bytes[]): Bytes {
  const bytes = flat(content);
  return [id, u32(bytes.length), bytes];
}

function times(count: number, make: (at: number) => Bytes): Bytes {
  return [u32(count), Array.from({ length: count }, (_, at) => make(at))];
}

function name(at: number): Bytes {
  const text = new TextEncoder().encode(at.toString(36));
  return [text.length, text];
}

const TYPES = section(1, [1, 0x60, 0, 0]);
const FUNCTION = section(3, [1, 0]);
const BODY = section(10, [1, 2, 0, END]);

/** Each with what it has too many of: a little more than it may, where a million keeps a host for seconds. */
export const MANY_PARTS: Readonly<Record<string, () => Uint8Array<ArrayBuffer>>> = {
  "exports": () => {
    const exports = section(7, times(60_000, (n) => [name(n), 0, 0]));
    return flat([HEADER, TYPES, FUNCTION, exports, BODY]);
  },
  "imports": () =>
    flat([HEADER, TYPES, section(2, times(11_000, (n) => [1, 0x61, name(n), 0, 0]))]),
  "types": () => flat([HEADER, section(1, times(110_000, () => [0x60, 0, 0])), FUNCTION, BODY]),
  "functions": () => {
    const bodies = section(10, times(510_000, () => [2, 0, END]));
    return flat([HEADER, TYPES, section(3, times(510_000, () => 0)), bodies]);
  },
  "element segments": () => {
    const segments = section(9, times(210_000, () => [0, 0x41, 0, END, 0]));
    return flat([HEADER, TYPES, FUNCTION, section(4, [1, 0x70, 0, 1]), segments, BODY]);
  },
  "sections": () => flat([HEADER, Array.from({ length: 11_000 }, () => [0, 2, 1, 0x61])]),
  "bytes of code": () => {
    const body = new Uint8Array(7_000_000).fill(0x01);
    body[0] = 0;
    body[body.length - 1] = END;
    const bodies = section(10, times(5, () => [u32(body.length), body]));
    return flat([HEADER, TYPES, section(3, times(5, () => 0)), bodies]);
  },
};
