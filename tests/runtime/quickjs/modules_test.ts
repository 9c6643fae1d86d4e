/** ES modules, CommonJS and data in QuickJS, and what must not be imported. @module */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { load } from "./guest.ts";

Deno.test("ES modules import each other, data by attribute, and the airlock object", async () => {
  await using guest = await load({
    "index.js": `
      import { up } from "./lib/up.js";
      import * as all from "./lib/all.js";
      import data from "./data.json" with { type: "json" };
      import text from "./note.txt" with { type: "text" };
      import source from "./lib/./up.js" with { type: "text" };
      import airlock from "airlock:host";
      export function f() {
        return { up: up("a"), all: Object.keys(all), data, text, source: source.length, same: airlock === globalThis.airlock, config: airlock.config };
      }`,
    "lib/up.js": "export const up = (s) => s.toUpperCase();",
    "lib/all.js": 'export * from "./up.js"; import "../side.js"; export const b = side;',
    "side.js": "globalThis.side = 1;",
    "data.json": '{"__proto__": 1, "a": [1]}',
    "note.txt": "é\0`${1}",
  }, { config: { level: 3 } });
  assertEquals(JSON.parse(await guest.call("f")), {
    up: "A",
    all: ["b", "up"],
    data: JSON.parse('{"__proto__": 1, "a": [1]}'),
    text: "é\0`${1}",
    source: 41,
    same: true,
    config: { level: 3 },
  });
});

Deno.test("ES modules may import in a circle and await at top level", async () => {
  await using guest = await load({
    "index.js": `
      import { b } from "./b.js";
      export const a = () => "a";
      await new Promise((resolve) => setTimeout(resolve, 5));
      export const f = () => b() + (await0 ?? "");
      const await0 = await Promise.resolve("!");`,
    "b.js": 'import { a } from "./index.js"; export const b = () => a() + "b";',
  });
  assertEquals(await guest.call("f"), '"ab!"');
});

Deno.test("CommonJS files require each other and data, once", async () => {
  await using guest = await load({
    "index.js": `#!/usr/bin/env node
      const lib = require("./lib"), again = require("./lib/index.js"), { a } = require("./data");
      let missing; try { require("./missing") } catch (error) { missing = error.code }
      exports.f = () => ({ n: lib.next(), same: lib === again, a, missing, file: __filename, dir: __dirname, self: this === undefined });
      exports.host = () => require("airlock:host") === airlock;`,
    "lib/index.js": "let n = 0; module.exports = { next: () => ++n, up: require('../up.cjs') };",
    "up.cjs": "module.exports = (s) => s.toUpperCase();",
    "data.json": '{"a":1}',
  });
  assertEquals(JSON.parse(await guest.call("f")), {
    n: 1,
    same: true,
    a: 1,
    missing: "MODULE_NOT_FOUND",
    file: "index.js",
    dir: ".",
    self: false,
  });
  assertEquals(await guest.call("host"), "true");
});

Deno.test("imports never leave the extension", async (t) => {
  const secret = { "secret.txt": "no" };
  for (
    const specifier of [
      "node:fs",
      "npm:left-pad",
      "jsr:@std/fs",
      "fs",
      "data:text/javascript,export default 1",
      "blob:null/1",
      "file:///etc/passwd",
      "http://127.0.0.1:1/a.js",
      "https://example.com/a.js",
      "/etc/passwd",
      "../secret.js",
      "./../secret.js",
      "./%2e%2e/secret.js",
      "..\\\\secret.js",
      "./a.js?x",
      "./gone.js",
      "airlock:prelude",
      "airlock:hos",
      "index.js",
      "",
    ]
  ) {
    await t.step(JSON.stringify(specifier), async () => {
      const fault = await assertRejects(
        () =>
          load({
            ...secret,
            "index.js": `\nimport a from "${specifier}"; export const f = () => a`,
          }),
        Fault,
      );
      assertEquals(fault.code, "unsupported");
      assertStringIncludes(fault.message, "index.js");
    });
  }
});

Deno.test("an import without its attribute, or with an unknown one, is refused", async () => {
  for (
    const line of [
      'import a from "./a.json"',
      'import a from "./a.json" with { type: "bytes" }',
      'import a from "./a.cjs"',
      'import a from "./b.js"; import b from "./b.js" with { type: "text" }',
    ]
  ) {
    const files = {
      "index.js": `${line}; export { a }`,
      "a.json": "{}",
      "a.cjs": "exports.a = 1",
      "b.js": "export default 1",
    };
    assertEquals((await assertRejects(() => load(files), Fault)).code, "unsupported");
  }
});

Deno.test("import() is refused, whatever the specifier", async () => {
  await using guest = await load({
    "index.js": `
      import "./a.js";
      export async function f(specifier) {
        try { return typeof await import(specifier) } catch (error) { return error.name }
      }
      export const g = () => eval("import('./a.js')").then(() => "in", () => "out");`,
    "a.js": "export default 1",
  });
  for (
    const specifier of ["./a.js", "./index.js", "airlock:host", "node:fs", "file:///etc/passwd"]
  ) {
    assertEquals(await guest.call("f", JSON.stringify(specifier)), '"TypeError"');
  }
  assertEquals(await guest.call("g"), '"out"');
});

Deno.test("require refuses what import refuses", async () => {
  await using guest = await load({
    "index.js":
      `exports.f = (name) => { try { require(name); return "in" } catch (error) { return error.code } }`,
    "unread.js": "exports.a = 1",
  });
  for (
    const name of [
      "fs",
      "node:fs",
      "/etc/passwd",
      "../a",
      "./a\\b",
      "./unread.js",
      "file:///a",
      "./%61",
    ]
  ) {
    assertEquals(await guest.call("f", JSON.stringify(name)), '"MODULE_NOT_FOUND"', name);
  }
});

Deno.test("a realm reaches nothing of its host", async () => {
  await using guest = await load(`
    function names() { return Object.getOwnPropertyNames(globalThis) }
    function walk() {
      const seen = [];
      const values = [airlock, airlock.log.info, console.log, setTimeout, new TextEncoder(), new URL("http://a/"), crypto.getRandomValues];
      for (const value of values) {
        let at = value;
        for (let i = 0; i < 5 && at; i++) {
          try { seen.push(at.constructor.constructor("return typeof Deno + typeof process + typeof fetch + typeof require")()) } catch (error) { seen.push(error.name) }
          at = Object.getPrototypeOf(at);
        }
      }
      return [...new Set(seen)];
    }
    function frozen() { try { airlock.log.info = 1 } catch {} return typeof airlock.log.info + Object.isFrozen(airlock) + Object.isFrozen(airlock.log) }
  `);
  const names: readonly string[] = JSON.parse(await guest.call("names"));
  for (
    const name of [
      "Deno",
      "process",
      "fetch",
      "require",
      "Worker",
      "WebAssembly",
      "std",
      "os",
      "FinalizationRegistry",
      "WeakRef",
      "SharedArrayBuffer",
    ]
  ) {
    assertEquals(names.includes(name), false, name);
  }
  for (const text of JSON.parse(await guest.call("walk"))) {
    assertEquals(/^(?:undefined)+$|Error$/.test(text), true, text);
  }
  assertEquals(await guest.call("frozen"), '"functiontruetrue"');
});
