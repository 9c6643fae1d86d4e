/** The table of capabilities. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { defineCapability } from "../../capabilities/capability.ts";
import { CapabilityRegistry, registerCapability } from "../../capabilities/catalog.ts";

function demo(name: string, aliases: readonly string[] = []) {
  return defineCapability({
    name,
    aliases,
    summary: "",
    parse: () => ({ ok: true, grant: null }),
    operations: { get: { params: [], callSync: () => null } },
  });
}

Deno.test("CapabilityRegistry() starts with the built-in capabilities", () => {
  const registry = new CapabilityRegistry();
  const always = registry.names().filter((name) => registry.get(name)?.mode === "always");
  assertEquals(always, ["clock", "config", "events", "log", "random", "var"]);
  assertEquals(registry.get("env")?.mode, "gated");
  assertEquals(registry.get("kv")?.mode, "gated");
  for (const alias of ["net", "http", "transport.http.outbound"]) {
    assertEquals(registry.get(alias)?.capability.name, "net");
  }
  for (const alias of ["fs", "storage.fs"]) {
    assertEquals(registry.get(alias)?.capability.name, "fs");
  }
});

Deno.test("CapabilityRegistry() is empty when told so", () => {
  const unregister = registerCapability(demo("email"));
  const registry = new CapabilityRegistry({ builtIns: false });
  unregister();
  assertEquals([registry.names(), registry.version], [[], 0]);
});

Deno.test("CapabilityRegistry.get() finds by alias, exactly, and nothing inherited", () => {
  const registry = new CapabilityRegistry();
  assertEquals(registry.get("cache")?.capability.name, "kv");
  for (const name of ["kv ", "KV", "constructor", "__proto__", "toString", ""]) {
    assertEquals(registry.get(name), undefined, name);
  }
});

Deno.test("CapabilityRegistry.gated() and always() chain and raise the version", () => {
  const registry = new CapabilityRegistry({ builtIns: false });
  registry.always(demo("a")).gated(demo("b"));
  assertEquals([registry.version, registry.names()], [2, ["a", "b"]]);
});

Deno.test("CapabilityRegistry.gated() refuses a taken name or alias and stays as it was", () => {
  const registry = new CapabilityRegistry({ builtIns: false }).gated(demo("a", ["b"]));
  assertThrows(() => registry.gated(demo("a")), TypeError, `"a" is taken`);
  assertThrows(() => registry.always(demo("b")), TypeError, `"b" is taken`);
  assertThrows(() => registry.gated(demo("c", ["a"])), TypeError, `"a" is taken`);
  assertThrows(() => registry.gated(demo("c", ["c"])), TypeError, `"c" is taken`);
  assertEquals([registry.version, registry.names(), registry.get("c")], [1, ["a"], undefined]);
});

Deno.test("CapabilityRegistry.suggest() sees through typing errors and look-alikes", () => {
  const registry = new CapabilityRegistry();
  assertEquals(registry.suggest("evn"), "env");
  assertEquals(registry.suggest("kv "), "kv");
  assertEquals(registry.suggest("еnv"), "env"); // a Cyrillic e
  assertEquals(registry.suggest("teleport"), undefined);
});

Deno.test("registerCapability() reaches new registries until it is taken back", () => {
  const before = new CapabilityRegistry();
  const unregister = registerCapability(demo("email"));
  const during = new CapabilityRegistry();
  assertThrows(() => registerCapability(demo("email")), TypeError, `"email" is taken`);
  unregister();
  unregister();
  assertEquals(
    [before, during, new CapabilityRegistry()].map((each) => each.get("email")?.mode),
    [undefined, "gated", undefined],
  );
});

Deno.test("registerCapability() refuses a built-in name at once", () => {
  assertThrows(() => registerCapability(demo("mail", ["log"])), TypeError, `"log" is taken`);
  assertEquals(new CapabilityRegistry().get("mail"), undefined);
});
