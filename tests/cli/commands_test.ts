/** `airlock list`, `inspect`, `check` and `doctor` inside this process. @module */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { temporaryDirectory } from "../temporary.ts";
import { capture } from "./capture.ts";
import { ECHO_WASM } from "../fixtures/consumer/echo_wasm.ts";
import { ROOT } from "./process.ts";

const EXAMPLES = `${ROOT}examples/extensions`;
const WEB = `${ROOT}examples/conventions/apiqube/web`;

/** Rows of `list --json` by name. */
async function rows(...args: readonly string[]) {
  const { code, out } = await capture(["list", "--json", ...args]);
  assertEquals(code, 0);
  const { ok, extensions } = JSON.parse(out) as {
    ok: boolean;
    extensions: { name: string; status: string; [key: string]: unknown }[];
  };
  assert(ok);
  return new Map(extensions.map((row) => [row.name, row]));
}

Deno.test("main() lists every example with what it got, failures included", async () => {
  const found = await rows(EXAMPLES, "--grant", "env=HOME");
  const expected = [...Deno.readDirSync(EXAMPLES)].filter((entry) => entry.isDirectory);
  assertEquals(found.size, expected.length);
  for (const [name, { status }] of found) {
    assertEquals(status, name === "bad-manifest" ? "bad-manifest" : "ok", name);
  }
  const env = found.get("asks-env");
  assertEquals([env?.["asked"], env?.["granted"]], [["log", "env"], ["env"]]);
  assertEquals(found.get("validate-c")?.["abi"], "base");
  assertEquals(found.get("validate-js")?.["isolation"], "process");
});

Deno.test("main() lists a refused extension as a row with what it asks for", async () => {
  const { code, out, err } = await capture(["list", EXAMPLES]);
  assertEquals(code, 0);
  assertMatch(out, /^NAME +VERSION +RUNTIME +ABI +ISOLATION +ASKED +GRANTED +STATUS\n/);
  assertMatch(out, /\nasks-env +1\.0\.0 +js +- +process +log,env +- +denied\n/);
  assertMatch(out, /\nvalidate-native +1\.0\.0 +native +- +inline +- +- +ok\n/);
  assertMatch(out, /\nbad-manifest +(?:- +){6}bad-manifest\n/);
  assertStringIncludes(err, "--grant env=HOME");
});

Deno.test("main() exits 3 for a directory that cannot be listed and 0 for an empty one", async () => {
  const missing = await capture(["list", "/nonexistent"]);
  assertEquals([missing.code, missing.out], [3, ""]);
  assertStringIncludes(missing.err, "/nonexistent");
  assertEquals((await capture(["list", `${EXAMPLES}/validate-js/extension.json`])).code, 3);
  await using directory = await temporaryDirectory();
  const empty = await capture(["list", directory.path]);
  assertEquals([empty.code, empty.out], [0, ""]);
  assertStringIncludes(empty.err, directory.path);
});

Deno.test("main() inspects a module without running it", async () => {
  await using directory = await temporaryDirectory({
    "extension.json": {
      name: "a",
      runtime: "quickjs",
      module: "a.js",
      exports: ["f"],
      capabilities: [{ name: "env", names: ["A"], reason: "to\u001b[2J know" }],
    },
    "a.js": "for (;;); function f() {}",
  });
  const { code, out, err } = await capture(["inspect", directory.path]);
  assertEquals([code, err], [0, ""]);
  assertMatch(out, /isolation inline/);
  assertMatch(out, /refused; add: --grant env=A/);
  assertMatch(out, /digest +sha256-[0-9a-f]{64}\n/);
  assertStringIncludes(out, String.raw`to\u{1b}[2J know`);
  const granted = await capture(["inspect", directory.path, "--grant=env"]);
  assertMatch(granted.out, /asks +env .*granted/);
});

Deno.test("main() inspects a bare WASM module and tells its convention and why", async () => {
  await using directory = await temporaryDirectory({ "echo.wasm": ECHO_WASM });
  const { code, out } = await capture(["inspect", "--json", `${directory.path}/echo.wasm`]);
  const found = JSON.parse(out);
  assertEquals([code, found.ok, found.engine, found.isolation], [0, true, "wasm", "inline"]);
  assertEquals(found.module.abi, "base");
  assertEquals(found.module.exports, ["echo"]);
  assertEquals(found.module.evidence.length, 1);
  assertEquals(found.moduleBytes, ECHO_WASM.length);
  assertEquals(found.limits.fuel, null);
});

