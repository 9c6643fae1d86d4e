/** `airlock run` inside this process: results, exit codes and messages. @module */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { temporaryDirectory } from "../temporary.ts";
import { capture } from "./capture.ts";
import { ECHO_WASM } from "../fixtures/consumer/echo_wasm.ts";
import { ROOT } from "./process.ts";

const EXAMPLES = `${ROOT}examples/extensions`;
const RECORD = '{"email":"Foo@Example.COM ","age":25}';
const CHECKED = '{"ok":true,"email":"foo@example.com","age":25}';

/** A directory with one extension of plain functions in QuickJS. */
function quickjs(source: string, manifest: { readonly [key: string]: unknown } = {}) {
  return temporaryDirectory({
    "extension.json": { name: "a", runtime: "quickjs", module: "a.js", ...manifest },
    "a.js": source,
  });
}

for (
  const name of [
    "validate-as",
    "validate-c",
    "validate-go",
    "validate-js",
    "validate-quickjs",
    "validate-rust",
    "validate-ts",
  ]
) {
  Deno.test(`main() runs validate of ${name}`, async () => {
    const { code, out, err } = await capture(["run", `${EXAMPLES}/${name}`, "validate", RECORD]);
    assertEquals([code, out, err], [0, CHECKED, ""]);
    const bad = await capture(["run", `${EXAMPLES}/${name}`, "validate", '{"age":25}']);
    assertEquals([bad.code, bad.out], [0, '{"ok":false,"error":"email required"}']);
  });
}

Deno.test("main() writes result bytes as they are, and a newline only on a terminal", async () => {
  await using directory = await temporaryDirectory({ "echo.wasm": ECHO_WASM });
  const file = `${directory.path}/payload`;
  const payload = Uint8Array.of(0, 0xff, 0x0a, 0x1b, 0x80);
  await Deno.writeFile(file, payload);
  const args = ["run", `${directory.path}/echo.wasm`, "echo"];
  assertEquals((await capture([...args, `@${file}`])).bytes, payload);
  assertEquals((await capture([...args, "a"])).out, "a");
  assertEquals((await capture([...args, "a"], { terminal: true })).out, "a\n");
  assertEquals((await capture([...args, "a\n"], { terminal: true })).out, "a\n");
  assertEquals((await capture(args, { terminal: true })).out, "");
});

Deno.test("main() reads standard input when it is asked to, and only then", async () => {
  await using directory = await temporaryDirectory({ "echo.wasm": ECHO_WASM });
  const args = ["run", `${directory.path}/echo.wasm`, "echo"];
  const input = new Blob(["from ", "outside"]).stream();
  assertEquals((await capture([...args, "-"], { input })).out, "from outside");
  // capture() fails when standard input is touched without being asked for
  assertEquals((await capture([...args, "inside"])).out, "inside");
});

Deno.test("main() refuses an input that never ends, and a file that is not there", async () => {
  const input = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
  });
  const endless = await capture(["run", "x", "f", "-"], { input });
  assertEquals(endless.code, 2);
  assertStringIncludes(endless.err, "standard input");
  const missing = await capture(["run", "x", "f", "@/nonexistent"]);
  assertEquals(missing.code, 2);
  assertStringIncludes(missing.err, "payload");
});

Deno.test("main() with --json gives the result as text, or as base64 where it is none", async () => {
  await using directory = await temporaryDirectory({ "echo.wasm": ECHO_WASM });
  const args = ["run", "--json", `${directory.path}/echo.wasm`, "echo"];
  const text = JSON.parse((await capture([...args, "é"])).out);
  assertEquals([text.ok, text.result, text.encoding, text.name], [true, "é", "utf-8", "echo"]);
  assert(text.ms >= 0);
  const file = `${directory.path}/payload`;
  await Deno.writeFile(file, Uint8Array.of(0xff));
  const bytes = JSON.parse((await capture([...args, `@${file}`])).out);
  assertEquals([bytes.result, bytes.encoding], ["/w==", "base64"]);
});

Deno.test("main() with --json writes nothing that steers a terminal", async () => {
  await using directory = await temporaryDirectory({ "echo.wasm": ECHO_WASM });
  const hostile = "\x1b[2J\x9b1m\u202e\u2028";
  const { out } = await capture(["run", "--json", `${directory.path}/echo.wasm`, "echo", hostile]);
  assertEquals(JSON.parse(out).result, hostile);
  for (const char of "\x1b\x9b\u202e\u2028") assert(!out.includes(char));
});

