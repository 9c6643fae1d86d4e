/** The graph holds what a module imports inside its own directory, and refuses the rest. @module */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import {
  collectGraph,
  GRAPH_BYTES,
  GRAPH_FILES,
  openGraph,
  resolveIn,
  type ScriptGraph,
} from "../../../runtime/script/graph.ts";
import type { Stripper } from "../../../runtime/script/strip.ts";
import { memorySource } from "./memory_source.ts";

/** Types are not what these tests are about: the text stays as it is, and says who asked. */
const plain: Stripper = {
  strip: (path, text) => Promise.resolve(`${text}//${path}`),
  locate: () => Promise.resolve(undefined),
  close() {},
};

type Files = { readonly [path: string]: string | Uint8Array };

function graphOf(files: Files, entry?: string): Promise<ScriptGraph> {
  return openGraph(memorySource(files, entry), plain);
}

async function refused(run: () => Promise<unknown>, ...parts: string[]): Promise<void> {
  const fault = await assertRejects(run, Fault);
  assertEquals(fault.code, "unsupported");
  for (const part of parts) assertStringIncludes(fault.message, part);
}

Deno.test("openGraph() reads index.js when the manifest names no module", async () => {
  const { entry } = await graphOf({ "index.js": "var a" }, "");
  assertEquals(entry, { path: "index.js", kind: "script", text: "var a" });
});

Deno.test("openGraph() strips the types of .ts and takes it for a module", async () => {
  const { entry } = await graphOf({ "src/main.ts": "let a" }, "src/main.ts");
  assertEquals(entry, { path: "src/main.ts", kind: "module", text: "let a//src/main.ts" });
});

Deno.test("openGraph() refuses a missing module and bytes that are no text", async () => {
  await refused(() => graphOf({}, "gone.js"), '"gone.js"');
  await refused(() => graphOf({ "index.js": new Uint8Array([0xff, 0xfe]) }), "UTF-8");
});

Deno.test("resolve() finds relative files of the extension only", async () => {
  const graph = await graphOf({
    "src/main.js": "import './a.js'",
    "src/a.js": "1",
    "b.js": "2",
    "src/c.mjs": "3",
  }, "src/main.js");
  assertEquals((await graph.resolve("src/main.js", "./a.js")).path, "src/a.js");
  assertEquals((await graph.resolve("src/main.js", "../b.js")).path, "b.js");
  assertEquals((await graph.resolve("src/main.js", "././../src/a.js")).path, "src/a.js");
  assertEquals((await graph.resolve("src/a.js", "./c.mjs")).kind, "module");
});

Deno.test("resolve() refuses everything that is no relative path inside the extension", async () => {
  const graph = await graphOf({ "index.js": "import 'a'", "a.js": "", "d/e.js": "" });
  for (
    const specifier of [
      "a.js",
      "",
      "lodash",
      "node:fs",
      "npm:left-pad",
      "jsr:@std/fs",
      "data:text/javascript,1",
      "blob:null/1",
      "file:///etc/passwd",
      "http://127.0.0.1/",
      "https://example.com/a.js",
      "/a.js",
      "//host/a.js",
      "C:/a.js",
      "./C:/a.js",
      "../a.js",
      "./../a.js",
      "./d/../../a.js",
      "./a.js\0",
      ".\\a.js",
      "./d\\e.js",
      "./%61.js",
      "./%2e%2e/a.js",
      "./a.js?x",
      "./a.js#x",
      "./d//e.js",
      "./a.js\n",
      "./a\ud800.js",
      ".a.js",
      "...",
      "airlock:other",
      "./" + "a".repeat(2000),
    ]
  ) {
    await refused(() => graph.resolve("index.js", specifier), "index.js");
  }
});

Deno.test("resolve() names file, line and specifier, and hides nothing in it", async () => {
  const graph = await graphOf({ "index.js": "\n\nimport 'node:fs'" });
  await refused(() => graph.resolve("index.js", "node:fs"), "index.js:3 ", '"node:fs"');
  const fault = await assertRejects(() => graph.resolve("index.js", "\u202e\x1b[31m"), Fault);
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x1f\u202e]/.test(fault.message));
});

Deno.test("resolve() takes data only with its attribute", async () => {
  const files = {
    "index.js": "import './a.js'",
    "a.json": '{"a":1}',
    "a.txt": "text",
    "a.js": "1",
  };
  const graph = await graphOf(files);
  assertEquals(await graph.resolve("index.js", "./a.json", "json"), {
    path: "a.json",
    kind: "json",
    text: '{"a":1}',
  });
  assertEquals((await graph.resolve("index.js", "./a.js", "text")).kind, "text");
  assertEquals((await graph.resolve("index.js", "./a.js")).kind, "module");
  await refused(() => graph.resolve("index.js", "./a.json"), 'type: "json"');
  await refused(() => graph.resolve("index.js", "./a.txt"), 'type: "text"');
  await refused(() => graph.resolve("index.js", "./a.txt", "bytes"), '"bytes"');
});