Deno.test("main() tells a module's features, its sizes before and after, and what needs a grant", async () => {
  const { code, out, err } = await capture(["inspect", `${WEB}/web.wasm`, "--memory=16MiB"]);
  assertEquals([code, err], [0, ""]);
  assertMatch(
    out,
    /^code +\d+ functions, \d+ bytes; \d+ bytes once it is limited and its work counted$/m,
  );
  assertMatch(out, /^features +.*bulk-memory/m);
  assertMatch(out, /^memory +\d+ pages of 64 KiB, no maximum of its own; limited to 256$/m);
  assertMatch(out, /^needs +net: apiqube\.host_http_request$/m);
  assertMatch(out, /^asks +net: refused; add: --grant net/m);
  const refused = await capture(["inspect", `${ROOT}tests/fixtures/wasm/memory_wide.wasm`]);
  assertEquals(refused.code, 3);
  assertMatch(refused.out, /^code .* refused, so nothing of it is compiled$/m);
  assertMatch(refused.out, /^features +memory64$/m);
  assertStringIncludes(refused.err, "64-bit memory");
});

Deno.test("main() asks a module what it is only where it is told to", async () => {
  const names = async (...options: readonly string[]) => {
    const { code, out } = await capture(["inspect", "--json", `${WEB}/web.wasm`, ...options]);
    assertEquals(code, 0);
    const { asks, module } = JSON.parse(out);
    return [asks.map(({ name }: { readonly name: string }) => name), module.described] as const;
  };
  assertEquals(await names(), [["net"], undefined]);
  const [asks, described] = await names("--describe");
  assert(described.capabilities.length > 0 && asks.includes("net"), Deno.inspect(described));
});

Deno.test("main() inspects with exit 3 what has errors, 7 what is not the expected module", async () => {
  const bad = await capture(["inspect", `${EXAMPLES}/bad-manifest`]);
  assertEquals(bad.code, 3);
  assertStringIncludes(bad.err, "capabilites");
  const swapped = ["inspect", `${EXAMPLES}/validate-js`, `--integrity=${"0".repeat(64)}`];
  assertEquals((await capture(swapped)).code, 7);
});

Deno.test("main() checks every example clean, and starts those that it may", async () => {
  for (const { name, isDirectory } of Deno.readDirSync(EXAMPLES)) {
    if (!isDirectory || name === "bad-manifest") continue;
    const { code, out, err } = await capture(["check", `${EXAMPLES}/${name}`]);
    assertEquals([code, out], [0, ""], name);
    if (name === "asks-env") assertStringIncludes(err, "--grant env=HOME");
    else assertStringIncludes(err, "it starts");
  }
});

Deno.test("main() checks a bad extension with every issue on a line", async () => {
  await using directory = await temporaryDirectory({
    "extension.json": `{
  "name": "a",
  "runtime": "js",
  "module": "a.js",
  "version": 1,
  "capabilities": ["evn"]
}`,
    "a.js": `\nimport "./b.js";`,
  });
  const { code, out } = await capture(["check", directory.path]);
  assertEquals(code, 3);
  const lines = out.trimEnd().split("\n");
  assertEquals(lines.length, 3);
  assertStringIncludes(lines[0] ?? "", `${directory.path}/extension.json:5:14: version: `);
  assertMatch(lines[1] ?? "", /extension\.json:6:20: capabilities\[0\]: .*did you mean "env"\?$/);
  assertStringIncludes(lines[2] ?? "", `${directory.path}/a.js:2: `);
  const json = JSON.parse((await capture(["check", "--json", directory.path])).out);
  assertEquals([json.ok, json.issues.length, json.started], [false, 3, false]);
});

Deno.test("main() checks that an extension starts", async () => {
  await using directory = await temporaryDirectory({
    "extension.json": { name: "a", runtime: "quickjs", module: "a.js" },
    "a.js": "function (",
  });
  const { code, out } = await capture(["check", directory.path]);
  assertEquals(code, 3);
  assertStringIncludes(out, directory.path);
});

Deno.test("main() tells which engines work here", async () => {
  const { code, out } = await capture(["doctor"]);
  assertEquals(code, 0);
  assertStringIncludes(out, `Deno ${Deno.version.deno}`);
  const { versions, engines } = JSON.parse((await capture(["doctor", "--json"])).out);
  assertEquals(versions.deno, Deno.version.deno);
  const tiers = (engines as { engine: string; isolation: string }[])
    .map(({ engine, isolation }) => `${engine} ${isolation}`);
  for (const tier of ["native inline", "wasm inline", "quickjs inline", "js process"]) {
    assert(tiers.includes(tier), tier);
  }
});
