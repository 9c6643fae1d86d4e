/** Puts binaries together byte by byte, for tests that need what no assembler writes. @module */

/** Bytes, and lists of them at any depth. */
export type Bytes = number | Uint8Array | readonly Bytes[];

/** An unsigned number. */
export function u32(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest >= 0x80) {
    bytes.push(rest & 0x7f | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

/** A signed number of at most 32 bits. */
export function s32(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -64 || rest > 63) {
    bytes.push(rest & 0x7f | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest & 0x7f];
}

/** The bytes of a list. */
export function flat(bytes: Bytes): number[] {
  if (typeof bytes === "number") return [bytes];
  if (bytes instanceof Uint8Array) return [...bytes];
  return bytes.flatMap((one) => typeof one === "number" ? one : flat(one));
}

/** Bytes with their length before them. */
export function sized(...bytes: readonly Bytes[]): number[] {
  const content = flat(bytes);
  return [...u32(content.length), ...content];
}

/** A list with its length before it. */
export function vector(items: readonly Bytes[]): Bytes {
  return [u32(items.length), ...items];
}

/** A name. */
export function name(text: string): Bytes {
  return sized(new TextEncoder().encode(text));
}

/** A section. */
export function section(id: number, content: Bytes): Bytes {
  return [id, sized(content)];
}

/** A module of sections. */
export function module(...sections: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...flat(sections)]);
}

/** A function body: groups of locals, then instructions with their `end`. */
export function body(locals: readonly Bytes[], ...instructions: readonly Bytes[]): Bytes {
  return sized(vector(locals), instructions, 0x0b);
}

/** Value types. */
export const TYPE = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
  exnref: 0x69,
} as const;

/** A function type. */
export function signature(params: readonly number[], results: readonly number[]): Bytes {
  return [0x60, vector(params), vector(results)];
}
