/** What every JavaScript tier must do, called once for each of them. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CapabilityError } from "../../../capabilities/errors.ts";
import type { Runtime } from "../../../runtime/contract.ts";
import { call, failure, fakeHost, load, pause, within } from "./lane_fixture.ts";

/** Registers the cases for `runtime`. */
export function laneCases(name: string, runtime: () => Runtime): void {
  const test = (what: string, run: (runtime: Runtime) => Promise<void>) =>
    Deno.test(`js in a ${name} ${what}`, async () => {
      const one = runtime();
      try {
        await run(one);
      } finally {
        await one.close();
      }
    });

  test("runs scripts, CommonJS and modules, in JavaScript and TypeScript", async (runtime) => {
    const cases: [string, { readonly [path: string]: string }][] = [
      ["index.js", { "index.js": "function add(x) { return x.a + 1 }" }],
      ["index.js", {
        "index.js":
          "const { one } = require('./lib'); exports.add = (x) => x.a + one + require('./n.json').zero",
        "lib/index.js": "module.exports = { one: 1, main: __filename + ':' + __dirname }",
        "n.json": '{"zero": 0}',
      }],
      ["index.mjs", {
        "index.mjs":
          "import { one } from './lib/a.js'; import n from './n.json' with { type: 'json' };" +
          "export async function add(x) { await 0; return x.a + one + n.zero }",
        "lib/a.js": "export const one = 1",
        "n.json": '{"zero": 0}',
      }],
      ["index.ts", {
        "index.ts":
          "import { one } from './a.ts'; export const add = (x: { a: number }): number => x.a + one;",
        "a.ts": "export const one: number = 1;",
      }],
      ["index.mjs", {
        "index.mjs": "import defer * as d from './d.js'; globalThis.ran = 0;" +
          "export const add = (x) => x.a - globalThis.ran + d.one",
        "d.js": "globalThis.ran = 1; export const one = 1",
      }],
      ["index.mjs", { "index.mjs": "export default { add(x) { return x.a + this.one }, one: 1 }" }],
    ];
    for (const [entry, files] of cases) {
      const module = await load(runtime, files, { entry });
      assertEquals(await call(module, "add", { a: 1 }), 2, Object.values(files)[0]);
      await module.close();
    }
  });

  test("speaks Base's dialect of nothing", async (runtime) => {
    const module = await load(
      runtime,
      "function what(x) { return x === null ? 'null' : typeof x } function none() {} " +
        "async function later() {} function nil() { return null }",
    );
    const text = async (fn: string, payload: string | Uint8Array) =>
      new TextDecoder().decode(await module.invoke(fn, payload, within(1_000)));
    assertEquals(await text("what", ""), '"null"');
    assertEquals(await text("what", new Uint8Array()), '"null"');
    assertEquals(await text("none", "1"), "null");
    assertEquals(await text("later", "1"), "null");
    assertEquals(await text("nil", "1"), "null");
    assertEquals(
      (await failure(() => module.invoke("what", "{", within(1_000)))).code,
      "bad-payload",
    );
    const notUtf8 = Uint8Array.of(0xff);
    assertEquals(
      (await failure(() => module.invoke("what", notUtf8, within(1_000)))).code,
      "bad-payload",
    );
    await module.close();
  });

  test("finds only functions of the extension", async (runtime) => {
    const script = await load(runtime, "function mine() { return 1 } var data = 1");
    for (
      const fn of ["eval", "parseInt", "setTimeout", "data", "constructor", "toString", "nope"]
    ) {
      assertEquals((await failure(() => call(script, fn))).code, "unknown-function", fn);
    }
    await script.close();
    const commonJs = await load(
      runtime,
      "module.exports = { mine: 1, __proto__: { inherited() { return 2 } } }; exports.late = 1",
    );
    for (const fn of ["hasOwnProperty", "constructor", "__proto__", "mine", "then", "late"]) {
      assertEquals((await failure(() => call(commonJs, fn))).code, "unknown-function", fn);
    }
    assertEquals(await call(commonJs, "inherited"), 2);
    await commonJs.close();
    const odd = await load(
      runtime,
      "export const then = () => 3; export function constructor() { return 4 } export { then as toString }",
      { entry: "i.mjs" },
    );
    assertEquals(await call(odd, "then"), 3);
    assertEquals(await call(odd, "constructor"), 4);
    assertEquals((await failure(() => call(odd, "valueOf"))).code, "unknown-function");
    await odd.close();
  });

  test("passes values of operations both ways, bytes included", async (runtime) => {
    const host = fakeHost();
    const module = await load(
      runtime,
      `import airlock from "airlock:host";
      export async function echo(x) {
        const bytes = new Uint8Array([0, 1, 254, 255]);
        const back = await airlock.test.echo({ x, bytes, list: [bytes, undefined], $bytes: "no mark" });
        const dotted = await globalThis.airlock.test.deep.echo("d");
        return [back.x, back.bytes instanceof Uint8Array, Array.from(back.bytes), back.list[0].length,
          back.list[1], back.$bytes, dotted, Object.isFrozen(airlock), Object.isFrozen(airlock.test),
          airlock.config, Object.isFrozen(airlock.config.nested.list), airlock.net === undefined,
          (await airlock.test.echo(undefined)) === undefined];
      }`,
      { entry: "i.mjs", host },
    );
    assertEquals(await call(module, "echo", { ä: ["😀"] }), [
      { ä: ["😀"] },
      true,
      [0, 1, 254, 255],
      4,
      null,
      "no mark",
      "d",
      true,
      true,
      { greeting: "hello", nested: { list: [1, 2] } },
      true,
      true,
      true,
    ]);
    assertEquals(host.asked[0]?.args.value instanceof Object, true);
    await module.close();
  });

  test("gives a refusal to the guest, and to the caller when the guest does not catch it", async (runtime) => {
    const denial = new CapabilityError("revoked", {
      extension: "g",
      capability: "test",
      grant: "",
    });
    const host = fakeHost(() => Promise.reject(denial));
    const module = await load(
      runtime,
      `async function caught() {
        try { await airlock.test.echo(1) } catch (e) {
          return [e.name, e.code, e.capability, e instanceof Error, typeof e.message]
        }
      }
      function uncaught() { return airlock.test.echo(1) }
      async function wrapped() { try { await airlock.test.echo(1) } catch { throw new Error("mine") } }`,
      { host },
    );
    assertEquals(await call(module, "caught"), ["AirlockError", "revoked", "test", true, "string"]);
    assertEquals(await assertRejects(() => call(module, "uncaught"), CapabilityError), denial);
    assertStringIncludes((await failure(() => call(module, "wrapped"))).guest, "Error: mine");
    await module.close();
  });

  test("tells operations which call they belong to", async (runtime) => {
    const host = fakeHost();
    const module = await load(
      runtime,
      "async function go(x) { await airlock.test.echo(x); await new Promise((r) => setTimeout(r, 5)); return airlock.test.echo(x) }",
      { host },
    );
    await Promise.all([
      call(module, "go", "a", within(1_000, undefined, ["first"])),
      call(module, "go", "b", within(1_000, undefined, ["second", "more"])),
    ]);
    for (const { args, options } of host.asked) {
      assertEquals(options.chain, args.value === "a" ? ["first"] : ["second", "more"]);
    }
    assertEquals(host.asked.length, 4);
    await module.close();
  });

  test("charges what a call asks for after it waited to that call, and what nobody waits for to another", async (runtime) => {
    const host = fakeHost();
    const module = await load(
      runtime,
      `const airlock = globalThis.airlock;
      export async function go(x) { await 0; await null; return airlock.test.echo(x) }
      export function prime() { setInterval(() => airlock.test.echo("stale"), 5) }
      export const wait = () => new Promise((resolve) => setTimeout(resolve, 40));
      await airlock.test.echo("load");`,
      { host, entry: "i.mjs" },
    );
    const go = (of: string) => call(module, "go", of, within(1_000, undefined, ["of", of]));
    await Promise.all(["a", "b", "c"].map(go));
    await call(module, "prime", null, within(1_000, undefined, ["over"]));
    await call(module, "wait", null, within(1_000, undefined, ["of", "stale"]));
    assert(host.asked.length > 4);
    for (const { args: { value }, options } of host.asked) {
      assertEquals(options.chain, value === "load" ? ["guest"] : ["of", String(value)]);
      assert(options.budget);
    }
    await module.close();
  });

  test("keeps going after rejections that nobody hears, and tells of them", async (runtime) => {
    const host = fakeHost();
    const module = await load(
      runtime,
      `async function go() {
        Promise.reject(new Error("unheard"));
        Promise.reject(new Proxy({}, { get() { throw 1 } }));
        setTimeout(() => { throw new Error("in a timer") }, 1);
        queueMicrotask(() => { throw new Error("in a job") });
        await new Promise((resolve) => setTimeout(resolve, 20));
        return "fine";
      }`,
      { host },
    );
    assertEquals(await call(module, "go"), "fine");
    assertEquals(await call(module, "go"), "fine");
    const log = host.lines.join("\n");
    for (const words of ["Error: unheard", "Error: in a timer", "Error: in a job"]) {
      assertStringIncludes(log, words);
    }
    await module.close();
  });

  test("interleaves calls up to its limit and queues the rest", async (runtime) => {
    const module = await load(
      runtime,
      `let now = 0, most = 0;
      async function go(ms) {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, ms));
        now--;
        return most;
      }`,
      { limits: { concurrency: 3, queueMs: 60 } },
    );
    const results = await Promise.all(Array.from({ length: 6 }, () => call(module, "go", 10)));
    assertEquals(Math.max(...results as number[]), 3);
    const slow = Array.from({ length: 3 }, () => call(module, "go", 200));
    assertEquals((await failure(() => call(module, "go", 1))).code, "busy");
    const controller = new AbortController();
    const queued = call(module, "go", 1, within(1_000, controller.signal));
    controller.abort("gone");
    assertEquals(await queued.catch((reason) => reason), "gone");
    await Promise.all(slow);
    assertEquals(await call(module, "go", 1), 3);
    await module.close();
  });

  test("says where a file cannot be parsed, and where its author's lines threw", async (runtime) => {
    const broken: [string, { readonly [path: string]: string }, string][] = [
      [
        "i.mjs",
        { "i.mjs": "export const a = 1;\n\nexport function f( { return }\n" },
        "i.mjs:3:31",
      ],
      ["i.js", { "i.js": "var x = 1;\n\nfunction f( { return }\n" }, "i.js:3:24"],
      ["i.js", { "i.js": "exports.f = 1;\nrequire('./a');", "a.js": "exports.b = ;" }, "a.js:1:13"],
      ["i.mjs", { "i.mjs": "import './e.js';", "e.js": "export {};\n\n let let = 1;" }, "e.js:3:6"],
    ];
    for (const [entry, files, place] of broken) {
      const failed = await failure(() => load(runtime, files, { entry }));
      assertEquals(failed.code, "bad-guest-data", place);
      assertStringIncludes(failed.guest, place);
    }
    const typed = "interface A {\n  b: number;\n}\n\nexport function f(a: A): void {\n  " +
      "const c: number = a.b;\n  throw new Error(`no ${c}`);\n}\n";
    const module = await load(runtime, { "i.ts": typed }, { entry: "i.ts" });
    assertStringIncludes((await failure(() => call(module, "f", { b: 1 }))).guest, "i.ts:7:9");
    await module.close();
  });

  test("takes calls of one turn together, each with its own outcome", async (runtime) => {
    const module = await load(
      runtime,
      `let seen = []; function note(x) { seen.push(x); return x }
      async function later(x) { await 0; seen.push(x); return x }
      function fail(x) { throw new Error("no " + x) }
      function all() { return seen }`,
      { limits: { concurrency: 8 } },
    );
    const outcomes = await Promise.all([
      call(module, "note", 1),
      call(module, "later", "ä"),
      failure(() => call(module, "fail", 2)),
      failure(() => call(module, "gone")),
      failure(() => module.invoke("note", "{", within(1_000))),
      call(module, "note", "x".repeat(40_000)),
      ...Array.from({ length: 20 }, (_, i) => call(module, "note", i)),
    ]);
    assertEquals(outcomes.slice(0, 2), [1, "ä"]);
    assertStringIncludes((outcomes[2] as { guest: string }).guest, "Error: no 2");
    assertEquals((outcomes[3] as { code: string }).code, "unknown-function");
    assertEquals((outcomes[4] as { code: string }).code, "bad-payload");
    assertEquals(outcomes.slice(6), Array.from({ length: 20 }, (_, i) => i));
    assertEquals((await call(module, "all") as unknown[]).length, 23);
    await module.close();
  });

  test("calls a function with each entry of a list", async (runtime) => {
    const module = await load(
      runtime,
      `function add(x) { return x === null ? undefined : x.a + 1 }
      async function later(x) { await 0; if (x === "bad") throw new Error("no " + x); return [x] }
      function sync(x) { if (x === "bad") throw new Error("no " + x); return x }
      function spoil() {
        Array.prototype.toJSON = () => "spoilt"; Object.defineProperty(Array.prototype, 0, { set() {}, configurable: true });
        return { then: 1 }
      }`,
    );
    const each = async (fn: string, list: unknown) =>
      JSON.parse(
        new TextDecoder().decode(
          await module.invokeEach?.(fn, JSON.stringify(list), within(1_000)),
        ),
      );
    assertEquals(await each("add", [{ a: 1 }, null, { a: 2 }]), [2, null, 3]);
    assertEquals(await each("later", ["a", "b"]), [["a"], ["b"]]);
    assertEquals(await each("add", []), []);
    for (const fn of ["later", "sync"]) {
      assertStringIncludes((await failure(() => each(fn, ["a", "bad", "c"]))).guest, "no bad");
    }
    assertEquals((await failure(() => each("gone", [1]))).code, "unknown-function");
    assertEquals((await failure(() => each("add", { length: 1 }))).code, "bad-payload");
    assertEquals(await each("spoil", [1, 2]), [{ then: 1 }, { then: 1 }]);
    await module.close();
  });

  test("aborts a call with the signal's reason and lives on where the guest is not stuck", async (runtime) => {
    let aborted = 0;
    const host = fakeHost((args, _, { signal }) =>
      args.value === "hang"
        ? new Promise((_, reject) =>
          signal?.addEventListener("abort", () => {
            aborted++;
            reject(signal.reason);
          })
        )
        : args.value
    );
    const module = await load(
      runtime,
      `let count = 0, ticks = 0; function next() { return [++count, ticks] }
      function hang() { setInterval(() => ticks++, 1); return airlock.test.echo("hang") }`,
      { host },
    );
    const controller = new AbortController();
    const hanging = call(module, "hang", null, within(5_000, controller.signal));
    await pause(30);
    const reason = new Error("enough");
    controller.abort(reason);
    assertEquals(await assertRejects(() => hanging), reason);
    assertEquals(aborted, 1);
    const [count, ticks] = await call(module, "next") as number[];
    await pause(20);
    assertEquals([count, await call(module, "next"), module.restarts], [1, [2, ticks], 0]);
    const before = AbortSignal.abort("early");
    assertEquals(await call(module, "next", null, within(100, before)).catch((e) => e), "early");
    await module.close();
  });

  test("stands still between calls", async (runtime) => {
    const module = await load(
      runtime,
      `let ticks = 0; setInterval(() => ticks++, 1);
      function get() { return ticks }
      async function wait() { await new Promise((resolve) => setTimeout(resolve, 30)); return ticks }`,
    );
    const first = await call(module, "wait") as number;
    await pause(50);
    const second = await call(module, "get") as number;
    assert(first > 1 && second - first <= 2, `${first}, ${second}`);
    await module.close();
  });

  test("closes with calls in flight, twice, and answers no more", async (runtime) => {
    const module = await load(
      runtime,
      "async function wait() { await new Promise((resolve) => setTimeout(resolve, 5000)) }",
      { limits: { concurrency: 1 } },
    );
    const calls = [failure(() => call(module, "wait")), failure(() => call(module, "wait"))];
    await pause(20);
    await Promise.all([module.close(), module.close()]);
    for (const failed of calls) assertEquals((await failed).code, "closed");
    assertEquals((await failure(() => call(module, "wait"))).code, "closed");
    await module.close();
  });
}
