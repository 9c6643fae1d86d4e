/** The command as a process: exit codes, streams, interrupts, and an end of its own. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { temporaryDirectory } from "../temporary.ts";
import { airlock } from "./process.ts";

const RECORD = '{"email":"Foo@Example.COM ","age":25}';

Deno.test("airlock run prints the result and nothing else", async () => {
  const { code, out, err } = await airlock(
    ["run", "examples/extensions/validate-quickjs", "validate", RECORD],
  );
  assertEquals([code, out, err], [0, '{"ok":true,"email":"foo@example.com","age":25}', ""]);
});

Deno.test("airlock run takes standard input and a JavaScript extension in a process", async () => {
  const { code, out } = await airlock(
    ["run", "examples/extensions/validate-js", "validate", "-"],
    { stdin: RECORD },
  );
  assertEquals([code, out], [0, '{"ok":true,"email":"foo@example.com","age":25}']);
});

Deno.test("airlock exits with the code of what happened, its output empty", async () => {
  const dir = "examples/extensions";
  const results = await Promise.all([
    airlock(["rum"]),
    airlock(["run", `${dir}/bad-manifest`, "validate"]),
    airlock(["run", `${dir}/validate-quickjs`, "nope"]),
    airlock(["run", `${dir}/validate-as`, "validate", `--integrity=${"0".repeat(64)}`]),
    airlock(["run", `${dir}/endless-loop`, "validate"]),
    airlock(["run", `${dir}/asks-env`, "whoami"]),
    airlock(["run", `${dir}/validate-native`, "validate"]),
  ]);
  assertEquals(results.map(({ code }) => code), [2, 3, 5, 7, 6, 4, 5]);
  for (const { out, err } of results) {
    assertEquals(out, "");
    assert(err.startsWith("error: "), err);
  }
});

Deno.test("airlock run ends with 6 when it is interrupted", async () => {
  await using directory = await temporaryDirectory({
    "extension.json": { name: "a", runtime: "js", module: "a.js", exports: ["f"] },
    "a.js": `export function f() { console.log("running"); for (;;); }`,
  });
  const { code, err } = await airlock(["run", directory.path, "f"], { interruptAt: "running" });
  assertEquals(code, 6);
  assertStringIncludes(err, "Interrupted");
});

Deno.test("airlock check prints issues to standard output and exits 3", async () => {
  const { code, out } = await airlock(["check", "examples/extensions/bad-manifest"]);
  assertEquals(code, 3);
  assertStringIncludes(out, "examples/extensions/bad-manifest/extension.json:");
});
