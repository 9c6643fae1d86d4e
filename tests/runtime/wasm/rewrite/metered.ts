/** Runs modules before and after they were rewritten, and says what was seen. @module */

import { rewrite, type RewriteOptions } from "../../../../runtime/wasm/rewrite/rewrite.ts";

/** Enough for everything the tests do on purpose. */
export const WIDE: RewriteOptions = {
  memoryPages: 65_536,
  tableEntries: 1_000_000,
  metering: true,
};

/** An instance whose units are handed out by a test. */
export interface MeteredInstance {
  readonly exports: WebAssembly.Exports;
  /** Units used so far, as they stand in the counter. */
  readonly used: () => number;
  /** How often the guest came for more. */
  readonly refills: () => number;
}

/** How many units a guest gets when it comes for more; `Infinity` = it is stopped. */
export type Slices = (refill: number) => number;

/** A rewritten module; without imports. */
export interface MeteredModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  instantiate(slices: Slices): MeteredInstance;
}

/** `(module (import "m" "r" (func (param externref i32) (result i32))) (export "r" (func 0)))` */
const REFILL = new WebAssembly.Module(
  new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x07, 0x01, 0x60, 0x02, 0x6f, 0x7f, 0x01, 0x7f],
    ...[0x02, 0x07, 0x01, 0x01, 0x6d, 0x01, 0x72, 0x00, 0x00],
    ...[0x07, 0x05, 0x01, 0x01, 0x72, 0x00, 0x00],
  ]),
);

/** Rewrites and compiles `bytes`. */
export function meter(bytes: Uint8Array, options: RewriteOptions = WIDE): MeteredModule {
  const rewritten = rewrite(bytes, options);
  const { meter: names, start } = rewritten.added;
  if (names === undefined) throw new TypeError("Cannot meter as metering is off");
  const module = new WebAssembly.Module(rewritten.bytes);
  return {
    bytes: rewritten.bytes,
    instantiate(slices) {
      const { exports } = new WebAssembly.Instance(module);
      let granted = 0;
      let refills = 0;
      const refill = (_: unknown, counter: number): number => {
        const used = granted - counter;
        granted = used + slices(refills++);
        return granted - used;
      };
      const shared = new WebAssembly.Instance(REFILL, { m: { r: refill } });
      (exports[names.table] as WebAssembly.Table).set(0, shared.exports["r"] as () => void);
      const exchange = exports[names.exchange] as (units: number) => number;
      if (start !== undefined) (exports[start] as () => void)();
      return {
        exports,
        refills: () => refills,
        used() {
          const left = exchange(0);
          exchange(left);
          return granted - left;
        },
      };
    },
  };
}

/** What calling an export gave: its results, or how it failed. */
export function outcome(
  exports: WebAssembly.Exports,
  name: string,
  args: readonly unknown[],
): string {
  try {
    const result = (exports[name] as (...args: unknown[]) => unknown)(...args);
    return Deno.inspect(result);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return `trap: ${error.message}`;
    // V8 reports an exhausted stack as it does for JavaScript.
    if (error instanceof RangeError) return "stack";
    return error instanceof Error ? `${error.name}` : "exception";
  }
}

/** A number that changes with every byte of `memory`. */
export function fingerprint(memory: unknown): number {
  if (!(memory instanceof WebAssembly.Memory)) return 0;
  const words = new Int32Array(memory.buffer);
  let sum = words.length;
  for (const word of words) sum = Math.imul(sum, 31) + word | 0;
  return sum;
}
