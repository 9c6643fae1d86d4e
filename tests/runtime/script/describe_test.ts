/** What the files of a script tell without running it. @module */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DEFAULT_LIMITS, Fault, type ModuleDescription } from "@airlock/host";
import { parseManifest } from "@airlock/host/manifest";
import { describeScript } from "../../../runtime/script/describe.ts";
import { memorySource } from "./memory_source.ts";

function describe(
  files: { readonly [path: string]: string },
  entry: string,
  exports: readonly string[] = [],
): Promise<ModuleDescription> {
  return describeScript({
    manifest: parseManifest(JSON.stringify({ name: "a", runtime: "js", module: entry, exports })),
    source: memorySource(files, entry),
    limits: DEFAULT_LIMITS,
    signal: undefined,
  });
}

Deno.test("describeScript() lists the files of a TypeScript module and what it imports of its host", async () => {
  const found = await describe(
    {
      "a.ts": `import { b } from "./lib/b.ts";\nimport airlock from "airlock:host";\n` +
        `export const f = (x: string): string => b(x);`,
      "lib/b.ts": "export const b = (x: string) => x;",
      "unused.js": "",
    },
    "a.ts",
    ["f"],
  );
  assertEquals(found.files, ["a.ts", "lib/b.ts"]);
  assertEquals(found.imports, ["airlock:host"]);
  assertEquals(found.evidence, ["a.ts is an ES module, in TypeScript"]);
  assertEquals(found.issues, []);
});

Deno.test("describeScript() finds imports that lead nowhere, with their lines", async () => {
  const { issues } = await describe({
    "a.js": `import "./b.js";\n\nimport "../outside.js";`,
    "b.js": `import "node:fs";`,
  }, "a.js");
  assertEquals(issues.map(({ file, line, severity }) => [file, line, severity]), [
    ["a.js", 3, "error"],
    ["b.js", 1, "error"],
  ]);
  assertStringIncludes(issues[0]?.message ?? "", "outside");
});

Deno.test("describeScript() only warns of a require that leads nowhere", async () => {
  const { issues } = await describe({
    "a.js": `try { require("./maybe.js") } catch {}\nmodule.exports = {};`,
  }, "a.js");
  assertEquals(issues.map(({ file, line, severity }) => [file, line, severity]), [
    ["a.js", 1, "warning"],
  ]);
});

Deno.test("describeScript() finds declared functions that no file mentions", async () => {
  const { issues } = await describe({ "a.js": "function f() {}" }, "a.js", ["f", "g"]);
  assertEquals(issues.map(({ file, path }) => [file, path]), [["", "exports[1]"]]);
});

Deno.test("describeScript() refuses an entry that is not there or no TypeScript", async () => {
  for (const files of [{}, { "a.ts": "let x: = 1" }]) {
    const fault = await assertRejects(() => describe(files, "a.ts"), Fault);
    assertEquals(fault.code, "unsupported");
  }
});
