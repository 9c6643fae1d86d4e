/** Real modules, start sections and names through the rewriter. @module */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { rewrite } from "../../../../runtime/wasm/rewrite/rewrite.ts";
import { module, name, section } from "./binary.ts";
import { meter, outcome, WIDE } from "./metered.ts";
import { wat } from "./wat.ts";

const EXTENSIONS = new URL("../../../../examples/extensions/", import.meta.url);
const KERNELS = new URL("../../../../bench/kernels/kernels.wasm", import.meta.url);

Deno.test("rewrite() takes an empty module, and one without functions", () => {
  for (const text of ["(module)", '(module (memory (export "m") 1))']) {
    const { exports } = meter(wat(text)).instantiate(() => 1);
    assertEquals(Object.keys(exports).filter((one) => one.startsWith("airlock:")).length, 3);
  }
});

Deno.test("the start section becomes a function that the host calls first, under its limits", () => {
  const bytes = wat(`(module (global $n (export "n") (mut i32) (i32.const 1)) (start $s)
    (func $s (loop (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (br_if 0 (i32.lt_s (global.get $n) (i32.const 100))))))`);
  const { bytes: rewritten, added } = rewrite(bytes, WIDE);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(rewritten));
  assertEquals((exports["n"] as WebAssembly.Global).value, 1);
  assertEquals(added.start, "airlock:start");
  const run = meter(bytes).instantiate(() => 10);
  assertEquals((run.exports["n"] as WebAssembly.Global).value, 100);
  assert(run.used() > 500 && run.refills() > 20);
});

Deno.test("a start function that is imported is called as well", () => {
  const bytes = wat('(module (import "m" "s" (func $s)) (start $s))');
  const { bytes: rewritten, added } = rewrite(bytes, { ...WIDE, metering: false });
  let called = 0;
  const imports = { m: { s: () => called++ } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(rewritten), imports);
  assertEquals(called, 0);
  (exports[`${added.start}`] as () => void)();
  assertEquals(called, 1);
});

Deno.test("names of functions stay for stack traces, debug information goes", () => {
  const custom = (title: string) => section(0, [name(title), 1, 2, 3]);
  const code = wat('(module (func (export "f") (loop) unreachable))').slice(8);
  const names = section(0, [name("name"), 1, 8, 1, 0, name("broken")]);
  const bytes = module(
    ...["dylink.0", "producers"].map(custom),
    code,
    names,
    ...[".debug_info", "sourceMappingURL", "metadata.code.branch_hint", "external_debug_info"]
      .map(custom),
    custom("go:buildid"),
  );
  const rewritten = meter(bytes);
  const compiled = new WebAssembly.Module(rewritten.bytes);
  for (const title of ["dylink.0", "producers", "go:buildid"]) {
    assertEquals(
      new Uint8Array(WebAssembly.Module.customSections(compiled, title)[0] ?? []),
      new Uint8Array([1, 2, 3]),
    );
  }
  for (const title of [".debug_info", "sourceMappingURL", "external_debug_info"]) {
    assertEquals(WebAssembly.Module.customSections(compiled, title).length, 0);
  }
  try {
    (rewritten.instantiate(() => 100).exports["f"] as () => void)();
  } catch (error) {
    assertMatch(`${(error as Error).stack}`, /broken/);
    return;
  }
  throw new TypeError("Expected a trap");
});

Deno.test("the five jobs of the benchmark and the worst loops compute the same", async () => {
  const bytes = await Deno.readFile(KERNELS);
  const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const metered = meter(bytes);
  const { exports, used } = metered.instantiate(() => 10_000);
  const again = metered.instantiate((refill) => 1 + refill % 1_000);
  const jobs = Object.keys(plain).filter((one) => typeof plain[one] === "function");
  assert(jobs.length >= 9, `${jobs}`);
  for (const job of jobs) {
    const expected = outcome(plain, job, [3]);
    assertEquals([outcome(exports, job, [3]), outcome(again.exports, job, [3])], [
      expected,
      expected,
    ]);
    assertEquals(again.used(), used(), `${job}: units depend on slices`);
  }
});

const PAYLOADS = [
  '{"email":"Foo@Example.COM ","age":25}',
  '{"email":"nobody","age":25}',
  '{"age":1e400}',
  "[1,2",
  `{"email":"${"x".repeat(3_000)}@example.com","age":99}`,
  "",
];

/** Calls the base convention's `validate` with every payload. */
function validateAll(exports: WebAssembly.Exports): readonly string[] {
  const { memory, validate, __base_alloc: alloc } = exports as unknown as {
    readonly memory: WebAssembly.Memory;
    readonly validate: (ptr: number, length: number) => bigint;
    readonly __base_alloc: (size: number) => number;
  };
  return PAYLOADS.map((payload) => {
    const input = new TextEncoder().encode(payload);
    const ptr = alloc(input.length) >>> 0;
    new Uint8Array(memory.buffer).set(input, ptr);
    const packed = BigInt.asUintN(64, validate(ptr, input.length));
    const [at, length] = [Number(packed >> 32n), Number(packed & 0xffff_ffffn)];
    return new TextDecoder().decode(new Uint8Array(memory.buffer, at, length));
  });
}

for (const guest of ["validate-c", "validate-rust"]) {
  Deno.test(`${guest} answers the same before and after, and uses the same units on every run`, async () => {
    const bytes = await Deno.readFile(new URL(`${guest}/validate.wasm`, EXTENSIONS));
    const expected = validateAll(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports);
    assert(expected[0]?.includes("foo@example.com"), `${expected[0]}`);
    const metered = meter(bytes);
    const units = [1_000_000, 500, 17].map((slice) => {
      const { exports, used } = metered.instantiate(() => slice);
      assertEquals(validateAll(exports), expected);
      return used();
    });
    assertEquals(new Set(units).size, 1, `${units}`);
  });
}

Deno.test("every module of the examples and fixtures is rewritten to a valid one, of moderate size", async () => {
  const names = ["validate-as", "validate-c", "validate-go", "validate-rust"];
  for (const guest of names) {
    const bytes = await Deno.readFile(new URL(`${guest}/validate.wasm`, EXTENSIONS));
    const { bytes: rewritten } = rewrite(bytes, WIDE);
    assert(WebAssembly.validate(rewritten), guest);
    assert(rewritten.length < bytes.length * 1.5, `${guest}: ${rewritten.length}`);
  }
  const fixtures = new URL("../../../fixtures/wasm/", import.meta.url);
  const beyond = /^memory_(?:shared|two|wide)/;
  let count = 0;
  for await (const { name } of Deno.readDir(fixtures)) {
    if (!name.endsWith(".wasm") || beyond.test(name)) continue;
    const bytes = await Deno.readFile(new URL(name, fixtures));
    for (const metering of [true, false]) {
      const rewritten = rewrite(bytes, { ...WIDE, tableEntries: Infinity, metering }).bytes;
      assert(WebAssembly.validate(rewritten), name);
    }
    count++;
  }
  assert(count > 15);
});
