/** Tests of runtime/host.ts: Base's loader rules, load from every source, close. @module */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import {
  CapabilityError,
  ExtensionError,
  ExtensionHost,
  type HostOptions,
  type LoadRequest,
  ManifestError,
  type Module,
  NativeRegistry,
  noHasher,
  type Runtime,
} from "../../mod.ts";
import { temporaryDirectory } from "../temporary.ts";

const NATIVE = { runtime: "native" };
const QUICKJS = { name: "one.js", bytes: "function one() { return 1 }" };

/** An embedder's own engine, as Base's loader tests use one. */
function echoRuntime(
  name: string,
  options: Partial<Runtime> & Partial<Pick<Module, "close">> = {},
) {
  const closed: string[] = [];
  const runtime: Runtime & { readonly closed: string[] } = {
    name,
    traits: {
      languages: ["echo"],
      authority: "none",
      loop: "cooperative",
      memory: "none",
      crash: "host",
      requires: [],
    },
    closed,
    load: ({ manifest }: LoadRequest) =>
      Promise.resolve({
        name: manifest.name,
        runtime: manifest.runtime,
        exports: manifest.exports,
        invoke: (_fn, payload) =>
          typeof payload === "string" ? new TextEncoder().encode(payload) : payload.slice(),
        close: options.close ?? (() => {
          closed.push(manifest.name);
        }),
      }),
    close: () => {
      closed.push(`runtime ${name}`);
      return Promise.resolve();
    },
    ...options,
  };
  return runtime;
}

function quiet(options: HostOptions = {}): ExtensionHost {
  return new ExtensionHost({ log: () => {}, ...options });
}

async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => undefined, (error) => error);
  assert(
    error instanceof ExtensionError || error instanceof ManifestError ||
      error instanceof CapabilityError,
    `no public error: ${error}`,
  );
  return error.code;
}

Deno.test("loadDir() loads what has a manifest, in sorted order, by manifest name", async () => {
  await using dir = await temporaryDirectory({
    "b/extension.json": { name: "beta", ...NATIVE },
    "a/extension.json": { name: "alpha", ...NATIVE },
    "node_modules/x.txt": "",
    "README.md": "",
  });
  await using host = quiet();
  const loaded = await host.loadDir(dir.path);
  assertEquals([...loaded.keys()], ["alpha", "beta"]);
  assertEquals(loaded.failures, []);
  assertStrictEquals(host.get("beta"), loaded.get("beta"));
});

Deno.test("loadDir() gives an empty map for a missing directory", async () => {
  await using host = quiet();
  const loaded = await host.loadDir("/nowhere/at/all");
  assertEquals([loaded.size, loaded.failures.length], [0, 0]);
});

Deno.test("loadDir() goes on after a bad manifest, an unknown runtime, a failing load and a duplicate", async () => {
  await using dir = await temporaryDirectory({
    "a-good/extension.json": { name: "good", ...NATIVE },
    "b-json/extension.json": "not json",
    "c-runtime/extension.json": { name: "c", runtime: "nonexistent" },
    "d-flaky/extension.json": { name: "d", runtime: "flaky" },
    "e-same/extension.json": { name: "good", ...NATIVE },
    "f-denied/extension.json": {
      name: "f",
      ...NATIVE,
      capabilities: [{ name: "env", names: ["HOME"] }],
    },
    "g-good/extension.json": { name: "last", ...NATIVE },
  });
  const flaky = echoRuntime("flaky", { load: () => Promise.reject(new TypeError("flaky")) });
  const log: string[] = [];
  await using host = new ExtensionHost({ runtimes: [flaky], log: (r) => log.push(r.message) });
  const loaded = await host.loadDir(dir.path);
  assertEquals([...loaded.keys()], ["good", "last"]);
  const codes = loaded.failures.map(({ error }) =>
    error instanceof TypeError ? error.message : (error as { code: string }).code
  );
  assertEquals(codes, ["bad-manifest", "unknown-runtime", "flaky", "duplicate", "denied"]);
  assertEquals(loaded.failures.map(({ name }) => name), [undefined, "c", "d", "good", "f"]);
  assertEquals(log.length, 5);
  assertStrictEquals(host.failures, loaded.failures);
});

Deno.test("loadDir() reuses what did not change, swaps what did, closes what is gone", async () => {
  await using dir = await temporaryDirectory({
    "a/extension.json": { name: "a", ...NATIVE },
    "b/extension.json": { name: "b", ...NATIVE },
    "c/extension.json": { name: "c", ...NATIVE },
  });
  await using host = quiet();
  const first = await host.loadDir(dir.path);
  await dir.write({ "b/extension.json": { name: "b", version: "2", ...NATIVE } });
  await Deno.remove(join(dir.path, "c"), { recursive: true });
  const second = await host.loadDir(dir.path);
  assertStrictEquals(second.get("a"), first.get("a"));
  assertEquals(second.get("b")?.version, "2");
  assertEquals(await failureOf(first.get("b")?.invoke("x") ?? Promise.resolve()), "closed");
  assertEquals([...second.keys()], ["a", "b"]);
  assertEquals(host.get("c"), undefined);
  const third = await host.loadDir(dir.path, { limits: { timeoutMs: 5 } });
  assert(third.get("a") !== second.get("a"), "other limits make another extension");
});

