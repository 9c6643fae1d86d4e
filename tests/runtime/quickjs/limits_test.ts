/** Attacks on time, memory and stack that QuickJS has to stop, each followed by a call that works. @module */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { type Guest, load } from "./guest.ts";

const MIB = 1024 * 1024;

/** Calls `attack`; the fault, once the next call was answered. */
async function survive(guest: Guest, attack: string, ms = 200): Promise<Fault> {
  const fault = await assertRejects(async () => await guest.call(attack, "", { ms }), Fault);
  assertEquals(await guest.call("alive"), '"yes"', attack);
  return fault;
}

Deno.test("a call over its deadline is stopped in time, and the next finds a new realm", async (t) => {
  const attacks: { readonly [name: string]: string } = {
    loop: "for (;;);",
    finallyLoop: "try { for (;;); } finally { for (;;); }",
    catchLoop: "for (;;) try { for (;;); } catch {}",
    regex: "/(a+)+$/.test('a'.repeat(40) + 'b')",
    microtasks: "return (async () => { for (;;) await 0 })()",
    generator: "function* g() { for (;;) yield } for (const _ of g());",
    getter: "return { get x() { for (;;); } }",
    toJson: "return { toJSON() { for (;;); } }",
    then: "return { get then() { for (;;); } }",
    thrownProxy: "throw new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); } })",
    thrownMessage: "throw { get message() { for (;;); }, toString() { for (;;); } }",
    errorMessage:
      "const e = new Error(); Object.defineProperty(e, 'message', { get() { for (;;); } }); throw e",
    logged: "console.log({ get x() { for (;;); } })",
    builtinIndexOf: "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
    builtinString: "'a'.repeat(1e7).indexOf('a'.repeat(5e6) + 'b')",
    builtinLoop: "for (;;) 'a'.repeat(1e6).toUpperCase()",
    evaluated: "eval('for (;;);')",
    sort:
      "const a = Array.from({ length: 1e5 }, (_, i) => i); for (;;) a.sort(() => 0.5 - Math.random())",
  };
  const functions = Object.entries(attacks).map(([name, body]) => `function ${name}() { ${body} }`);
  const code = `${functions.join("\n")}\nfunction alive() { return "yes" }`;
  for (const name of Object.keys(attacks)) {
    await t.step(name, async () => {
      await using guest = await load(code);
      const began = performance.now();
      const fault = await survive(guest, name);
      assertEquals(fault.code, "timeout");
      assert(performance.now() - began < 2_000);
      assertEquals(guest.module.restarts, 1);
    });
  }
});

Deno.test("memory is capped, whatever takes it, and the next call finds a new realm", async (t) => {
  const attacks: { readonly [name: string]: string } = {
    bytes: "const a = []; for (;;) a.push(new Uint8Array(1e6))",
    objects: "const a = []; for (;;) a.push({})",
    strings: "const a = []; for (let i = 0;; i++) a.push('x'.repeat(1000) + i)",
    maps: "const m = new Map(); for (let i = 0;; i++) m.set({}, i)",
    one: "new Uint8Array(1e9).fill(1)",
    closures: "let f = () => 0; for (;;) { const g = f; f = () => g }",
    promises:
      "return (async () => { const a = []; for (;;) { a.push(new Array(100).fill(0)); await 0 } })()",
    kept:
      "globalThis.a = []; try { for (;;) a.push(new Uint8Array(1e5)) } catch {} try { for (;;) a.push({}) } catch {} throw 1",
  };
  const functions = Object.entries(attacks).map(([name, body]) => `function ${name}() { ${body} }`);
  const code = `${functions.join("\n")}\nfunction alive() { return "yes" }`;
  for (const memoryBytes of [4 * MIB, 24 * MIB]) {
    for (const name of Object.keys(attacks)) {
      await t.step(`${name} in ${memoryBytes / MIB} MiB`, async () => {
        await using guest = await load(code, { limits: { memoryBytes } });
        assert((guest.module.memorySize ?? 0) <= memoryBytes);
        assertEquals((await survive(guest, name, 5_000)).code, "memory-limit");
        assert((guest.module.memorySize ?? 0) <= memoryBytes);
      });
    }
  }
});

