/** Tests of what is told about a module: its features, its sizes before and after, who answers its imports. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ExtensionHost } from "../../../mod.ts";
import { featuresOf } from "../../../runtime/wasm/features.ts";
import { attackerBytes } from "../../hostile/wasm_guests.ts";
import { body, type Bytes, module, section, signature, TYPE, vector } from "./rewrite/binary.ts";
import { generate } from "./rewrite/generator.ts";
import { wat } from "./rewrite/wat.ts";

/** The least that uses each feature. */
const USES: Readonly<Record<string, string>> = {
  "": "(module (memory 1) (func (loop (br 0))))",
  "mutable-globals": '(module (import "a" "g" (global (mut i32))))',
  "sign-extension": "(module (func (drop (i32.extend8_s (i32.const 1)))))",
  "saturating-conversions": "(module (func (drop (i32.trunc_sat_f64_s (f64.const 1)))))",
  "multi-value": "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))",
  "bulk-memory":
    "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))))",
  "reference-types": "(module (func (drop (ref.null extern))))",
  "simd": "(module (func (drop (v128.const i32x4 11 11 11 11))))",
  "tail-calls": "(module (func $f (return_call $f)))",
  "legacy-exceptions": "(module (tag $x) (func (try (do (throw $x)) (catch_all (rethrow 0)))))",
  "exceptions": "(module (tag $x) (func (throw $x)))",
  "threads": "(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))",
};

for (const [feature, text] of Object.entries(USES)) {
  Deno.test(`featuresOf() finds ${feature === "" ? "nothing in a plain module" : feature}`, () => {
    assertEquals<readonly string[]>(
      featuresOf(wat(text)).features,
      feature === "" ? [] : [feature],
    );
  });
}

/** A function of these instructions in a module with these other sections. */
function moduleOf(types: readonly Bytes[], instructions: readonly number[]) {
  return module(
    section(1, vector(types)),
    section(3, vector([0])),
    section(10, vector([body([], instructions)])),
  );
}

Deno.test("featuresOf() tells why a module is refused, where the rewriter only says so", async () => {
  const nothing = signature([], []);
  const cases: readonly [Uint8Array<ArrayBuffer>, string][] = [
    [await attackerBytes("memory64.wat"), "memory64"],
    [await attackerBytes("multi_memory.wat"), "multi-memory"],
    [moduleOf([nothing, [0x5f, 1, TYPE.i32, 1]], [0x01]), "gc"],
    [moduleOf([nothing], [0x41, 0, 0xfb, 0x1c, 0x1a]), "gc"],
    [moduleOf([nothing, signature([0x6e], [])], [0x01]), "gc"],
    [moduleOf([nothing, [0x60, 1, 0x63, 0x70, 0]], [0x01]), "typed-references"],
    [moduleOf([nothing], [0xd0, 0x70, 0xd4, 0x1a]), "typed-references"],
    // try_table with a handler for everything, then a relaxed instruction
    [moduleOf([nothing], [0x1f, 0x40, 1, 2, 0, 0x0b]), "exceptions"],
    [
      moduleOf(
        [nothing],
        [...new Array(2).fill([0xfd, 12, ...new Array(16).fill(0)]).flat(), 0xfd, 0x80, 0x02, 0x1a],
      ),
      "relaxed-simd",
    ],
  ];
  for (const [bytes, feature] of cases) {
    assert(WebAssembly.validate(bytes), feature);
    assert((featuresOf(bytes).features as readonly string[]).includes(feature), feature);
  }
});