Deno.test("loadDir() refuses a manifest that is a link to another extension's", async () => {
  await using dir = await temporaryDirectory({
    "victim/extension.json": { name: "victim", ...NATIVE, config: { secret: "s" } },
    "a-thief/steal.js": "",
  });
  await Deno.symlink("../victim/extension.json", join(dir.path, "a-thief/extension.json"));
  await using host = quiet();
  const loaded = await host.loadDir(dir.path);
  assertEquals([...loaded.keys()], ["victim"]);
  const [failure] = loaded.failures;
  assert(failure?.error instanceof ManifestError && failure.source.endsWith("a-thief"));
  assertEquals(failure.error.issues[0]?.message, "is a link out of the extension");
  const { issues, manifest } = await host.inspect(join(dir.path, "a-thief"));
  assertEquals([issues.length, manifest], [1, undefined]);
});

Deno.test("a changed extension that cannot be loaded leaves the old one running", async () => {
  await using dir = await temporaryDirectory({ "a/extension.json": { name: "a", ...NATIVE } });
  const native = new NativeRegistry().register("a:one", () => "1");
  await using host = quiet({ native });
  await host.loadDir(dir.path);
  await dir.write({ "a/extension.json": { name: "a", ...NATIVE, capabilities: ["nonsense"] } });
  const loaded = await host.loadDir(dir.path);
  assertEquals(loaded.size, 0);
  assertEquals(await host.get("a")?.invoke("one"), new TextEncoder().encode("1"));
});

Deno.test("grants bind to the directory or the digest, never to the manifest's own name", async () => {
  const asks = { ...NATIVE, capabilities: [{ name: "env", names: ["HOME"] }] };
  await using dir = await temporaryDirectory({
    "notes/extension.json": { name: "notes", ...asks },
    "evil/extension.json": { name: "notes/", ...asks },
    "liar/extension.json": { name: "notes2", ...asks },
  });
  await using host = quiet({ grants: { "notes/": { env: { names: ["HOME"] } } } });
  const loaded = await host.loadDir(dir.path);
  assertEquals([...loaded.keys()], ["notes"]);
  const digest = loaded.get("notes")?.digest ?? "";
  await using other = quiet({ grants: { [digest]: { env: true } } });
  assert((await other.load(join(dir.path, "notes"))).grants.has("env"));
  assertEquals(await failureOf(other.load(join(dir.path, "liar"))), "denied");
});

Deno.test("load() takes a directory, a manifest file, a module file, a URL, a response and bytes", async () => {
  await using dir = await temporaryDirectory({
    "ext/extension.json": { name: "ext", runtime: "quickjs", module: "one.js" },
    "ext/one.js": QUICKJS.bytes,
    "bare/one.js": QUICKJS.bytes,
  });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(QUICKJS.bytes),
  );
  const url = new URL(`http://127.0.0.1:${server.addr.port}/one.js`);
  const targets = [
    join(dir.path, "ext"),
    join(dir.path, "ext/extension.json"),
    join(dir.path, "bare/one.js"),
    toFileUrl(join(dir.path, "ext")),
    toFileUrl(join(dir.path, "bare/one.js")),
    url,
    await fetch(url),
    QUICKJS,
    { name: "one.js", bytes: new TextEncoder().encode(QUICKJS.bytes) },
    {
      manifest: { name: "ext", runtime: "quickjs", module: "one.js" },
      files: { "one.js": QUICKJS.bytes },
    },
  ];
  for (const target of targets) {
    await using host = quiet();
    const ext = await host.load(target, { runtime: "quickjs" });
    assertEquals(await ext.call("one"), 1, String(target));
  }
});

Deno.test("load() says what is missing", async () => {
  await using dir = await temporaryDirectory({
    "empty/x.txt": "",
    "nomodule/extension.json": { name: "a", runtime: "quickjs", module: "gone.js" },
    "two/a.wasm": "",
    "two/b.wasm": "",
    "x.bin": "",
  });
  await using host = quiet();
  assertEquals(await failureOf(host.load(join(dir.path, "nowhere"))), "no-manifest");
  assertEquals(await failureOf(host.load(join(dir.path, "empty"))), "no-manifest");
  assertEquals(await failureOf(host.load(join(dir.path, "two"))), "no-manifest");
  assertEquals(await failureOf(host.load(join(dir.path, "nomodule"))), "bad-manifest");
  assertEquals(await failureOf(host.load(join(dir.path, "x.bin"))), "unsupported");
  assertEquals(await failureOf(host.load(new URL("data:text/javascript,1"))), "unsupported");
});

Deno.test("load() refuses a name that is loaded, also while the first load is under way", async () => {
  await using host = quiet();
  const first = host.load({ manifest: { name: "a", ...NATIVE } });
  assertEquals(await failureOf(host.load({ manifest: { name: "a", ...NATIVE } })), "duplicate");
  await (await first).close();
  await host.load({ manifest: { name: "a", ...NATIVE } });
});

