/** What a Base extension for goja sees and gives, in QuickJS. @module */

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { load } from "./guest.ts";

async function faultOf(run: () => Promise<unknown>): Promise<Fault> {
  return await assertRejects(run, Fault);
}

Deno.test("invoke() calls a global function of a script with parsed JSON", async () => {
  await using guest = await load("function validate(input) { return { ok: true, input } }");
  assertEquals(
    await guest.call("validate", '{"a":[1,"é\\u0000"]}'),
    '{"ok":true,"input":{"a":[1,"é\\u0000"]}}',
  );
  assertEquals(guest.sync("validate", "1"), '{"ok":true,"input":1}');
});

Deno.test("invoke() follows goja where there is nothing", async () => {
  await using guest = await load(`
    function type(input) { return typeof input }
    function nothing() {}
    function nil() { return null }
    function fn() { return () => 1 }
  `);
  assertEquals(await guest.call("type"), '"undefined"');
  assertEquals(await guest.call("type", "null"), '"object"');
  assertEquals(await guest.call("nothing"), "");
  assertEquals(await guest.call("nil"), "null");
  assertEquals(await guest.call("fn"), "");
});

Deno.test("invoke() refuses a payload that is not JSON, or not UTF-8", async () => {
  await using guest = await load("function id(x) { return x }");
  for (
    const payload of ["{", " ", "undefined", "NaN", '{"a":1}\0', "\0", new Uint8Array([0xff, 0x22])]
  ) {
    assertEquals((await faultOf(async () => await guest.call("id", payload))).code, "bad-payload");
  }
  assertEquals(await guest.call("id", new TextEncoder().encode('"é"')), '"é"');
});

Deno.test("invoke() finds functions in module.exports, then default, then globals", async () => {
  await using guest = await load({
    "index.js": `
      module.exports = { a: () => "exports", default: { a: () => "no", b: () => "default", self() { return this.b() } } };
      globalThis.a = () => "no"; globalThis.b = () => "no"; globalThis.c = () => "global";
    `,
  });
  assertEquals(await guest.call("a"), '"exports"');
  assertEquals(await guest.call("b"), '"default"');
  assertEquals(await guest.call("self"), '"default"');
  assertEquals(await guest.call("c"), '"global"');
});

Deno.test("invoke() finds the exports of an ES module, then its default's, then globals", async () => {
  await using guest = await load({
    "index.mjs": `
      export const a = () => "named";
      export default { a: () => "no", b: () => "default" };
      globalThis.c = () => "global";
    `,
  }, { entry: "index.mjs" });
  assertEquals(await guest.call("a"), '"named"');
  assertEquals(await guest.call("b"), '"default"');
  assertEquals(await guest.call("c"), '"global"');
});

Deno.test("invoke() knows no function that every object or realm has", async () => {
  await using guest = await load("var notAFunction = 1; function f() {}");
  for (
    const name of [
      "missing",
      "notAFunction",
      "constructor",
      "__proto__",
      "toString",
      "eval",
      "Object",
      "setTimeout",
      "f\0",
      "",
    ]
  ) {
    assertEquals(
      (await faultOf(async () => await guest.call(name))).code,
      "unknown-function",
      name,
    );
  }
});

Deno.test("invoke() awaits asynchronous functions and thenables", async () => {
  await using guest = await load(`
    async function later(x) { await null; await new Promise((r) => setTimeout(r, 5)); return x + 1 }
    function thenable() { return { then(resolve) { resolve("then") } } }
    async function fails() { await null; throw new RangeError("late") }
  `);
  assertEquals(await guest.call("later", "1"), "2");
  assertEquals(await guest.call("thenable"), '"then"');
  const fault = await faultOf(async () => await guest.call("fails"));
  assertEquals(fault.code, "guest-error");
  assertStringIncludes(fault.guest, "RangeError: late");
});

Deno.test("invokeSync() refuses to wait, and the guest lives on", async () => {
  await using guest = await load(`
    async function later() { await new Promise((r) => setTimeout(r, 1)); return 1 }
    async function soon() { await null; return 2 }
  `);
  assertEquals(assertThrows(() => guest.sync("later"), Fault).code, "needs-async");
  assertEquals(guest.sync("soon"), "2");
  assertEquals(guest.module.restarts, 0);
});

Deno.test("invoke() keeps the guest's state between calls, and none between extensions", async () => {
  const code = "let n = 0; function next() { return ++n }";
  await using a = await load(code);
  await using b = await load(code);
  assertEquals(await a.call("next"), "1");
  assertEquals(await a.call("next"), "2");
  assertEquals(await b.call("next"), "1");
});

Deno.test("load() takes TypeScript for an ES module and keeps its lines", async () => {
  await using guest = await load({
    "src/main.ts": `import type { Input } from "./types.ts";
import { shout } from "./shout.ts";

export function greet(input: Input): string {
  if (!input.name) throw new TypeError("no name" as string);
  return shout(input.name);
}
`,
    "src/types.ts": "export interface Input { name?: string }",
    "src/shout.ts": "export const shout = (s: string): string => s.toUpperCase();",
  }, { entry: "src/main.ts" });
  assertEquals(await guest.call("greet", '{"name":"ada"}'), '"ADA"');
  const fault = await faultOf(async () => await guest.call("greet", "{}"));
  assertStringIncludes(fault.guest, "TypeError: no name");
  assertStringIncludes(fault.guest, "src/main.ts:5:");
});

Deno.test("a thrown error comes with name, message and the guest's own frames", async () => {
  await using guest = await load(
    "function f() {\\n  throw new SyntaxError('x')\\n}".replaceAll("\\n", "\n"),
  );
  const fault = await faultOf(async () => await guest.call("f"));
  assertEquals(fault.code, "guest-error");
  assertEquals(fault.guest.split("\n")[0], "SyntaxError: x");
  assertStringIncludes(fault.guest, "index.js:2:");
  assertEquals(fault.guest.includes("prelude"), false);
});

Deno.test("a result without a JSON form is bad-guest-data", async () => {
  await using guest = await load(`
    function big() { return 1n }
    function cycle() { const a = {}; a.a = a; return a }
    function json() { return { toJSON() { throw new Error("no") } } }
    function ok() { return 1 }
  `);
  for (const fn of ["big", "cycle", "json"]) {
    assertEquals((await faultOf(async () => await guest.call(fn))).code, "bad-guest-data", fn);
  }
  assertEquals(await guest.call("ok"), "1");
});

Deno.test("close() is idempotent, and every call after it is closed", async () => {
  const guest = await load("function f() { return new Promise((r) => setTimeout(r, 50)) }");
  const pending = faultOf(async () => await guest.call("f"));
  await guest.module.close();
  await guest.module.close();
  assertEquals((await pending).code, "closed");
  assertEquals((await faultOf(async () => await guest.call("f"))).code, "closed");
  assertEquals(guest.module.memorySize, 0);
  await guest[Symbol.asyncDispose]();
});
