/**
 * Properties of the rewriter over changed modules, real and random ones: fast-check looks for a change
 * that it takes for something else than the engine does, and makes it small. A longer run:
 * `AIRLOCK_FUZZ_RUNS=100000 deno test -A tests/runtime/wasm/rewrite/property_test.ts`.
 *
 * @module
 */

import { assert } from "@std/assert";
import fc from "fast-check";
import { generate } from "./generator.ts";
import { judge } from "./judge.ts";
import { wat } from "./wat.ts";

const RUNS = Number(Deno.env.get("AIRLOCK_FUZZ_RUNS") ?? 3_000);
/** A fixed run meets the same changes each time; a longer one says its own seed when it fails. */
const SEED = RUNS === 3_000 ? { seed: 20_261 } : {};

/** One change: what becomes of the bytes at a place, as a part of the module's length. */
interface Change {
  readonly at: number;
  readonly kind: "set" | "drop" | "insert" | "double";
  readonly bytes: readonly number[];
}

/** Bytes that mean something: prefixes, ends of numbers, opcodes of everything newer than the MVP. */
const TELLING = fc.constantFrom(
  ...[0x00, 0x01, 0x0b, 0x05, 0x40, 0x7f, 0x80, 0xff, 0x81, 0x70, 0x6f, 0x69, 0x63, 0x64],
  ...[0xfb, 0xfc, 0xfd, 0xfe, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0c, 0x0e, 0x0f],
  ...[0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x18, 0x19, 0x1c, 0x1f, 0x25, 0x3f, 0xd0, 0xd2, 0xd3],
);

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  // most of the others make lengths wrong, which the engine sees first
  kind: fc.constantFrom("set", "set", "set", "set", "set", "set", "drop", "insert", "double"),
  bytes: fc.array(fc.oneof(TELLING, fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 3,
  }),
});

const HEADER_BYTES = 8;

function changed(module: Uint8Array, changes: readonly Change[]): Uint8Array<ArrayBuffer> {
  const bytes = [...module];
  for (const { at, kind, bytes: own } of changes) {
    const place = HEADER_BYTES + Math.floor(at * Math.max(0, bytes.length - HEADER_BYTES - 1));
    if (kind === "set") bytes.splice(place, own.length, ...own);
    else if (kind === "drop") bytes.splice(place, own.length);
    else if (kind === "insert") bytes.splice(place, 0, ...own);
    else bytes.splice(place, 0, ...bytes.slice(place, place + own.length));
  }
  return new Uint8Array(bytes);
}

const TRIES = wat(`(module (tag $x (param i32)) (memory (export "memory") 1 2)
  (func $f (export "f") (param i32) (result i32) (local i64)
    (try (result i32)
      (do (if (local.get 0) (then (throw $x (local.get 0)))) (i32.const 7))
      (catch $x (i32.const 1) (i32.add))
      (catch_all (i32.const 3))))
  (func (export "g") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (return_call $f (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.load (i32.const 8)))))
  (func (export "h") (result i32)
    (drop (i8x16.extract_lane_s 3 (v128.const i32x4 1 2 3 4)))
    (memory.copy (i32.const 0) (i32.const 8) (i32.const 4))
    (block (result i32) (br_table 0 0 (i32.const 4) (i32.const 0)))))`);

const read = (path: string) => Deno.readFile(new URL(`../../../../${path}`, import.meta.url));
const SEEDS: readonly Uint8Array[] = [
  TRIES,
  ...[3, 8, 21, 34].map((seed) => generate(seed).bytes),
  await read("examples/extensions/word-count-wat/word_count.wasm"),
  await read("examples/extensions/validate-as/validate.wasm"),
  await read("examples/extensions/validate-c/validate.wasm"),
];

Deno.test("a changed module is refused, or becomes a valid one that does the same", () => {
  const seen = { invalid: 0, refused: 0, same: 0, endless: 0 };
  const one = fc.property(
    fc.constantFrom(...SEEDS),
    fc.array(change, { minLength: 1, maxLength: 2 }),
    (module, changes) => {
      seen[judge(changed(module, changes))]++;
    },
  );
  fc.assert(one, { numRuns: RUNS, ...SEED });
  // without modules that are still valid nothing would be seen
  assert(seen.same > RUNS / 200, Deno.inspect(seen));
});