Deno.test("a guest that catches the end of its memory lives on", async () => {
  await using guest = await load(
    `
    let n = 0;
    function fill() { const a = []; try { for (;;) a.push(new Uint8Array(1e6)) } catch { return ++n } }
  `,
    { limits: { memoryBytes: 8 * MIB } },
  );
  assertEquals(await guest.call("fill"), "1");
  assertEquals(await guest.call("fill"), "2");
  assertEquals(guest.module.restarts, 0);
});

Deno.test("a guest that keeps all its memory gets a new realm when a call no longer fits", async () => {
  await using guest = await load(
    `
    globalThis.kept = [];
    function keep() { try { for (;;) kept.push(new Uint8Array(1e5)) } catch { return 1 } }
    function alive(x) { return "yes" }
  `,
    { limits: { memoryBytes: 4 * MIB } },
  );
  // what is left is too little for the payload, and enough for a result
  assertEquals(await guest.call("keep"), "1");
  const payload = JSON.stringify("x".repeat(MIB));
  const fault = await assertRejects(async () => await guest.call("alive", payload), Fault);
  assertEquals(fault.code, "memory-limit");
  assertEquals(await guest.call("alive", payload), '"yes"');
});

Deno.test("too much recursion is an error of the guest; too much in the engine is a trap", async () => {
  const code = `
    function recursion() { return recursion() + 1 }
    function caught() { try { return recursion() } catch (e) { return e instanceof Error } }
    function nested() { return JSON.parse("[".repeat(1e5) + "]".repeat(1e5)).length }
    function deep() { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a }
    function source() { return eval("(".repeat(1e5)) }
    function toJson() { const o = { toJSON() { console.log(1); return { o } } }; return o }
    function flat() { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a.flat(Infinity).length }
    function alive() { return "yes" }
  `;
  await using guest = await load(code);
  const fault = await survive(guest, "recursion");
  assertEquals(fault.code, "guest-error");
  assertStringIncludes(fault.guest, "stack overflow");
  assertEquals(await guest.call("caught"), "true");
  assertEquals(guest.module.restarts, 0);
  for (const name of ["nested", "deep", "source", "toJson"]) {
    await using victim = await load(code);
    const ended = (await survive(victim, name, 5_000)).code;
    assert(["trap", "guest-error", "bad-guest-data"].includes(ended), `${name}: ${ended}`);
  }
});

Deno.test("a payload nested 100,000 deep does not end the host", async () => {
  await using guest = await load("function alive() { return 'yes' }");
  const payload = "[".repeat(1e5) + "]".repeat(1e5);
  const fault = await assertRejects(async () => await guest.call("alive", payload), Fault);
  assertNotEquals(fault.code, "timeout");
  assertEquals(await guest.call("alive"), '"yes"');
});

Deno.test("a result over the payload limit is refused without a copy", async () => {
  await using guest = await load(
    `
    function size(n) { return "x".repeat(n) }
    function wide(n) { return "é".repeat(n) }
    function alive() { return "yes" }
  `,
    { limits: { payloadBytes: 1000 } },
  );
  assertEquals((await guest.call("size", "998")).length, 1000);
  for (const [fn, n] of [["size", "999"], ["size", "10000000"], ["wide", "500"]] as const) {
    const fault = await assertRejects(async () => await guest.call(fn, n), Fault);
    assertEquals(fault.code, "payload-limit");
  }
  assertEquals(await guest.call("alive"), '"yes"');
  assertEquals(guest.module.restarts, 0);
});

