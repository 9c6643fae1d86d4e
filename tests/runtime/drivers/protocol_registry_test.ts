/** ProtocolRegistry: plugins of any make, by name and by protocol, and the plugins of a directory. @module */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { join } from "@std/path";
import {
  CapabilityError,
  type Extension,
  ExtensionError,
  ExtensionHost,
  type LoadOptions,
  type ProtocolInfo,
  type ProtocolPlugin,
  ProtocolRegistry,
} from "../../../mod.ts";
import { temporaryDirectory } from "../../temporary.ts";
import { loadGuest, NET, PROBES } from "../wasm/apiqube_guests.ts";
import { liar } from "../wasm/abi/apiqube_liar.ts";

/** A plugin of the host program that writes down what happens to it. */
function builtIn(info: ProtocolInfo, seen: string[] = [], failing = ""): ProtocolPlugin {
  const note = (what: string) => {
    seen.push(`${what} ${info.name}`);
    if (what === failing) throw new TypeError(`${what} failed`);
  };
  return {
    info: () => info,
    init: (config) => note(config ? `init ${JSON.stringify(config)}` : "init"),
    validate: () => [{ field: "target", message: "missing" }],
    execute: ({ target = "" }) => ({ status: 200, body: target }),
    close: () => note("close"),
  };
}

Deno.test("register() puts built-in objects and modules side by side", async () => {
  await using guest = await loadGuest(PROBES["C"] ?? "", {});
  await using registry = new ProtocolRegistry();
  const info = await registry.register(guest.extension);
  assertEquals([info.name, info.protocols], ["probe", ["probe", "probes"]]);
  await registry.register(builtIn({ name: "echo", protocols: ["echo"] }));
  await registry.register({
    ...builtIn({ name: "later" }),
    info: () => Promise.resolve({ name: "later" }),
  });
  const output = await registry.lookup("probes")?.execute({ target: "t" });
  assertEquals(output?.body, { target: "t" });
  assertEquals((await registry.lookup("echo")?.execute({ target: "t" }))?.body, "t");
  assertEquals((await registry.get("echo")?.validate({}))?.length, 1);
  assertEquals(registry.lookup("probe"), registry.get("probe"));
  assertEquals([registry.lookup("smtp"), registry.get("smtp")], [undefined, undefined]);
});

Deno.test("register() takes the view of an extension as well", async () => {
  await using guest = await loadGuest(PROBES["C"] ?? "", {});
  await using registry = new ProtocolRegistry();
  const view = guest.extension.as("apiqube");
  await registry.register(view);
  assertStrictEquals(registry.lookup("probe"), view);
});

Deno.test("register() refuses what is no plugin", async () => {
  await using registry = new ProtocolRegistry();
  for (const value of [null, undefined, 7, "echo"]) {
    await assertRejects(() => registry.register(value as unknown as ProtocolPlugin), TypeError);
  }
  await assertRejects(() => registry.register(builtIn({ name: "" })), TypeError);
  await using host = new ExtensionHost();
  const script = await host.load({ name: "a.js", bytes: "function a() {}" }, {
    runtime: "quickjs",
  });
  const error = await assertRejects(() => registry.register(script), ExtensionError);
  assertEquals(error.code, "unsupported");
});

Deno.test("register() refuses a name or a protocol that is taken, and adds nothing then", async () => {
  await using registry = new ProtocolRegistry();
  await registry.register(builtIn({ name: "a", protocols: ["x", "y"] }));
  for (const info of [{ name: "a" }, { name: "b", protocols: ["z", "y"] }]) {
    const error = await assertRejects(() => registry.register(builtIn(info)), ExtensionError);
    assertEquals([error.code, error.extension], ["duplicate", info.name]);
  }
  assertEquals([registry.get("b"), registry.lookup("z")], [undefined, undefined]);
  await registry.register(builtIn({ name: "b", protocols: ["z"] }));
});

Deno.test("register() refuses everything after close(), also while it was being asked", async () => {
  const registry = new ProtocolRegistry();
  const asked = Promise.withResolvers<ProtocolInfo>();
  const late = registry.register({ ...builtIn({ name: "late" }), info: () => asked.promise });
  await registry.close();
  asked.resolve({ name: "late" });
  assertEquals((await assertRejects(() => late, ExtensionError)).code, "closed");
  const error = await assertRejects(
    () => registry.register(builtIn({ name: "a" })),
    ExtensionError,
  );
  assertEquals(error.code, "closed");
});