Deno.test("featuresOf() walks through every instruction of real and of random modules", async () => {
  const examples = new URL("../../../examples/extensions/", import.meta.url);
  for (const name of ["validate-go", "validate-rust", "validate-c", "validate-as"]) {
    const bytes = await Deno.readFile(new URL(`${name}/validate.wasm`, examples));
    const { features, functions, codeBytes } = featuresOf(bytes);
    assert(functions > 3 && codeBytes > 100, name);
    // it ends early only where it meets one of these
    assert(!features.includes("gc") && !features.includes("typed-references"), name);
  }
  for (let seed = 0; seed < 50; seed++) {
    const { features } = featuresOf(generate(seed).bytes);
    assert(!features.includes("gc") && !features.includes("typed-references"), `${seed}`);
    assert(features.includes("bulk-memory") && features.includes("reference-types"), `${seed}`);
  }
});

Deno.test("inspect() tells the sizes of a module before and after it is limited", async () => {
  await using host = new ExtensionHost();
  const inspect = (bytes: Uint8Array, memoryBytes: number) =>
    host.inspect({ name: "a", bytes }, { runtime: "wasm", limits: { memoryBytes } });
  const text = `(module (memory (export "memory") 2) (table 3 9 funcref) (table 4 externref)
    (func $s) (start $s)
    (func (export "__base_alloc") (param i32) (result i32) (i32.const 0))
    (func (export "__base_free") (param i32 i32))
    (func (export "f") (param i32 i32) (result i64) (loop (br 0)) (i64.const 0)))`;
  const { module } = await inspect(wat(text), 16 * 65_536);
  assertEquals(module?.wasm?.memories, [{ min: 2, max: undefined, limit: 16 }]);
  const [first, second] = module?.wasm?.tables ?? [];
  assertEquals(first, { min: 3, max: 9, limit: 9 });
  assert(second?.max === undefined && (second?.limit ?? 0) > 100, Deno.inspect(second));
  const { bytes = 0, limitedBytes = 0, metered, starts, functions } = module?.wasm ?? {};
  assertEquals([bytes, metered, starts, functions], [wat(text).length, true, true, 4]);
  assert(limitedBytes > bytes, `${limitedBytes}`);

  const small = await inspect(wat(text), 65_536);
  assertEquals(small.module?.wasm?.memories, [{ min: 2, max: undefined, limit: undefined }]);
  assertEquals(small.issues.length, 1);
  assertStringIncludes(small.issues[0]?.message ?? "", "bytes of memory where 65536 are allowed");
  assertEquals(small.module?.exports, ["__base_alloc", "__base_free", "f"]);

  const refused = await inspect(await attackerBytes("memory64.wat"), 2 ** 24);
  assertEquals(refused.module?.wasm?.features, ["memory64"]);
  assertStringIncludes(refused.issues[0]?.message ?? "", "64-bit memory");
  assertEquals(refused.module?.wasm?.limitedBytes, undefined);
});

Deno.test("inspect() tells who answers each import, and which capability it needs", async () => {
  await using host = new ExtensionHost();
  const bytes = wat(`(module
    (import "apiqube" "host_http_request" (func (param i32 i32) (result i64)))
    (import "apiqube" "host_now" (func (result i64)))
    (import "nobody" "knows" (func))
    (import "env" "memory" (memory 1))
    (func (export "plugin_info") (result i64) (i64.const 0))
    (func (export "plugin_init") (param i32 i32) (result i64) (i64.const 0))
    (func (export "plugin_validate") (param i32 i32) (result i64) (i64.const 0))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0))
    (func (export "plugin_destroy"))
    (func (export "alloc") (param i32) (result i32) (i32.const 0))
    (func (export "dealloc") (param i32 i32)))`);
  const { module, issues } = await host.inspect({ name: "a", bytes }, {
    runtime: "wasm",
    abi: "apiqube",
  });
  assertEquals(
    module?.answers?.map(({ name, kind, by, capability }) => [name, kind, by, capability]),
    [
      ["apiqube.host_http_request", "function", "host", "net"],
      ["apiqube.host_now", "function", "host", ""],
      ["nobody.knows", "function", "nobody", ""],
      ["env.memory", "memory", "nobody", ""],
    ],
  );
  assert(issues.some(({ message }) => message.includes("nobody.knows")));
});
