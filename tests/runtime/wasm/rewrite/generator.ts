/**
 * Random modules that are valid and come to an end: well-typed expressions over everything the
 * rewriter has to step over or to change. The same seed gives the same module.
 *
 * @module
 */

import { module, name, s32, section, signature, TYPE, u32, vector } from "./binary.ts";
import { FUNCTIONS, FunctionWriter, GLOBAL, type Signature } from "./function_writer.ts";

const { i32, i64, f32, f64, v128, funcref } = TYPE;
const END = 0x0b;
const SINGLE: readonly (readonly number[])[] = [[], [i32], [i64], [f64]];
const RESULTS = [...SINGLE, [i32, i64], [f32, i32, f64]];
const PARAMS = [[], [i32], [i32, i64], [f64, i32, f32], [i64, v128]];
/** Calls a run may make; then functions return at once. */
const GAS = 400;

/** A generated module and how its functions are called. */
export interface Generated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Parameter types of the exported functions `f0`, `f1`, …. */
  readonly params: readonly (readonly number[])[];
}

/** Numbers that look random and are the same on every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** The module of `seed`. */
export function generate(seed: number): Generated {
  const random = randomNumbers(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const signatures = Array.from({ length: FUNCTIONS }, () => ({
    params: pick(PARAMS),
    results: pick(RESULTS),
  }));
  const functions = signatures.map((_, index) =>
    new FunctionWriter(random, { signatures, index, legacy: seed % 2 === 0 }).write()
  );
  const indices = signatures.map((_, at) => u32(at));
  const isCallable = ({ params, results }: Signature) => ![...params, ...results].includes(v128);
  const exported = signatures.flatMap((one, at) => isCallable(one) ? [at] : []);
  return {
    params: exported.map((at) => signatures[at]?.params ?? []),
    bytes: module(
      section(1, [
        u32(FUNCTIONS + 1),
        ...signatures.map(({ params, results }) => signature(params, results)),
        signature([i32], []),
      ]),
      section(3, vector(indices)),
      section(4, vector([[funcref, 1, 12, 20], [funcref, 1, 4, 60]])),
      section(5, vector([[1, 2, 6]])),
      section(13, vector([[0, FUNCTIONS]])),
      section(
        6,
        vector([
          [i32, 1, 0x41, s32(GAS), END],
          [i32, 1, 0x41, 5, END],
          [i64, 1, 0x42, 9, END],
          [i32, 1, 0x41, 0, END],
        ]),
      ),
      section(
        7,
        vector([
          [name("memory"), 2, 0],
          [name("gas"), 3, GLOBAL.gas],
          [name("i32"), 3, GLOBAL.i32],
          [name("i64"), 3, GLOBAL.i64],
          [name("steps"), 3, GLOBAL.steps],
          [name("t0"), 1, 0],
          [name("t1"), 1, 1],
          ...exported.map((index, at) => [name(`f${at}`), 0, u32(index)]),
        ]),
      ),
      section(
        9,
        vector([
          [0, 0x41, 0, END, vector(indices)],
          [1, 0, vector(indices)],
          [3, 0, vector(indices)], // declares every function for ref.func
        ]),
      ),
      section(12, u32(2)),
      section(10, vector(functions)),
      section(
        11,
        vector([
          [0, 0x41, 16, END, vector([1, 2, 3, 4, 5, 6, 7, 8])],
          [1, vector(Array.from({ length: 200 }, (_, at) => at))],
        ]),
      ),
    ),
  };
}