Deno.test("load() stops top-level code and leaves nothing behind", async () => {
  const began = performance.now();
  const limits = { loadMs: 200 };
  for (
    const [code, entry] of [
      ["for (;;);", "index.js"],
      ["module.exports = {}; for (;;);", "index.js"],
      ["for (;;);", "index.mjs"],
      ["await 0; for (;;);", "index.mjs"],
      ["await new Promise(() => {})", "index.mjs"],
    ] as const
  ) {
    const fault = await assertRejects(() => load({ [entry]: code }, { entry, limits }), Fault);
    assertEquals(fault.code, "timeout", code);
  }
  const bomb = await assertRejects(
    () => load("const a = []; for (;;) a.push({})", { limits: { memoryBytes: 4 * MIB } }),
    Fault,
  );
  assertEquals(bomb.code, "memory-limit");
  assert(performance.now() - began < 5_000);
});

Deno.test("load() reports what top-level code threw, and syntax errors with their place", async () => {
  const thrown = await assertRejects(() => load("\nthrow new TypeError('top')"), Fault);
  assertEquals(thrown.code, "guest-error");
  assertStringIncludes(thrown.guest, "TypeError: top");
  const syntax = await assertRejects(() => load("var a;\nvar 1b;"), Fault);
  assertEquals(syntax.code, "guest-error");
  assertStringIncludes(syntax.guest, "SyntaxError");
  assertStringIncludes(syntax.guest, "index.js:2");
});

Deno.test("a promise that nothing can settle is told at once", async () => {
  await using guest = await load(
    "function never() { return new Promise(() => {}) }\nfunction alive() { return 'yes' }",
  );
  const began = performance.now();
  const fault = await survive(guest, "never", 5_000);
  assertEquals(fault.code, "timeout");
  assert(performance.now() - began < 1_000);
  assertEquals(guest.module.restarts, 0);
});

Deno.test("a guest cannot spoil the way in and out", async () => {
  await using guest = await load(`
    const bad = () => { throw new Error("spoiled") };
    JSON.parse = JSON.stringify = bad;
    Function.prototype.call = Function.prototype.apply = bad;
    Array.prototype.push = Array.prototype.map = bad;
    Object.prototype.toJSON = undefined;
    Object.defineProperty(Object.prototype, "get", { get: bad });
    Reflect.apply = bad;
    String.prototype.slice = bad;
    globalThis.Error = bad; globalThis.Promise = bad;
    async function alive(x) { await null; return x }
    function fails() { throw 1 }
  `);
  assertEquals(await guest.call("alive", '{"a":[1]}'), '{"a":[1]}');
  assertEquals(
    (await assertRejects(async () => await guest.call("fails"), Fault)).code,
    "guest-error",
  );
});

Deno.test("a guest that spoils its own promises or numbers only fails its own calls", async () => {
  for (
    const spoil of [
      "Promise.prototype.then = bad",
      "Object.defineProperty(Object.prototype, 'then', { get: bad })",
      "Object.defineProperty(Array.prototype, '0', { set: bad })",
      "Object.prototype.toJSON = bad",
    ]
  ) {
    await using guest = await load(`
      const bad = () => { throw new Error("spoiled") };
      ${spoil};
      async function f() { await null; return { a: [1] } }
    `);
    const fault = await assertRejects(async () => await guest.call("f"), Fault);
    assert(["guest-error", "bad-guest-data"].includes(fault.code), spoil);
    assertStringIncludes(fault.guest, "spoiled");
  }
});

Deno.test("one extension's end does not touch another", async () => {
  await using bad = await load(
    "const a = []; function bomb() { for (;;) a.push(new Uint8Array(1e6)) }",
  );
  await using good = await load("let n = 0; function next() { return ++n }");
  assertEquals(await good.call("next"), "1");
  await assertRejects(async () => await bad.call("bomb"), Fault);
  assertEquals(await good.call("next"), "2");
  assertEquals(good.module.restarts, 0);
});

Deno.test("a guest that is lost three times at once is not started again", async () => {
  await using guest = await load("function loop() { for (;;); } function alive() { return 1 }");
  for (let i = 0; i < 3; i++) {
    const stopped = await assertRejects(
      async () => await guest.call("loop", "", { ms: 30 }),
      Fault,
    );
    assertEquals(stopped.code, "timeout");
  }
  const failed = await assertRejects(async () => await guest.call("alive"), Fault);
  assertEquals([failed.code, guest.module.restarts], ["closed", 2]);
});
