/** Tests of what ExtensionHost does when loads, swaps and closes meet each other. @module */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { join } from "@std/path";
import {
  ExtensionError,
  ExtensionHost,
  Fault,
  type LoadRequest,
  type Module,
  type Runtime,
} from "../../mod.ts";
import { temporaryDirectory } from "../temporary.ts";

const SLOW = { runtime: "slow" };

/** An engine that takes a moment, and counts what of it is alive. */
function slowRuntime(): Runtime & { readonly alive: Set<Module>; closed: boolean } {
  const alive = new Set<Module>();
  const runtime = {
    name: "slow",
    traits: {
      languages: [],
      authority: "none",
      loop: "cooperative",
      memory: "none",
      crash: "host",
      requires: [],
    } as const,
    alive,
    closed: false,
    async load({ manifest, signal }: LoadRequest) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, 5);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      });
      const module: Module = {
        name: manifest.name,
        runtime: manifest.runtime,
        exports: [],
        invoke: () => new Uint8Array(),
        close: () => {
          alive.delete(module);
        },
      };
      alive.add(module);
      return module;
    },
    close() {
      runtime.closed = true;
      return Promise.resolve();
    },
  };
  return runtime;
}

function open(runtime: Runtime): ExtensionHost {
  return new ExtensionHost({ log: () => {}, runtimes: [runtime] });
}

function codeOf(error: unknown): string {
  assert(error instanceof ExtensionError, `no public error: ${error}`);
  return error.code;
}

Deno.test("load() refuses the very target that is loaded: only reload() swaps", async () => {
  await using dir = await temporaryDirectory({ "extension.json": { name: "a", ...SLOW } });
  await using host = open(slowRuntime());
  const first = await host.load(dir.path);
  assertEquals(await host.load(dir.path).catch(codeOf), "duplicate");
  assertStrictEquals(host.get("a"), first);
  assertEquals(await first.invoke("x"), new Uint8Array());
});

Deno.test("loadDir() twice at once gives the same extensions", async () => {
  await using dir = await temporaryDirectory({
    "a/extension.json": { name: "a", ...SLOW },
    "b/extension.json": { name: "b", ...SLOW },
  });
  const runtime = slowRuntime();
  await using host = open(runtime);
  const [first, second] = await Promise.all([host.loadDir(dir.path), host.loadDir(dir.path)]);
  assertEquals([first.failures, second.failures], [[], []]);
  assertStrictEquals(first.get("a"), second.get("a"));
  assertEquals([first.size, second.size, runtime.alive.size], [2, 2, 2]);
});

Deno.test("loadDir() with another function in its options is another load, with the same one it is none", async () => {
  await using dir = await temporaryDirectory({ "a/extension.json": { name: "a", ...SLOW } });
  await using host = open(slowRuntime());
  const upper = (payload: Uint8Array) => payload;
  const lower = (payload: Uint8Array) => payload;
  const load = async (run: typeof upper) =>
    (await host.loadDir(dir.path, { hostFunctions: { run }, log: LOG })).get("a");
  const first = await load(upper);
  assertStrictEquals(await load(upper), first);
  const second = await load(lower);
  assert(second && second !== first);
  const random = (bytes: Uint8Array) => void bytes.fill(7);
  await host.loadDir(dir.path, { hostFunctions: { run: lower }, log: LOG, random });
  assert(host.get("a") !== second);
  assertEquals(host.extensions().length, 1);
});

const LOG = () => {};

Deno.test("reload() several times at once leaves one extension, and leaks none", async () => {
  const runtime = slowRuntime();
  await using host = open(runtime);
  await host.load({ manifest: { name: "a", ...SLOW } });
  const reloaded = await Promise.all(Array.from({ length: 4 }, () => host.reload("a")));
  assertStrictEquals(host.get("a"), reloaded[3]);
  assertEquals(runtime.alive.size, 1);
});

