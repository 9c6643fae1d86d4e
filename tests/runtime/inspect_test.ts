/** Everything about an extension that its files show. @module */

import { ExtensionError, ExtensionHost, ManifestError } from "@airlock/host";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { temporaryDirectory } from "../temporary.ts";

Deno.test("inspect() tells engine, isolation, asks and hashes, and loads nothing", async () => {
  await using host = new ExtensionHost();
  const capabilities = ["log", { name: "env", names: ["HOME"] }, { name: "cache", optional: true }];
  const found = await host.inspect({
    manifest: { name: "a", runtime: "goja", module: "a.js", exports: ["f"], capabilities },
    files: { "a.js": "for (;;); function f() {}" },
  }, { grants: { kv: true } });
  assertEquals(found.issues, []);
  assertEquals([found.engine, found.isolation], ["quickjs", "inline"]);
  assertEquals(found.asks.map(({ name, decision, grant }) => [name, decision, grant]), [
    ["log", "always", ""],
    ["env", "refused", "env=HOME"],
    ["kv", "granted", ""],
  ]);
  assertEquals(found.moduleBytes, 25);
  assert(found.integrity?.startsWith("sha256-") && found.digest?.startsWith("sha256-"));
  assertEquals(found.limits?.timeoutMs, 1_000);
  assertEquals(host.extensions(), []);
});

Deno.test("inspect() lists issues of the manifest, its capabilities and its files together", async () => {
  await using host = new ExtensionHost();
  await using directory = await temporaryDirectory({
    "extension.json": `{
  "name": "a",
  "runtime": "quickjs",
  "version": 1,
  "module": "a.js",
  "exports": ["f"],
  "capabilities": ["log", "evn"]
}`,
    "a.js": "function g() {}",
  });
  const { manifest, issues } = await host.inspect(directory.path);
  assertEquals(manifest, undefined);
  assertEquals(
    issues.map(({ path, line, column, suggestion }) => [path, line, column, suggestion]),
    [
      ["version", 4, 14, undefined],
      ["exports[0]", 6, 15, undefined],
      ["capabilities[1]", 7, 27, "env"],
    ],
  );
});

Deno.test("inspect() makes an issue of a runtime or a module file that is not there", async () => {
  await using host = new ExtensionHost();
  const manifest = { name: "a", runtime: "quickj", module: "a.js" };
  const found = await host.inspect({ manifest, files: {} });
  assertEquals(found.issues.map(({ path }) => path), ["runtime", "module"]);
  assertEquals([found.engine, found.module], [undefined, undefined]);
});

Deno.test("inspect() lists what is wrong with text that is no JSON", async () => {
  await using host = new ExtensionHost();
  await using directory = await temporaryDirectory({ "extension.json": '{ "name": ' });
  const { issues, manifest, manifestFile } = await host.inspect(directory.path);
  assert(issues.length > 0);
  assertEquals(manifest, undefined);
  assertEquals(manifestFile, `${directory.path}/extension.json`);
});

Deno.test("inspect() rejects what is no extension, and a module that is not the expected one", async () => {
  await using host = new ExtensionHost();
  await using directory = await temporaryDirectory({ "readme.txt": "hello", "a.js": "1" });
  const missing = await assertRejects(() => host.inspect(directory.path), ManifestError);
  assertEquals(missing.code, "no-manifest");
  const text = await assertRejects(
    () => host.inspect(`${directory.path}/readme.txt`),
    ExtensionError,
  );
  assertEquals(text.code, "unsupported");
  const integrity = "0".repeat(64);
  const swapped = await assertRejects(
    () => host.inspect(`${directory.path}/a.js`, { integrity }),
    ExtensionError,
  );
  assertEquals(swapped.code, "integrity");
});

Deno.test("inspect() does not wait for a manifest or a module that is a FIFO", async () => {
  await using host = new ExtensionHost();
  await using directory = await temporaryDirectory({
    "module/extension.json": { name: "a", runtime: "quickjs", module: "a.js" },
    "manifest/a.js": "",
  });
  for (const path of ["manifest/extension.json", "module/a.js"]) {
    const fifo = new Deno.Command("mkfifo", { args: [`${directory.path}/${path}`] });
    assert((await fifo.output()).success);
  }
  for (const name of ["manifest", "module"]) {
    const { issues } = await host.inspect(`${directory.path}/${name}`);
    assertEquals(issues.length, 1);
    assert(issues[0]?.message.includes("no regular file"), issues[0]?.message);
  }
});
