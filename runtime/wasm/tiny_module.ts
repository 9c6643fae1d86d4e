/** Writes the few modules of the engine's own that depend on a guest's signatures. @module */

import { VALUE_TYPE } from "./rewrite/opcodes.ts";

const VALUE_TYPES: { readonly [name: string]: number } = VALUE_TYPE;

/** How the type of a function begins. */
export const FUNCTION_FORM = 0x60;

/** The value types of a signature as in `ExportShape.type`: `(i32, i64) -> i32`. */
export function signatureOf(
  type: string,
): { readonly params: readonly number[]; readonly results: readonly number[] } {
  const [left = "", right = ""] = type.split(" -> ");
  return { params: codesOf(left), results: codesOf(right) };
}

function codesOf(types: string): readonly number[] {
  return (types.match(/\w+/g) ?? []).map((name) => VALUE_TYPES[name] ?? 0);
}

/** A module of these sections. */
export function binaryWith(sections: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, ...sections]);
}

/** One section. */
export function section(id: number, bytes: readonly number[]): readonly number[] {
  return [id, ...vector(bytes)];
}

/** Bytes after their number. */
export function vector(bytes: readonly number[]): readonly number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** A number in LEB128. */
export function unsigned(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
