/** The lint plugin on good and bad sources. @module */

import { assertEquals } from "@std/assert";
import plugin from "../../tools/lint_plugin.ts";

/** What the plugin says about `source` in `file`, one line a finding. */
function lint(file: string, source: string): readonly string[] {
  return Deno.lint.runPlugin(plugin, file, source)
    .map(({ id, message }) => `${id.replace("airlock/", "")}: ${message}`);
}

Deno.test("import-direction allows imports down the rooms", () => {
  assertEquals(lint("cli/main.ts", `import { ExtensionHost } from "../mod.ts";`), []);
  assertEquals(lint("mod.ts", `export * from "./runtime/host.ts";`), []);
  assertEquals(lint("runtime/host.ts", `import { b } from "../capabilities/broker.ts";`), []);
  assertEquals(lint("runtime/wasm/abi/base.ts", `import { v } from "../../memory.ts";`), []);
  assertEquals(lint("runtime/wasm/module.ts", `import { base } from "./abi/base.ts";`), []);
  assertEquals(lint("runtime/script/runtime.ts", `import { l } from "../worker/lane.ts";`), []);
  assertEquals(lint("runtime/worker/lane.ts", `import { w } from "../script/wire.ts";`), []);
  assertEquals(
    lint("capabilities/grant.ts", `import type { J } from "../manifest/manifest.ts";`),
    [],
  );
  assertEquals(lint("examples/hello.ts", `import { ExtensionHost } from "@airlock/host";`), []);
});

Deno.test("import-direction refuses imports up the rooms", () => {
  const says = (file: string, source: string) => lint(file, source)[0];
  assertEquals(
    says("manifest/parse.ts", `import { Fault } from "../runtime/errors.ts";`),
    `import-direction: manifest may not import "runtime/errors.ts"`,
  );
  assertEquals(
    says("capabilities/broker.ts", `export { Fault } from "../runtime/errors.ts";`),
    `import-direction: capabilities may not import "runtime/errors.ts"`,
  );
  assertEquals(
    says("runtime/host.ts", `import "../mod.ts";`),
    `import-direction: runtime may not import "mod.ts"`,
  );
  assertEquals(
    says("runtime/host.ts", `const { f } = await import("../tests/fixtures/fake.ts");`),
    `import-direction: runtime may not import "tests/fixtures/fake.ts"`,
  );
});

Deno.test("import-direction keeps engines apart", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["runtime/wasm/module.ts", "../quickjs/module.ts", "wasm"],
    ["runtime/quickjs/module.ts", "../wasm/module.ts", "quickjs"],
    ["runtime/native/module.ts", "../script/wire.ts", "native"],
    ["runtime/worker/lane.ts", "../script/runtime.ts", "worker lane"],
    ["runtime/process/lane.ts", "../worker/lane.ts", "process lane"],
    ["runtime/wasm/abi/base.ts", "../instance.ts", "guest conventions"],
    ["runtime/wasi/files.ts", "../wasm/instance.ts", "wasi"],
    ["runtime/wasm/module.ts", "../host.ts", "wasm"],
    ["runtime/host.ts", "./wasm/runtime.ts", "runtime"],
  ];
  for (const [file, specifier, room] of cases) {
    const [said] = lint(file, `import { a } from "${specifier}";`);
    assertEquals(said?.startsWith(`import-direction: ${room} may not import`), true, file);
  }
});

Deno.test("import-direction refuses packages that a room does not use", () => {
  assertEquals(lint("runtime/wasm/module.ts", `import { assert } from "@std/assert";`), [
    `import-direction: wasm may not import "@std/assert"`,
  ]);
  assertEquals(lint("examples/hello.ts", `import { ExtensionHost } from "../mod.ts";`), [
    `import-direction: examples may not import "mod.ts"`,
  ]);
});

Deno.test("import-direction refuses files outside every room", () => {
  assertEquals(lint("extra/file.ts", `import "./other.ts";`), [
    `import-direction: "extra/file.ts" belongs to no room of tools/rooms.ts`,
  ]);
});

Deno.test("ambient-power allows power in power files, and timers everywhere", () => {
  const source = `import { walk } from "@std/fs"; Deno.readFile(""); fetch(""); Date.now();`;
  for (const file of ["capabilities/powers.ts", "runtime/process/child.ts", "cli/main.ts"]) {
    assertEquals(lint(file, source), [], file);
  }
  assertEquals(lint("runtime/script/lane_entry.ts", `import vm from "node:vm"; vm;`), []);
  assertEquals(lint("runtime/host.ts", `performance.now(); setTimeout(() => {}, 1);`), []);
});

Deno.test("ambient-power refuses power elsewhere, however it is reached", () => {
  const cases: readonly (readonly [string, string])[] = [
    [`Deno.readTextFile("a");`, "Deno"],
    [`await fetch("a");`, "fetch"],
    [`crypto.randomUUID();`, "crypto"],
    [`new Date();`, "Date"],
    [`const now = Date.now;`, "Date"],
    [`globalThis.fetch("a");`, "fetch"],
    [`globalThis["Deno"].exit();`, "Deno"],
    [`globalThis[name].exit();`, "Deno"],
    [`const powers = { fetch };`, "fetch"],
    [`const powers = { get: fetch as unknown };`, "fetch"],
    [`new Worker(url);`, "Worker"],
    [`import fs from "node:fs";`, "node:fs"],
    [`export * from "node:fs";`, "node:fs"],
    [`const fs = await import("node:fs");`, "node:fs"],
    [`import { walk } from "@std/fs";`, "@std/fs"],
    [`import { crypto } from "@std/crypto";`, "@std/crypto"],
    [`function f(a) { return Deno; } function g(Deno) {}`, "Deno"],
  ];
  for (const [source, power] of cases) {
    assertEquals(
      lint("runtime/host.ts", source),
      [`ambient-power: runtime may not touch "${power}"`],
      source,
    );
  }
});

Deno.test("ambient-power leaves types, keys and a file's own names alone", () => {
  const sources = [
    `let at: Date; let entry: Deno.DirEntry; type F = typeof fetch;`,
    `powers.fetch("a"); const made = { fetch: 1, Date() {} };`,
    `const { fetch } = powers; fetch("a");`,
    `import { crypto } from "./own.ts"; crypto.digest();`,
    `function call({ fetch }: Powers) { fetch("a"); }`,
    `for (const process of all) process.kill();`,
    `class A { fetch() { return this.fetch; } }`,
    `const known = globalThis.performance;`,
  ];
  for (const source of sources) assertEquals(lint("runtime/host.ts", source), [], source);
});

Deno.test("ambient-power allows a lane only what it needs", () => {
  assertEquals(lint("runtime/script/lane_entry.ts", `import fs from "node:fs"; Deno.exit();`), [
    `ambient-power: script files inside a lane may not touch "node:fs"`,
    `ambient-power: script files inside a lane may not touch "Deno"`,
  ]);
});
