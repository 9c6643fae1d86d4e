/** The maxima that memories and tables get. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { Fault } from "../../../../runtime/errors.ts";
import { rewrite, type RewriteOptions } from "../../../../runtime/wasm/rewrite/rewrite.ts";
import { wat } from "./wat.ts";

const LIMITS: RewriteOptions = { memoryPages: 10, tableEntries: 1_000, metering: false };

/** What a grown memory or table comes to. */
function grown(text: string): unknown {
  const { bytes } = rewrite(wat(text), LIMITS);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return (exports["f"] as () => unknown)();
}

const GROW_MEMORY = `(func (export "f") (result i32)
  (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size)))`;

for (
  const [declared, expected] of [
    ["(memory 1)", 10],
    ["(memory 0)", 10],
    ["(memory 10)", 10],
    ["(memory 1 4)", 4],
    ["(memory 1 10)", 10],
    ["(memory 1 65536)", 10],
  ] as const
) {
  Deno.test(`a memory declared as ${declared} grows to ${expected} pages of 10`, () => {
    assertEquals(grown(`(module ${declared} ${GROW_MEMORY}`), expected);
  });
}

Deno.test("a memory that begins larger than allowed is refused", () => {
  const fault = assertThrows(() => rewrite(wat("(module (memory 11 20))"), LIMITS), Fault);
  assertEquals([fault.code, fault.message], [
    "memory-limit",
    "it begins with 720896 bytes of memory where 655360 are allowed",
  ]);
});

Deno.test("an unlimited operator leaves a memory as large as it may be", () => {
  const { sizes } = rewrite(wat("(module (memory 11))"), { ...LIMITS, memoryPages: Infinity });
  assertEquals(sizes.memories, [{ min: 11, max: 65_536 }]);
});

const sizesOf = (text: string, limits: Partial<RewriteOptions> = {}) =>
  rewrite(wat(text), { ...LIMITS, ...limits }).sizes.tables.map(({ min, max }) => [min, max]);

Deno.test("tables that grow share what is left, and none is copied for long", () => {
  assertEquals(sizesOf("(module (table 100 funcref))"), [[100, 984]]);
  assertEquals(sizesOf("(module (table 100 200 funcref) (table 10 10 externref))"), [
    [100, 200],
    [10, 10],
  ]);
  assertEquals(sizesOf("(module (table 10 funcref) (table 10 funcref) (table 300 externref))"), [
    [10, 220],
    [10, 220],
    [300, 510],
  ]);
  const wide = { tableEntries: 1_000_000 };
  assertEquals(sizesOf("(module (table 1 funcref))", wide), [[1, 65_536]]);
  assertEquals(sizesOf("(module (table 70000 funcref))", wide), [[70_000, 70_000]]);
});

Deno.test("tables that begin larger than allowed are refused, and so are thousands of empty ones", () => {
  const many = "(table 0 0 funcref)".repeat(2_000);
  for (const tables of ["(table 1001 funcref)", "(table 600 funcref) (table 600 funcref)", many]) {
    const fault = assertThrows(() => rewrite(wat(`(module ${tables})`), LIMITS), Fault);
    assertEquals(fault.code, "memory-limit");
  }
});

Deno.test("imported memories and tables must be within the limits as well", () => {
  const text = `(module (import "m" "m" (memory 1)) (import "m" "t" (table 1 funcref))
    (func (export "f") (result i32) (i32.add (memory.size) (table.size 0))))`;
  const { bytes, sizes } = rewrite(wat(text), LIMITS);
  assertEquals([sizes.memories, sizes.tables], [[{ min: 1, max: 10 }], [{ min: 1, max: 984 }]]);
  const link = (maximum: number | undefined) => {
    const memory = new WebAssembly.Memory(
      maximum === undefined ? { initial: 1 } : { initial: 1, maximum },
    );
    const table = new WebAssembly.Table({ element: "anyfunc", initial: 1, maximum: 100 });
    const module = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(module, { m: { m: memory, t: table } });
    return (exports["f"] as () => number)();
  };
  assertEquals(link(10), 2);
  assertThrows(() => link(11), WebAssembly.LinkError);
  assertThrows(() => link(undefined), WebAssembly.LinkError);
});