Deno.test("snapshot() is sorted by name, and complete", async () => {
  await using registry = new ProtocolRegistry();
  for (const name of ["b", "c", "a", "B"]) await registry.register(builtIn({ name }));
  assertEquals(registry.snapshot().map(({ name }) => name), ["B", "a", "b", "c"]);
  assertEquals(registry.snapshot()[1], {
    ...{ name: "a", version: "", description: "", protocols: [], capabilities: [] },
    ...{ fields: {}, events: {} },
  });
});

Deno.test("eventSchema() splits at the last dot", async () => {
  await using registry = new ProtocolRegistry();
  const event = { description: "d", fields: {} };
  await registry.register(builtIn({ name: "a.b", events: { C: event } }));
  assertEquals(registry.eventSchema("a.b.C"), event);
  for (const name of ["a.b.D", "a.C", "C", ".C", "a.b.", "", "a.b.constructor", "a.b.__proto__"]) {
    assertEquals(registry.eventSchema(name), undefined, name);
  }
});

Deno.test("initAll() gives each plugin its configuration and stops at the first that fails", async () => {
  const seen: string[] = [];
  await using registry = new ProtocolRegistry();
  await registry.register(builtIn({ name: "a" }, seen));
  await registry.register(builtIn({ name: "b" }, seen, "init"));
  await registry.register(builtIn({ name: "c" }, seen));
  const error = await assertRejects(() => registry.initAll({ a: { n: 1 } }), ExtensionError);
  assertEquals([error.message, error.extension], ["init b: init failed", "b"]);
  assert(error.cause instanceof TypeError);
  assertEquals(seen, ['init {"n":1} a', "init b"]);
});

Deno.test("initAll() names a module that traps, and gives it the extension's configuration", async () => {
  await using guest = await loadGuest(PROBES["C"] ?? "", { config: { own: true } });
  await using registry = new ProtocolRegistry();
  await registry.register(guest.extension);
  await registry.initAll();
  assertEquals(await guest.body("init"), { own: true });
  await registry.initAll({ probe: { n: 1 } });
  assertEquals(await guest.body("init"), { n: 1 });
  await guest.extension.close();
  const error = await assertRejects(() => registry.initAll(), ExtensionError);
  assertEquals([error.code, error.message.startsWith("init probe: ")], ["closed", true]);
});

Deno.test("close() closes the rest after a failure, reports the first, and once only", async () => {
  const seen: string[] = [];
  const registry = new ProtocolRegistry();
  await registry.register(builtIn({ name: "a" }, seen));
  await registry.register(builtIn({ name: "b" }, seen, "close"));
  await registry.register(builtIn({ name: "c" }, seen));
  await assertRejects(() => registry.close(), TypeError, "close failed");
  assertEquals(seen, ["close c", "close b", "close a"]);
  await registry.close();
  assertEquals(seen.length, 3);
});

Deno.test("close() ends modules", async () => {
  await using guest = await loadGuest(PROBES["C"] ?? "", {});
  const registry = new ProtocolRegistry();
  await registry.register(guest.extension);
  await registry.close();
  assertEquals(guest.log.map(({ message }) => message), ["asked", "destroyed"]);
  const error = await assertRejects(() => guest.extension.invoke("execute"), ExtensionError);
  assertEquals(error.code, "closed");
});

/** A module that calls itself `name`. */
function named(name: string): Uint8Array {
  return liar({ info: JSON.stringify({ name, protocols: [name] }) }).bytes;
}

interface Directory extends AsyncDisposable {
  readonly path: string;
  readonly host: ExtensionHost;
  write(file: string, name: string): Promise<void>;
  load(directory?: string, load?: LoadOptions): Promise<ProtocolRegistry>;
}