Deno.test("load() lists all capability issues at once with their paths", async () => {
  await using host = quiet();
  const capabilities = [{ name: "env", names: 5 }, { name: "kv", bytes: "x" }];
  const error = await assertRejects(
    () => host.load({ manifest: { name: "a", ...NATIVE, capabilities } }),
    ManifestError,
  );
  assertEquals(error.issues.length, 2);
  assert(error.issues.every((issue, i) => issue.path.startsWith(`capabilities[${i}]`)));
});

Deno.test("load() checks integrity on the bytes that run", async () => {
  await using host = quiet();
  const wrong = { integrity: "0".repeat(64), runtime: "quickjs" };
  assertEquals(await failureOf(host.load(QUICKJS, wrong)), "integrity");
  assertEquals(host.get("one"), undefined);
});

Deno.test("load() checks integrity whatever the engine makes of the module", async () => {
  await using host = quiet();
  const integrity = "0".repeat(64);
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  assertEquals(await failureOf(host.load(empty, { integrity })), "integrity");
  const native = { name: "a", ...NATIVE };
  assertEquals(await failureOf(host.load({ manifest: native }, { integrity })), "integrity");
  const files = { "unused.js": "1" };
  const named = { ...native, module: "unused.js", integrity };
  assertEquals(await failureOf(host.load({ manifest: named, files })), "integrity");
  await host.load({ manifest: native }, { integrity: "", hasher: noHasher });
});

Deno.test("a missing requirement of an engine fails the load with the remedy", async () => {
  const missing = echoRuntime("gpu", { missing: () => Promise.resolve(["plug a card in"]) });
  await using host = quiet({ runtimes: [missing] });
  const load = () => host.load({ manifest: { name: "a", runtime: "gpu" } });
  const error = await assertRejects(load, ExtensionError, "plug a card in");
  assertEquals(error.code, "unavailable");
});

Deno.test("a load that never ends ends with timeout, and a late module is closed", async () => {
  let finish: (() => void) | undefined;
  let closed = false;
  const module: Module = {
    name: "a",
    runtime: "slow",
    exports: [],
    invoke: () => new Uint8Array(),
    close: () => {
      closed = true;
    },
  };
  const slow = echoRuntime("slow", {
    load: () => new Promise((resolve) => finish = () => resolve(module)),
  });
  await using host = quiet({ runtimes: [slow] });
  const load = host.load({ manifest: { name: "a", runtime: "slow" } }, { limits: { loadMs: 1 } });
  assertEquals(await failureOf(load), "timeout");
  assertEquals(host.get("a"), undefined);
  finish?.();
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert(closed);
});

Deno.test("load() rejects with the signal's reason", async () => {
  await using host = quiet();
  const reason = new Error("no");
  const signal = AbortSignal.abort(reason);
  assertEquals(await host.load(QUICKJS, { signal }).catch((error) => error), reason);
});

Deno.test("reload() swaps in what the source is now", async () => {
  await using dir = await temporaryDirectory({
    "extension.json": { name: "a", version: "1", ...NATIVE },
  });
  await using host = quiet();
  const first = await host.load(dir.path);
  await dir.write({ "extension.json": { name: "a", version: "2", ...NATIVE } });
  const second = await host.reload("a");
  assertEquals(second.version, "2");
  assertStrictEquals(host.get("a"), second);
  assertEquals(await failureOf(first.invoke("x")), "closed");
  assertEquals(await failureOf(host.reload("b")), "unsupported");
});

Deno.test("close() closes in reverse order, reports the first error and closes the rest", async () => {
  const order: string[] = [];
  const echo = echoRuntime("echo");
  const failing = echoRuntime("failing", {
    close: () => {
      order.push("failing");
      throw new TypeError("will not close");
    },
  });
  const host = quiet({ runtimes: [echo, { ...failing, close: () => Promise.resolve() }] });
  for (const name of ["a", "b"]) await host.load({ manifest: { name, runtime: "echo" } });
  await host.load({ manifest: { name: "c", runtime: "failing" } });
  await host.load({ manifest: { name: "d", runtime: "echo" } });
  await assertRejects(() => host.close(), TypeError, "will not close");
  assertEquals(echo.closed, ["d", "b", "a", "runtime echo"]);
  assertEquals(order, ["failing"]);
  await assertRejects(() => host.close(), TypeError);
  assertEquals(await failureOf(host.load(QUICKJS)), "closed");
});

Deno.test("a custom engine's module is called, counted and closed like any other", async () => {
  const echo = echoRuntime("echo");
  await using host = quiet({ runtimes: [echo] });
  const ext = await host.load({ manifest: { name: "a", runtime: "echo" } });
  assertEquals(await ext.invoke("any", "x"), new TextEncoder().encode("x"));
  assertEquals([ext.stats().calls, ext.stats().active, ext.engine], [1, 0, "echo"]);
  await Promise.all([ext.close(), ext.close()]);
  assertEquals(echo.closed, ["a"]);
  assertEquals(await failureOf(ext.invoke("any")), "closed");
});
