/**
 * Makes sure that there is stack left before a guest's wish is granted. A guest that fills the stack
 * just before it asks would otherwise have its operation done, and the record of it lost.
 *
 * A function of WebAssembly takes its whole frame, or fails, before its first instruction. So one with
 * a frame of 32 KiB tells in a few nanoseconds, and without touching them, whether so many bytes are
 * left. Counting frames of recursion takes fifty times as long and means other sizes in each tier
 * of the engine.
 *
 * @module
 */

/** Numbers that the function keeps across a call, eight bytes each in its frame. */
const KEPT_NUMBERS = 4_096;

const TYPE = { i32: 0x7f, function: 0x60 } as const;
const NOTHING = 0;
const OP = {
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  i64Load: 0x29,
  i32Const: 0x41,
  i64Add: 0x7c,
  i32WrapI64: 0xa7,
} as const;

/** Alignment of numbers of eight bytes, as a power of two. */
const ALIGNED = 3;

let probe: ((use: number) => number) | undefined;

/** Throws a RangeError when less than 32 KiB of the stack are left. */
export function requireStack(): void {
  (probe ??= makeProbe())(0);
}

/**
 * `(func (import "" "f")) (func (param i32) (result i32) (call 0) (if (local.get 0) …) (i32.const 1))`,
 * where `…` loads all the numbers, calls, and adds them up. It never runs, but its frame is made.
 */
function makeProbe(): (use: number) => number {
  const nothing = instantiate([
    ...section(1, [1, TYPE.function, 0, 0]),
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(10, [1, 2, NOTHING, OP.end]),
  ], {});
  const numbers = Array.from({ length: KEPT_NUMBERS }, (_, at) => at);
  const body = [
    ...[NOTHING, OP.call, 0, OP.localGet, 0, OP.if, TYPE.i32],
    ...numbers.flatMap((at) => [OP.i32Const, 0, OP.i64Load, ALIGNED, ...u32(at * 8)]),
    ...[OP.call, 0],
    ...numbers.slice(1).map(() => OP.i64Add),
    ...[OP.i32WrapI64, OP.else, OP.i32Const, 1, OP.end, OP.end],
  ];
  const made = instantiate([
    ...section(1, [2, TYPE.function, 0, 0, TYPE.function, 1, TYPE.i32, 1, TYPE.i32]),
    ...section(2, [1, 0, 1, 0x66, 0, 0]),
    ...section(3, [1, 1]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, 1, 0x66, 0, 1]),
    ...section(10, [1, ...u32(body.length), ...body]),
  ], { "": nothing });
  return made["f"] as (use: number) => number;
}

function instantiate(
  sections: readonly number[],
  imports: WebAssembly.Imports,
): WebAssembly.Exports {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const module = new WebAssembly.Module(new Uint8Array([...header, ...sections]));
  return new WebAssembly.Instance(module, imports).exports;
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...u32(content.length), ...content];
}

function u32(value: number): number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...u32(value >>> 7)];
}