Deno.test("main() exits 3 for what is no extension, or a bad one, with every issue", async () => {
  const bad = await capture(["run", `${EXAMPLES}/bad-manifest`, "validate"]);
  assertEquals([bad.code, bad.out], [3, ""]);
  assertMatch(bad.err, /extension\.json:\d+:\d+: .*did you mean "capabilities"\?/);
  const none = await capture(["run", `${EXAMPLES}/nonexistent`, "validate"]);
  assertEquals(none.code, 3);
  await using directory = await quickjs("", { runtime: "quickj" });
  const unknown = await capture(["run", directory.path, "f"]);
  assertEquals(unknown.code, 3);
  assertStringIncludes(unknown.err, 'did you mean "quickjs"?');
});

Deno.test("main() exits 4 for what is not granted and prints the exact flag", async () => {
  const args = ["run", `${EXAMPLES}/asks-env`, "whoami"];
  const { code, out, err } = await capture(args);
  assertEquals([code, out], [4, ""]);
  assertStringIncludes(err, "--grant env=HOME");
  const json = JSON.parse((await capture([...args, "--json"])).out);
  assertEquals([json.ok, json.exit, json.error.code, json.error.grant], [
    false,
    4,
    "denied",
    "env=HOME",
  ]);
  assertEquals((await capture([...args, "--grant", "env=HOME"])).code, 0);
});

Deno.test("main() exits 5 for an unknown function and for what a guest throws", async () => {
  await using directory = await quickjs(
    String.raw`function f() { throw new Error("no\u001b[31m!\u202e") }`,
  );
  assertEquals((await capture(["run", directory.path, "g"])).code, 5);
  const { code, out, err } = await capture(["run", directory.path, "f"]);
  assertEquals([code, out], [5, ""]);
  assertStringIncludes(err, String.raw`no\u{1b}[31m!\u{202e}`);
  const json = JSON.parse((await capture(["run", directory.path, "f", "--json"])).out);
  assertEquals(json.error.code, "guest-error");
  assertEquals(json.error.function, "f");
});

Deno.test("main() exits 6 for what takes too long, and --timeout decides", async () => {
  const endless = await capture(["run", `${EXAMPLES}/endless-loop`, "validate"]);
  assertEquals(endless.code, 6);
  assertStringIncludes(endless.err, "--timeout");
  await using directory = await quickjs("function f() { for (;;); }");
  const start = performance.now();
  assertEquals((await capture(["run", directory.path, "f", "--timeout=50"])).code, 6);
  assert(performance.now() - start < 900);
});

Deno.test("main() exits 7 when the module is not the expected one", async () => {
  const args = ["run", `${EXAMPLES}/validate-quickjs`, "validate", RECORD];
  const wrong = await capture([...args, `--integrity=${"0".repeat(64)}`]);
  assertEquals([wrong.code, wrong.out], [7, ""]);
  const [right] = /sha256-[\w+/=]+/.exec(wrong.err) ?? [];
  assertEquals((await capture([...args, `--integrity=${right}`])).out, CHECKED);
  await using directory = await quickjs("function f() {}", { integrity: "0".repeat(64) });
  assertEquals((await capture(["run", directory.path, "f"])).code, 7);
});

Deno.test("main() hands configuration over and keeps guest logs off standard output", async () => {
  await using directory = await quickjs(
    `function f() { console.log("hello"); return airlock.config; }`,
    { config: { a: 1, b: 1 } },
  );
  const { out, err } = await capture(["run", directory.path, "f", '--config={"b":2}']);
  assertEquals(out, '{"a":1,"b":2}');
  assertStringIncludes(err, "hello");
});

Deno.test("main() never colours but on a terminal, and not even there with NO_COLOR", async () => {
  const args = ["run", "/nonexistent", "f"];
  assert(!(await capture(args)).err.includes("\x1b"));
  assert((await capture(args, { terminal: true })).err.includes("\x1b["));
  assert(!(await capture(args, { terminal: true, noColor: true })).err.includes("\x1b"));
});

Deno.test("main() keeps files of an extension under --storage-root, also from one run to the next", async () => {
  const source = `
    export const keep = async () => (await airlock.fs.write("a.txt", "kept"), "done");
    export const read = async () => new TextDecoder().decode(await airlock.fs.read("a.txt"));
  `;
  await using directory = await quickjs(source, { capabilities: ["fs"] });
  await using storage = await temporaryDirectory();
  const options = ["--grant", "fs", "--storage-root", storage.path];
  const run = (fn: string) => capture(["run", directory.path, fn, "null", ...options]);
  assertEquals((await run("keep")).out, '"done"');
  assertEquals((await run("read")).out, '"kept"');
  assertEquals([...Deno.readDirSync(storage.path)].length, 1);
  const without = await capture(["run", directory.path, "keep", "null", "--grant", "fs"]);
  assertEquals(without.code, 5);
  assertStringIncludes(without.err, "storage root");
});
