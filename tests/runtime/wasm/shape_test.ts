/** Signatures and sizes read from binaries. @module */

import { assertEquals } from "@std/assert";
import { readBinary, shapeOf } from "../../../runtime/wasm/shape.ts";
import { fixtureBytes } from "./load.ts";

async function shape(name: string) {
  const bytes = await fixtureBytes(name);
  return shapeOf(await WebAssembly.compile(bytes), readBinary(bytes));
}

Deno.test("shapeOf() gives imports and exports their signatures", async () => {
  const { imports, exports } = await shape("catch_all");
  assertEquals(imports.map(({ name, type }) => `${name} ${type}`), [
    "abort (i32, i32, i32, i32)",
    "proc_exit (i32)",
    "poll_oneoff (i32, i32, i32, i32) -> i32",
    "random_get (i32, i32) -> i32",
  ]);
  const types = Object.fromEntries(exports.map(({ name, type }) => [name, type]));
  assertEquals(types["__base_alloc"], "(i32) -> i32");
  assertEquals(types["own"], "(i32, i32) -> i64");
  assertEquals(types["memory"], undefined);
});

Deno.test("shapeOf() counts imports of other kinds that stand between functions", async () => {
  const { imports } = await shape("bad_imports");
  assertEquals(imports.map(({ kind, type }) => `${kind} ${type}`), [
    "function (i32, i32, i32, i32)",
    "function (i32)",
    "table undefined",
    "function (i32, i32, i32, i32) -> i32",
    "function (i64, i32) -> i32",
    "function ()",
    "function ()",
  ]);
});

Deno.test("readBinary() reads sizes of memories and tables", async () => {
  const read = async (name: string) => readBinary(await fixtureBytes(name));
  const memories = async (name: string) => (await read(name))?.memories;
  const open = { min: 1, max: undefined, shared: false, wide: false };
  assertEquals(await memories("memory_large"), [{ ...open, min: 2000 }]);
  assertEquals(await memories("memory_shared"), [{ ...open, max: 1, shared: true }]);
  assertEquals(await memories("memory_wide"), [{ ...open, wide: true }]);
  assertEquals((await read("memory_two"))?.memories.length, 2);
  assertEquals((await read("table_large"))?.tables[0]?.min, 9_000_000);
});

Deno.test("readBinary() leaves types of garbage-collected languages unknown", () => {
  // (module (type (struct)) (func (export "f")))
  const bytes = new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 2, 0x5f, 0, 0x60, 0, 0, 3, 2, 1, 1],
    ...[7, 5, 1, 1, 102, 0, 0, 10, 4, 1, 2, 0, 11],
  ]);
  assertEquals(WebAssembly.validate(bytes), true);
  assertEquals(readBinary(bytes), undefined);
  assertEquals(shapeOf(new WebAssembly.Module(bytes), undefined).exports[0]?.type, undefined);
});