Deno.test("reload() of what was closed and replaced meanwhile leaves the other one alone", async () => {
  const runtime = slowRuntime();
  await using host = open(runtime);
  const old = await host.load({ manifest: { name: "a", ...SLOW } });
  const reload = host.reload("a").catch(codeOf);
  await new Promise((resolve) => setTimeout(resolve, 1));
  await old.close();
  const other = await host.load({ manifest: { name: "a", ...SLOW } });
  assertEquals(await reload, "duplicate");
  assertStrictEquals(host.get("a"), other);
  assertEquals(runtime.alive.size, 1);
});

Deno.test("reload() refuses a source that took another name", async () => {
  await using dir = await temporaryDirectory({ "extension.json": { name: "a", ...SLOW } });
  await using host = open(slowRuntime());
  const first = await host.load(dir.path);
  await dir.write({ "extension.json": { name: "b", ...SLOW } });
  assertEquals(await host.reload("a").catch(codeOf), "unsupported");
  assertEquals(host.extensions(), [first]);
});

Deno.test("loadDir() closes what was renamed, and what lost its manifest", async () => {
  await using dir = await temporaryDirectory({
    "one/extension.json": { name: "a", ...SLOW },
    "two/extension.json": { name: "b", ...SLOW },
  });
  const runtime = slowRuntime();
  await using host = open(runtime);
  await host.loadDir(dir.path);
  await dir.write({ "one/extension.json": { name: "renamed", ...SLOW } });
  await Deno.remove(join(dir.path, "two/extension.json"));
  assertEquals([...(await host.loadDir(dir.path)).keys()], ["renamed"]);
  assertEquals(host.extensions().map(({ name }) => name), ["renamed"]);
  assertEquals(runtime.alive.size, 1);
});

Deno.test("loadDir() follows names that move between directories", async () => {
  await using dir = await temporaryDirectory({
    "one/extension.json": { name: "a", ...SLOW },
    "two/extension.json": { name: "b", ...SLOW },
  });
  await using host = open(slowRuntime());
  await host.loadDir(dir.path);
  await dir.write({
    "one/extension.json": { name: "b", ...SLOW },
    "two/extension.json": { name: "a", ...SLOW },
    "zero/extension.json": { name: "a", version: "2", ...SLOW },
  });
  const { failures, ...loaded } = await host.loadDir(dir.path).then((loaded) => ({
    failures: loaded.failures.map(({ error }) => codeOf(error)),
    names: [...loaded.keys()],
    version: loaded.get("a")?.version,
  }));
  // of two with one name the first wins: "two" comes before "zero"
  assertEquals(failures, ["duplicate"]);
  assertEquals(loaded.names, ["b", "a"]);
  assert(loaded.version !== "2");
});

Deno.test("close() ends loads under way, waits for them, and closes the engines last", async () => {
  const runtime = slowRuntime();
  const host = open(runtime);
  const loads = ["a", "b"].map((name) => host.load({ manifest: { name, ...SLOW } }).catch(codeOf));
  await new Promise((resolve) => setTimeout(resolve, 1));
  await host.close();
  assertEquals([runtime.alive.size, runtime.closed], [0, true]);
  assertEquals(await Promise.all(loads), ["closed", "closed"]);
  assertEquals(await host.load({ manifest: { name: "c", ...SLOW } }).catch(codeOf), "closed");
});

Deno.test("an engine that asks for grants after its load was given up gets none", async () => {
  const late = Promise.withResolvers<unknown>();
  const runtime: Runtime = {
    ...slowRuntime(),
    async load({ admit }) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const asked = admit().then(() => "admitted", (error) => error);
      late.resolve(asked);
      throw await asked;
    },
  };
  await using host = open(runtime);
  const controller = new AbortController();
  const load = host.load({ manifest: { name: "a", ...SLOW } }, { signal: controller.signal });
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 1);
  assertStrictEquals(await load.catch((error) => error), reason);
  assertEquals((await late.promise as { code?: string }).code, "closed");
});

Deno.test("close() reports a lane that an engine could not end as a public error", async () => {
  const leaking = { ...slowRuntime(), close: () => Promise.reject(new Fault("lane-leaked")) };
  const error = await open(leaking).close().catch((error) => error);
  assertEquals(codeOf(error), "lane-leaked");
  assert(error.message.startsWith("Cannot close extension"), error.message);
});
