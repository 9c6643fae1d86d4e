/** Attacks that every JavaScript tier must withstand, called once for each of them. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Runtime } from "../../../runtime/contract.ts";
import { ESCAPE } from "./escape_walk.ts";
import { call, failure, fakeHost, load, pause, within } from "./lane_fixture.ts";

/** Registers the cases for `runtime`. */
export function hostileCases(name: string, runtime: () => Runtime): void {
  const test = (what: string, run: (runtime: Runtime) => Promise<void>) =>
    Deno.test(`js in a ${name} ${what}`, async () => {
      const one = runtime();
      try {
        await run(one);
      } finally {
        await one.close();
      }
    });

  test("survives whatever is thrown", async (runtime) => {
    const module = await load(
      runtime,
      `const nasty = {
        plain() { throw new TypeError("plain") },
        async later() { await 0; throw new RangeError("later") },
        text() { throw "just text" },
        nothing() { throw undefined },
        record() { throw { a: 1, b: [2] } },
        proxy() { throw new Proxy({}, new Proxy({}, { get() { throw 1 } })) },
        revoked() { const r = Proxy.revocable({}, {}); r.revoke(); throw r.proxy },
        getters() { throw Object.defineProperties(new Error("x"), {
          message: { get() { throw 1 } }, stack: { get() { throw 2 } }, name: { get() { throw 3 } } }) },
        symbol() { throw Symbol("s") },
        deep() { const f = () => f(); f() },
        bigint() { return 1n },
        cycle() { const a = {}; a.a = a; return a },
        toJson() { return { toJSON() { throw new Error("no json") } } },
        then() { return { get then() { throw new Error("no then") } } },
        huge() { throw new Error("x".repeat(1e6)) },
        prepare() { Error.prepareStackTrace = () => { throw 1 }; throw new Error("prepared") },
      };
      module.exports = nasty;`,
    );
    const expected: { readonly [fn: string]: [code: string, guest: string] } = {
      plain: ["guest-error", "TypeError: plain\n    at Object.plain (index.js:2:"],
      later: ["guest-error", "RangeError: later"],
      text: ["guest-error", "just text"],
      nothing: ["guest-error", "undefined"],
      record: ["guest-error", "{ a: 1, b: [2] }"],
      proxy: ["guest-error", ""],
      revoked: ["guest-error", ""],
      getters: ["guest-error", "Error"],
      symbol: ["guest-error", "Symbol(s)"],
      deep: ["guest-error", "RangeError"],
      bigint: ["bad-guest-data", "TypeError"],
      cycle: ["bad-guest-data", "TypeError"],
      toJson: ["bad-guest-data", "Error: no json"],
      then: ["guest-error", "Error: no then"],
      huge: ["guest-error", "Error: xxx"],
      prepare: ["guest-error", "Error: prepared"],
    };
    for (const [fn, [code, guest]] of Object.entries(expected)) {
      const failed = await failure(() => call(module, fn)).catch((error) => ({
        code: `${fn}: ${error}`,
        guest: "",
      }));
      assertEquals(failed.code, code, fn);
      assertStringIncludes(failed.guest, guest, fn);
      assert(!/file:|ext:|data:|blob:|airlock:|\/runtime\//.test(failed.guest), failed.guest);
    }
    assertEquals(module.restarts, 0);
    await module.close();
  });

  test("refuses imports that leave the extension, before any of it runs", async (runtime) => {
    for (
      const specifier of [
        "node:fs",
        "node:process",
        "npm:left-pad",
        "jsr:@std/path",
        "file:///etc/passwd",
        "data:text/javascript,1",
        "https://127.0.0.1/x.js",
        "../outside.js",
        "/etc/passwd",
        "./missing.js",
      ]
    ) {
      let admitted = false;
      const source = `console.log("ran"); import x from ${JSON.stringify(specifier)};`;
      const failed = await failure(() =>
        load(runtime, source, { entry: "i.mjs", admitted: () => admitted = true })
      );
      assertEquals([failed.code, admitted], ["unsupported", false], specifier);
    }
    const broken = await failure(() => load(runtime, "export const = 1", { entry: "i.mjs" }));
    assertEquals(broken.code, "bad-guest-data");
    assertStringIncludes(broken.guest, "i.mjs");
  });

  test("refuses import() with an error of the realm", async (runtime) => {
    const text = `async function all() {
      const out = [];
      for (const s of ["node:fs", "npm:x", "file:///etc/passwd", "data:text/javascript,1", "./index.js"]) {
        try { await import(s); out.push(s + " loaded") }
        catch (e) { out.push(e instanceof TypeError && e.constructor.constructor === Function) }
      }
      return out;
    }`;
    for (
      const [entry, files] of [
        ["index.js", text],
        ["index.js", text + "; exports.all = all"],
        ["i.mjs", text + "; export { all }"],
      ] as const
    ) {
      const module = await load(runtime, { [entry]: files }, { entry });
      assertEquals(await call(module, "all"), [true, true, true, true, true]);
      await module.close();
    }
  });

  test("passes the log on, but no flood of it", async (runtime) => {
    const host = fakeHost();
    const module = await load(
      runtime,
      `function few() { console.log("a", { b: [1, "x"] }, null); console.warn("w"); console.error(new Error("e")) }
      function flood() { for (let i = 0; i < 20000; i++) console.log("x".repeat(100)) }`,
      { host },
    );
    await call(module, "few");
    assertEquals(host.lines.slice(0, 2), ['log.info a { b: [1, "x"] } null', "log.warn w"]);
    assertStringIncludes(host.lines[2] ?? "", "log.error Error: e\n    at few (index.js:1:");
    host.lines.length = 0;
    await call(module, "flood");
    assert(host.lines.length > 100 && host.lines.length < 1_000, String(host.lines.length));
    await module.close();
  });

  test("stops endless code at its deadline, loses the others, and starts again", async (runtime) => {
    const loops = {
      sync: "for (;;);",
      jobs: "return (async () => { for (;;) await 0 })()",
      regexp: "return /^(a+)+$/.test('a'.repeat(40) + 'b')",
      json: "return { toJSON() { for (;;); } }",
      getter: "throw Object.defineProperty(new Error(), 'message', { get() { for (;;); } })",
      proxy: "throw new Proxy({}, { getPrototypeOf() { for (;;); } })",
      thenable: "return { then() { for (;;); } }",
      lateThenable: "return Promise.resolve().then(() => ({ then() { for (;;); } }))",
      catching: "for (;;) { try { for (;;); } catch {} finally { continue } }",
      atomics: "const s = typeof SharedArrayBuffer; for (;;) s.length",
      never: "return new Promise(() => {})",
      timers: "return new Promise(() => { (function f() { setTimeout(f, 0) })() })",
    };
    const body = Object.entries(loops).map(([name, code]) => `function ${name}() { ${code} }`);
    for (const name of Object.keys(loops)) {
      const module = await load(
        runtime,
        `let count = 0; function next() { return ++count } ${body.join("\n")}
        async function wait() { await new Promise((resolve) => setTimeout(resolve, 5000)) }`,
      );
      assertEquals(await call(module, "next"), 1);
      const other = failure(() => call(module, "wait"));
      await pause(5);
      const start = performance.now();
      const failed = await failure(() => call(module, name, null, within(60)));
      const took = performance.now() - start;
      assertEquals([failed.code, (await other).code], ["timeout", "lost"], name);
      assert(took >= 50 && took < 1_000, `${name} took ${took} ms`);
      assertEquals([await call(module, "next"), module.restarts], [1, 1], name);
      await module.close();
    }
  });

  test("stops a module that loops while it is loaded", async (runtime) => {
    for (
      const [entry, text] of [
        ["index.js", "for (;;);"],
        ["index.js", "exports.a = 1; for (;;);"],
        ["i.mjs", "export const a = 1; for (;;);"],
        ["i.mjs", "export const a = await new Promise(() => {});"],
        ["i.mjs", "export const a = 1; (async () => { for (;;) await 0 })();"],
      ] as const
    ) {
      const failed = await failure(() => load(runtime, text, { entry, limits: { loadMs: 300 } }));
      assertEquals(failed.code, "timeout", text);
    }
    const thrown = await failure(() => load(runtime, "throw new Error('at load')"));
    assertStringIncludes(thrown.guest, "Error: at load");
  });

  test("gives up on a guest that is lost three times at once", async (runtime) => {
    const module = await load(runtime, "function loop() { for (;;); } function ok() {}");
    for (let i = 0; i < 3; i++) {
      assertEquals((await failure(() => call(module, "loop", null, within(30)))).code, "timeout");
    }
    assertEquals((await failure(() => call(module, "ok"))).code, "closed");
    assertEquals(module.restarts, 2);
    await module.close();
  });

  test("keeps results and arguments within the payload limit", async (runtime) => {
    const host = fakeHost((args) => args.value === "big" ? "y".repeat(50_000) : null);
    const module = await load(
      runtime,
      `function big() { return "x".repeat(100000) } function wide() { return "€".repeat(20000) }
      async function args() {
        try { await airlock.test.echo("x".repeat(100000)) } catch (e) { return e.code }
      }
      async function answer() { try { await airlock.test.echo("big") } catch (e) { return e.code } }
      async function flood() {
        const all = await Promise.allSettled(Array.from({ length: 3000 }, () => airlock.test.echo(1)));
        return all.filter((one) => one.status === "rejected").length;
      }`,
      { host, limits: { payloadBytes: 40_000 } },
    );
    assertEquals((await failure(() => call(module, "big"))).code, "payload-limit");
    assertEquals((await failure(() => call(module, "wide"))).code, "payload-limit");
    assertEquals(await call(module, "args"), "quota");
    assertEquals(await call(module, "answer"), "quota");
    assertEquals(await call(module, "flood"), 2_000);
    assertEquals(module.restarts, 0);
    await module.close();
  });

  test("finds no way out of its realm", async (runtime) => {
    const host = fakeHost((args) =>
      args.value === "fail" ? Promise.reject(new Error("x")) : args.value
    );
    const module = await load(runtime, ESCAPE, { host });
    const found = await call(module, "walk") as {
      seen: number;
      foreign: string[];
      names: string[];
    };
    assertEquals(found.foreign, []);
    assertEquals(found.names, []);
    assert(found.seen > 500, String(found.seen));
    await module.close();
  });
}
