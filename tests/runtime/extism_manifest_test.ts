/** Extism manifests as what a host loads: files, objects, URLs, several modules; asks, never grants. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  CapabilityError,
  ExtensionError,
  ExtensionHost,
  extismFunction,
  type GrantOptions,
  ManifestError,
} from "../../mod.ts";
import { temporaryDirectory } from "../temporary.ts";
import { answers, failure, loadPlugin, PLUGINS } from "./wasm/abi/extism_guest.ts";

const read = (name: string) => Deno.readFile(new URL(`${name}.wasm`, PLUGINS));
const hashOf = async (bytes: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();

Deno.test("load() takes the file of an Extism manifest, with paths beside it", async () => {
  const bytes = await read("count_vowels");
  await using directory = await temporaryDirectory({
    "plugin.json": {
      wasm: [{ path: "bin/count.wasm", hash: await hashOf(bytes) }],
      timeout_ms: 300,
      memory: { max_pages: 4, max_var_bytes: 2000 },
    },
    "bin/count.wasm": bytes,
  });
  await using host = new ExtensionHost({ log: () => {} });
  const extension = await host.load(`${directory.path}/plugin.json`);
  assertEquals([extension.name, extension.abi], ["count", "extism"]);
  assertEquals(extension.manifest.limits.timeoutMs, 300);
  assertEquals(await extension.as("extism").callText("count_vowels", "aeiou"), "05 05");
  assertEquals(extension.grants.has("net"), false);
});

Deno.test("load() takes an Extism manifest as an object, with bytes, base64 or paths", async () => {
  const bytes = await read("count_vowels");
  for (const data of [bytes, bytes.toBase64()]) {
    await using loaded = await loadPlugin({ wasm: [{ data, hash: await hashOf(bytes) }] });
    assertEquals(loaded.extension.name, "plugin");
    assertEquals(await loaded.call("count_vowels", "aeiou"), "05 05");
  }
  const path = fromFileUrl(new URL("count_vowels.wasm", PLUGINS));
  const error = await assertRejects(() => loadPlugin({ wasm: [{ path }] }), ManifestError);
  assertEquals(error.issues.map((issue) => issue.path), ["module"]);
});

Deno.test("load() fetches modules of an Extism manifest, and checks their hashes", async () => {
  const bytes = await read("count_vowels");
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/plugin.wasm") return new Response(bytes);
    const manifest = { wasm: [{ url: `http://127.0.0.1:${server.addr.port}/plugin.wasm` }] };
    return pathname === "/plugin.json"
      ? Response.json(manifest)
      : new Response(null, { status: 404 });
  }) as Deno.HttpServer<Deno.NetAddr>;
  const at = (path: string) => `http://127.0.0.1:${server.addr.port}${path}`;
  try {
    const hash = await hashOf(bytes);
    await using loaded = await loadPlugin({ wasm: [{ url: at("/plugin.wasm"), hash }] });
    assertEquals(await loaded.call("count_vowels", "aeiou"), "05 05");
    const wrong = { wasm: [{ url: at("/plugin.wasm"), hash: "0".repeat(64) }] };
    assertEquals(await failure(loadPlugin(wrong)), "integrity");
    assertEquals(await failure(loadPlugin({ wasm: [{ url: at("/none.wasm") }] })), "unsupported");
    await using remote = await loadPlugin(new URL(at("/plugin.json")));
    assertEquals(await remote.call("count_vowels", "aeiou"), "05 05");
  } finally {
    await server.shutdown();
  }
});

Deno.test("load() refuses a linked module that is not the expected one, or leaves the directory", async () => {
  const [main, text, bytes] = await Promise.all(
    ["linked_main", "linked_text", "linked_bytes"].map(read),
  );
  const wasm = [
    { data: text ?? "", name: "text", hash: "0".repeat(64) },
    { data: bytes ?? "", name: "bytes" },
    { data: main ?? "", name: "main" },
  ];
  assertEquals(await failure(loadPlugin({ wasm })), "integrity");
  const outside = [{ path: "../text.wasm", name: "text" }, { data: main ?? "" }];
  assertEquals(await failure(loadPlugin({ wasm: outside })), "unsupported");
});

Deno.test("what an Extism manifest allows itself is asked of the operator", async () => {
  const data = await read("plugin");
  const manifest = { wasm: [{ data }], allowed_hosts: ["127.0.0.1"], timeout_ms: 60_000 };
  const hostFunctions = answers();
  const error = await assertRejects(() => loadPlugin(manifest, { hostFunctions }), CapabilityError);
  assertEquals([error.code, error.capability, error.grant], ["denied", "net", "net=127.0.0.1:*"]);

  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    return new Response("answered");
  }) as Deno.HttpServer<Deno.NetAddr>;
  const { port } = server.addr;
  try {
    // the operator grants more than is asked: only what both say exists
    const grants = { net: { hosts: [`127.0.0.1:${port}`, `localhost:${port}`] } };
    await using loaded = await loadPlugin(manifest, { hostFunctions, grants });
    const request = (host: string) => JSON.stringify({ url: `http://${host}:${port}/` });
    assertStringIncludes(await loaded.call("http", request("127.0.0.1")), "answered");
    assertEquals(
      await failure(loaded.call("http", request("localhost"))),
      "CapabilityError denied",
    );
    // and its own limits only lower what the operator allows
    await using short = await loadPlugin(manifest, {
      hostFunctions,
      grants,
      limits: { timeoutMs: 50 },
    });
    assertEquals(short.extension.manifest.limits.timeoutMs, 60_000);
  } finally {
    await server.shutdown();
  }
  // a plugin that allows itself nothing gets nothing, whatever the operator would grant
  await using quiet = await loadPlugin({ wasm: [{ data }] }, {
    hostFunctions,
    grants: { net: { hosts: ["*"] } },
  });
  assertEquals(quiet.extension.grants.has("net"), false);
});

Deno.test("limits of an Extism manifest hold: memory, variables, answers", async () => {
  const data = await read("plugin");
  const manifest = { wasm: [{ data }], memory: { max_pages: 20, max_var_bytes: 300 } };
  const options = { hostFunctions: answers() };
  await using loaded = await loadPlugin(manifest, options);
  assertEquals(loaded.extension.manifest.limits.memoryBytes, 20 * 65_536);
  assertEquals(await failure(loaded.call("var_keep_bytes", "400")), "CapabilityError quota");
  await loaded.call("fill_store");
  assert(loaded.extension.memorySize <= 20 * 65_536, `${loaded.extension.memorySize}`);
  const small = { wasm: [{ data: await read("lying") }], memory: { max_pages: 1 } };
  await using tiny = await loadPlugin(small);
  assertEquals(await tiny.call("output_input", "fits"), "fits");
});

Deno.test("several modules are linked by name, in a circle too, each with its own memory", async () => {
  const [main, text, bytes] = await Promise.all(
    ["linked_main", "linked_text", "linked_bytes"].map(read),
  );
  const lines: string[] = [];
  const wasm = [
    { data: text ?? "", name: "text" },
    { data: bytes ?? "", name: "bytes" },
    { data: main ?? "" },
  ];
  const manifest = { wasm };
  const change = extismFunction("change", (blocks, handle) => `${blocks.text(BigInt(handle))}!`);
  await using loaded = await loadPlugin(manifest, {
    hostFunctions: [change],
    stdout: (line) => void lines.push(line),
  });
  assertEquals(loaded.extension.exports, ["input_twice", "is_ready", "loop", "byte"]);
  assertEquals(await loaded.call("input_twice", "ab"), "ab!ab!");
  assertEquals(await loaded.call("is_ready"), "");
  assertEquals(await failure(loaded.call("byte")), "guest-error");
  // the module that prints does so from its own memory
  assertEquals(lines, ["*ytes"]);

  // each is stopped like a module of its own
  const late = loaded.plugin.call("loop", "", { timeoutMs: 60 });
  assertEquals(await failure(late), "timeout");

  // no JavaScript stands between the modules, so that a host function may wait
  const later = extismFunction("change", async (blocks, handle) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return `${blocks.text(BigInt(handle))}?`;
  });
  await using waiting = await loadPlugin(manifest, { hostFunctions: [later], stdout() {} });
  assertEquals(await waiting.call("input_twice", "x"), "x?x?");
});

Deno.test("load() says what modules want from each other and do not get", async () => {
  const [main, text] = await Promise.all(["linked_main", "linked_text"].map(read));
  const wasm = [{ data: text ?? "", name: "text" }, { data: main ?? "" }];
  const error = await assertRejects(() => loadPlugin({ wasm })) as ExtensionError;
  assertEquals(error.code, "unsupported");
  assertStringIncludes(error.message, "bytes.memory");
  const swapped = [
    { data: main ?? "", name: "text" },
    { data: text ?? "", name: "bytes" },
    { data: main ?? "" },
  ];
  const other = await assertRejects(() => loadPlugin({ wasm: swapped })) as ExtensionError;
  assertStringIncludes(other.message, '"text.twice", which "text" does not export');
});

Deno.test("load() tells what is wrong with an Extism manifest, with lines", async () => {
  await using directory = await temporaryDirectory({
    "bad.json": '{\n  "wasm": [{ "path": "a.wasm" }],\n  "timeout_ms": 0\n}',
    "other.json": '{ "hello": 1 }',
  });
  await using host = new ExtensionHost({ log: () => {} });
  const error = await assertRejects(() => host.load(`${directory.path}/bad.json`), ManifestError);
  assertEquals(error.issues.map(({ path, line }) => [path, line]), [["timeout_ms", 3]]);
  assertEquals(await failure(host.load(`${directory.path}/other.json`)), "unsupported");
});

Deno.test("inspect() shows what an Extism manifest asks for", async () => {
  const data = await read("count_vowels");
  await using host = new ExtensionHost({ log: () => {} });
  const { module, asks } = await host.inspect({ wasm: [{ data }], allowed_hosts: ["example.com"] });
  assertEquals(module?.abi, "extism");
  assertEquals(asks.map(({ name }) => name), ["net"]);
});

Deno.test("a plugin finds the allowed_paths that are granted, under its own names, and no other", async () => {
  const data = await read("reads");
  await using directory = await temporaryDirectory({ "in/file": "from the host" });
  const path = `${directory.path}/in`;
  const load = async (allowed_paths: Record<string, string>, grants: GrantOptions) => {
    await using host = new ExtensionHost({ log: () => {} });
    const plugin = await host.load({ wasm: [{ data }], allowed_paths }, { grants });
    const call = async (fn: string) => {
      try {
        return new TextDecoder().decode(await plugin.invoke(fn));
      } catch (error) {
        return error instanceof ExtensionError ? error.code : error;
      }
    };
    return [await call("name"), await call("read_file"), await call("write_file")];
  };
  const both = { fs: { read: [path], write: [path] } };
  assertEquals(await load({ [path]: "/data" }, both), ["/data", "from the host", ""]);
  // read only: by the plugin's own word, or by the operator's
  const readOnly = ["/data", "from the host", "guest-error"];
  assertEquals(await load({ [`ro:${path}`]: "/data" }, both), readOnly);
  assertEquals(await load({ [path]: "/data" }, { fs: { read: [path] } }), readOnly);
  const nothing = ["guest-error", "guest-error", "guest-error"];
  assertEquals(await load({ [path]: "/data" }, {}), nothing);
  assertEquals(await load({}, both), nothing);
  assertEquals(await load({ [path]: "/data" }, { fs: { read: [`${path}/elsewhere`] } }), nothing);
});

for (const isolation of ["inline", "worker"] as const) {
  Deno.test(`an Extism manifest's own limits stop its plugin, ${isolation}`, async () => {
    const data = await read("attacks");
    const manifest = { wasm: [{ data }], timeout_ms: 60, memory: { max_pages: 32 } };
    await using loaded = await loadPlugin(manifest, { isolation });
    const start = performance.now();
    assertEquals(await failure(loaded.call("loop")), "timeout");
    assert(performance.now() - start < 2_000, `${performance.now() - start} ms`);
    // blocks and the plugin's own memory count together, and to the page
    await using roomy = await loadPlugin({ ...manifest, timeout_ms: 10_000 }, { isolation });
    assertEquals(await failure(roomy.call("hoard")), "memory-limit");
    assertEquals(await failure(roomy.call("grow")), "trap");
    assert(roomy.extension.memorySize <= 32 * 65_536, `${roomy.extension.memorySize}`);
  });

  Deno.test(`modules that are linked in a circle run ${isolation}`, async () => {
    const [text, bytes, main] = await Promise.all(
      ["linked_text", "linked_bytes", "linked_main"].map(read),
    );
    const wasm = [
      { data: text ?? "", name: "text" },
      { data: bytes ?? "", name: "bytes" },
      { data: main ?? "" },
    ];
    const change = extismFunction("change", (blocks, handle) => `${blocks.text(BigInt(handle))}!`);
    const options = { hostFunctions: [change], stdout() {}, isolation };
    await using loaded = await loadPlugin({ wasm }, options);
    assertEquals(await loaded.call("input_twice", "ab"), "ab!ab!");
    assertEquals(await failure(loaded.plugin.call("loop", "", { timeoutMs: 60 })), "timeout");
    assertEquals(await loaded.call("input_twice", "c"), "c!c!");
  });
}
