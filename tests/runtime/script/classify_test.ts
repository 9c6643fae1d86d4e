/** Scripts, CommonJS and modules are told apart by their text, never by running them. @module */

import { assert, assertEquals } from "@std/assert";
import { kindOf, scan } from "../../../runtime/script/classify.ts";

function kind(text: string, path = "a.js"): string {
  return kindOf(path, scan(text));
}

Deno.test("kindOf() takes import and export syntax for a module", () => {
  for (
    const text of [
      "import './a.js'",
      "import a from './a.js'",
      "import * as a from './a.js'",
      "import { a } from './a.js'",
      "export default 1",
      "export function f() {}",
      "export { a }; const a = 1",
      "export * from './a.js'",
      "const u = import.meta.url",
      "if (a) { b } export const c = 1",
      "const r = /[/]'\"`/; export { r }",
      "const t = `${`}${'}'}`}`; export { t }",
      "a = b / c; export const d = e / f",
      "exports.a = 1; export default 1",
    ]
  ) assertEquals(kind(text), "module", text);
});

Deno.test("kindOf() takes CommonJS names for CommonJS", () => {
  for (
    const text of [
      "module.exports = { f }",
      "exports.f = () => 1",
      "const a = require('./a')",
      "if (x) /'/.test(y); exports.f = 1 // '",
      "Object.defineProperty(exports, 'x', {}); module . exports . y = 1",
    ]
  ) assertEquals(kind(text), "commonjs", text);
});

Deno.test("kindOf() takes anything else for a script", () => {
  for (
    const text of [
      "",
      "function validate(input) { return input }",
      "// import a from 'a'\nvar b = 1",
      "/* module.exports = 1 */",
      "var s = 'export default 1'",
      "var s = `module.exports = ${1} require('x')`",
      "var r = /exports.a require(/",
      "x.import; x.export; a.module.exports; a.require('x')",
      "var o = { export: 1, import: 2 }",
      "import('./a.js')",
      "#!/usr/bin/env airlock import\nvar a",
    ]
  ) assertEquals(kind(text), "script", text);
});

Deno.test("kindOf() lets some endings decide", () => {
  assertEquals(kind("var a", "a.mjs"), "module");
  assertEquals(kind("var a", "dir/a.ts"), "module");
  assertEquals(kind("module.exports = 1", "a.mts"), "module");
  assertEquals(kind("var a", "a.cjs"), "commonjs");
  assertEquals(kind("var a", "a.cts"), "commonjs");
});

Deno.test("scan() finds literal specifiers with their lines and attributes", () => {
  const found = scan(`import "./a.js";
import b, { c as from } from './b.js'
export * from "./c.js"; export { x } from "./d.js";
import data from "./e.json" with { type: "json" };
import text from "./f.txt" with { "type": "text" };
// import "./no.js"
const s = "from './no.js'"; import("./no.js"); obj.from("./no.js");
`).references;
  assertEquals(found.map((it) => [it.specifier, it.line, it.attributeType]), [
    ["./a.js", 1, undefined],
    ["./b.js", 2, undefined],
    ["./c.js", 3, undefined],
    ["./d.js", 3, undefined],
    ["./e.json", 4, "json"],
    ["./f.txt", 5, "text"],
  ]);
  const required = scan("const a = require('./a')\n\nfoo.require('./no'); require ( \"./b\" )");
  assertEquals(required.references.map((it) => [it.form, it.specifier, it.line]), [
    ["require", "./a", 1],
    ["require", "./b", 3],
  ]);
});

Deno.test("scan() takes time in proportion to hostile text", () => {
  const size = 4 * 1024 * 1024;
  for (
    const unit of [
      "}/[",
      "/",
      "`${",
      "'",
      "(",
      "/*",
      "=/a\\",
      "import ",
      "from './a' ",
      "\n/",
      "require('x')\n",
      "import {",
      '"\\',
    ]
  ) {
    const began = performance.now();
    scan(unit.repeat(size / unit.length));
    const ms = performance.now() - began;
    assert(ms < 5_000, `${JSON.stringify(unit)} took ${ms} ms`);
  }
});
