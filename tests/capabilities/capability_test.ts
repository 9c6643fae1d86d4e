/** Definitions of capabilities. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { type Capability, defineCapability } from "../../capabilities/capability.ts";

const parse = () => ({ ok: true as const, grant: null });
const operations = { get: { params: ["key"], callSync: () => null } };

function define(change: Partial<Capability>): unknown {
  return defineCapability({ name: "demo", summary: "", parse, operations, ...change });
}

Deno.test("defineCapability() freezes the definition down to its parameters", () => {
  const capability = defineCapability({ name: "demo", summary: "", parse, operations });
  assertEquals(
    [capability, capability.operations, capability.operations["get"]?.params].map(Object.isFrozen),
    [true, true, true],
  );
});

Deno.test("defineCapability() refuses names and aliases that are malformed or reserved", () => {
  const bad = [
    "",
    "Net",
    "net ",
    "nеt",
    "a..b",
    ".a",
    "a/b",
    "all",
    "constructor",
    "a.then",
    "__proto__",
  ];
  for (const name of bad) {
    assertThrows(() => define({ name }), TypeError, "Cannot define");
    assertThrows(() => define({ aliases: [name] }), TypeError, "Cannot define");
  }
});

Deno.test("defineCapability() refuses operations that would make the guest's object misbehave", () => {
  for (const name of ["then", "constructor", "toString", "__proto__", "a.b", ""]) {
    const named = Object.fromEntries([[name, operations.get]]);
    assertThrows(() => define({ operations: named }), TypeError, "operation");
  }
});

Deno.test("defineCapability() refuses an operation that can never be called", () => {
  assertThrows(() => define({ operations: { get: { params: [] } } }), TypeError, "neither");
});