Deno.test("resolve() guesses endings for require alone", async () => {
  const graph = await graphOf({
    "index.js": "require('./a')",
    "a.js": "exports.a = 1",
    "lib/index.js": "require('..')",
    "data.json": "{}",
    "esm.mjs": "export {}",
  });
  const path = async (specifier: string, from = "index.js") =>
    (await graph.resolve(from, specifier)).path;
  assertEquals(await path("./a"), "a.js");
  assertEquals(await path("./a.js"), "a.js");
  assertEquals(await path("./lib"), "lib/index.js");
  assertEquals(await path("./lib/"), "lib/index.js");
  assertEquals(await path("..", "lib/index.js"), "index.js");
  assertEquals(await path("./data"), "data.json");
  assertEquals((await graph.resolve("index.js", "./data.json")).kind, "json");
  await refused(() => graph.resolve("index.js", "./none"), '"./none"');
  await refused(() => graph.resolve("index.js", "../a"), "outside");
});

Deno.test("resolve() does not mix CommonJS and ES modules", async () => {
  const esm = await graphOf({ "index.js": "import './a.js'", "a.js": "exports.a = 1" });
  await refused(() => esm.resolve("index.js", "./a.js"), "CommonJS");
  const cjs = await graphOf({ "index.js": "require('./a.js')", "a.js": "export {}" });
  await refused(() => cjs.resolve("index.js", "./a.js"), "ES module");
});

Deno.test("resolve() reads each file once and knows only referrers that it gave out", async () => {
  const source = memorySource({ "index.js": "import './a.js'", "a.js": "1" });
  const graph = await openGraph(source, plain);
  const both = await Promise.all([
    graph.resolve("index.js", "./a.js"),
    graph.resolve("index.js", "./a.js"),
  ]);
  assert(both[0] === both[1]);
  assertEquals(source.reads.get("a.js"), 1);
  await refused(() => graph.resolve("b.js", "./a.js"), '"b.js"');
});

Deno.test("seal() lets nothing more in", async () => {
  const graph = await graphOf({ "index.js": "import './a.js'", "a.js": "1", "b.js": "2" });
  await graph.resolve("index.js", "./a.js");
  graph.seal();
  assertEquals((await graph.resolve("index.js", "./a.js")).path, "a.js");
  await refused(() => graph.resolve("index.js", "./b.js"), '"./b.js"');
});

Deno.test("collectGraph() follows literal specifiers, and resolveIn() finds what they mean", async () => {
  const files = await collectGraph(
    await graphOf({
      "index.js":
        'import "./a.js"; import d from "./d.json" with { type: "json" }; import "airlock:host"',
      "a.js": 'export * from "./lib/b.js"',
      "lib/b.js": 'import "../a.js"; import "npm:x"; import "./gone.js"',
      "d.json": "[]",
      "unused.js": "",
    }),
  );
  assertEquals([...files.keys()].sort(), ["a.js", "d.json#json", "index.js", "lib/b.js"]);
  assertEquals(resolveIn(files, "lib/b.js", "../a.js").path, "a.js");
  assertEquals(resolveIn(files, "index.js", "./d.json").kind, "json");
  for (const specifier of ["./gone.js", "npm:x", "../unused.js", "./unused.js"]) {
    assertEquals(
      assertThrows(() => resolveIn(files, "lib/b.js", specifier), Fault).code,
      "unsupported",
    );
  }
});

Deno.test("collectGraph() follows require in CommonJS", async () => {
  const files = await collectGraph(
    await graphOf({
      "index.js": "const a = require('./a'); try { require('./gone') } catch {}",
      "a.js": "module.exports = require('./data.json')",
      "data.json": "{}",
    }),
  );
  assertEquals([...files.keys()].sort(), ["a.js", "data.json#json", "index.js"]);
  assertEquals(resolveIn(files, "index.js", "./a").path, "a.js");
});

Deno.test("collectGraph() stops at the limits of a graph", async () => {
  const many: Record<string, string> = { "index.js": "" };
  for (let i = 0; i <= GRAPH_FILES; i++) {
    many["index.js"] += `import "./${i}.js";\n`;
    many[`${i}.js`] = "export {}";
  }
  await refused(async () => collectGraph(await graphOf(many)), `${GRAPH_FILES} files`);
  const half = " ".repeat(GRAPH_BYTES / 2);
  const large = { "index.js": 'import "./a.js"; import "./b.js"', "a.js": half, "b.js": half };
  await refused(async () => collectGraph(await graphOf(large)), `${GRAPH_BYTES} bytes`);
});

Deno.test("a file of thousands of references costs time in proportion, and more are refused", async () => {
  const requires = (count: number) =>
    Array.from({ length: count }, (_, i) => `require("./${i}");`).join("\n");
  const began = performance.now();
  const files = await collectGraph(await graphOf({ "index.js": requires(9_000) }));
  assertEquals(files.size, 1);
  assertThrows(() => resolveIn(files, "index.js", "./8999"), Fault, "index.js:9000");
  assert(performance.now() - began < 10_000);
  await refused(() => graphOf({ "index.js": requires(10_001) }), "more than 10000 times");
});