async function directory(...files: readonly string[]): Promise<Directory> {
  const temporary = await temporaryDirectory();
  const { path } = temporary;
  const host = new ExtensionHost({ log: () => {} });
  const write = (file: string, name: string) => Deno.writeFile(join(path, file), named(name));
  for (const file of files) await write(file, file.replace(/\W.*/, ""));
  return {
    ...{ path, host, write },
    load: (directory = path, load = NET) => ProtocolRegistry.loadDir(directory, { host, load }),
    async [Symbol.asyncDispose]() {
      await host.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

function names(registry: ProtocolRegistry): readonly string[] {
  return registry.snapshot().map(({ name }) => name);
}

Deno.test("loadDir() loads every .wasm file, in any case, and none below or beside", async () => {
  await using dir = await directory("one.wasm", "TWO.WASM", "three.wasm.bak");
  await Deno.mkdir(join(dir.path, "below.wasm"));
  await dir.write("below.wasm/four.wasm", "four");
  await Deno.symlink(join(dir.path, "one.wasm"), join(dir.path, "gone.txt"));
  const registry = await dir.load();
  assertEquals(names(registry), ["TWO", "one"]);
  assertEquals(registry.lookup("one"), registry.get("one"));
});

Deno.test("loadDir() gives the same registry while nothing changed, and a new one afterwards", async () => {
  await using dir = await directory("one.wasm");
  assertEquals(ProtocolRegistry.current(dir.host), undefined);
  const first = await dir.load();
  assertStrictEquals(await dir.load(), first);
  assertStrictEquals(ProtocolRegistry.current(dir.host), first);
  await dir.write("two.wasm", "two");
  const second = await dir.load();
  assertEquals([names(second), first.closed], [["one", "two"], true]);
  await Deno.utime(join(dir.path, "one.wasm"), 1, 1);
  const third = await dir.load();
  assert(third !== second && second.closed);
  assert(await dir.load(undefined, { ...NET, limits: { payloadBytes: 100_000 } }) !== third);
  const error = await assertRejects(
    async () => await first.get("one")?.execute({}),
    ExtensionError,
  );
  assertEquals(error.code, "closed");
});

Deno.test("loadDir() gives each host its own current registry", async () => {
  await using dir = await directory("one.wasm");
  await using other = await directory();
  const first = await dir.load();
  const second = await other.load(dir.path);
  assert(first !== second && !first.closed);
  assertStrictEquals(ProtocolRegistry.current(dir.host), first);
});

Deno.test("loadDir() of nothing is the current registry, or an empty one", async () => {
  await using dir = await directory("one.wasm");
  const empty = await dir.load("");
  assertEquals(names(empty), []);
  assertStrictEquals(await dir.load(""), empty);
  const loaded = await dir.load();
  assertStrictEquals(await dir.load(""), loaded);
});

Deno.test("loadDir() fails for a missing directory and for a file, and leaves the current one", async () => {
  await using dir = await directory("one.wasm");
  const current = await dir.load();
  for (const path of ["missing", "one.wasm", "one.wasm/inner"]) {
    const error = await assertRejects(() => dir.load(join(dir.path, path)), ExtensionError);
    assertEquals(error.code, "unsupported");
  }
  assertStrictEquals(ProtocolRegistry.current(dir.host), current);
  assertEquals(current.closed, false);
});

Deno.test("loadDir() loads all or nothing", async () => {
  const bad: readonly (readonly [file: string, bytes: Uint8Array])[] = [
    ["two.wasm", new TextEncoder().encode("no module")],
    ["two.wasm", named("one")],
    ["two.wasm", liar({ info: '{"name":"two","protocols":["one"]}' }).bytes],
    ["two.wasm", liar({ info: '{"name":"two","capabilities":["quantum"]}' }).bytes],
  ];
  for (const [file, bytes] of bad) {
    await using dir = await directory("one.wasm");
    await Deno.writeFile(join(dir.path, file), bytes);
    await assertRejects(() => dir.load());
    assertEquals([dir.host.extensions(), ProtocolRegistry.current(dir.host)], [[], undefined]);
    await Deno.remove(join(dir.path, file));
    assertEquals(names(await dir.load()), ["one"]);
  }
});

Deno.test("loadDir() asks for the options of each file", async () => {
  await using dir = await directory("one.wasm", "two.wasm");
  const { host } = dir;
  const files: string[] = [];
  const load = (file: string): LoadOptions => {
    files.push(file);
    return file === "one.wasm" ? NET : {};
  };
  const error = await assertRejects(
    () => ProtocolRegistry.loadDir(dir.path, { host, load }),
    CapabilityError,
  );
  assertEquals([error.code, error.extension, files], ["denied", "two", ["one.wasm", "two.wasm"]]);
});

Deno.test("loadDir() does not give back a registry that somebody closed", async () => {
  await using dir = await directory("one.wasm");
  const first = await dir.load();
  await first.close();
  const second = await dir.load();
  assertEquals([second === first, names(second)], [false, ["one"]]);
});

Deno.test("loadDir() called twice at once loads once", async () => {
  await using dir = await directory("one.wasm");
  const [first, second] = await Promise.all([dir.load(), dir.load()]);
  assertStrictEquals(first, second);
  const extension: Extension | undefined = dir.host.get("one");
  assert(extension !== undefined);
});
