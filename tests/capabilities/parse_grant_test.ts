/** Grants on a command line. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { CapabilityRegistry } from "../../capabilities/catalog.ts";
import { defineCapability } from "../../capabilities/capability.ts";
import { formatGrant, parseGrantFlags } from "../../capabilities/parse_grant.ts";
import type { JsonObject } from "../../manifest/manifest.ts";

const files = defineCapability({
  name: "files",
  summary: "",
  listArgument: "read",
  parse: () => ({ ok: true, grant: null }),
  operations: { read: { params: ["path"], callSync: () => null } },
});
const registry = new CapabilityRegistry().gated(files);

function parse(...flags: string[]): unknown {
  const grants = parseGrantFlags(flags, registry);
  return typeof grants === "string" ? grants : { ...grants };
}

Deno.test("parseGrantFlags() reads names, lists and JSON", () => {
  assertEquals(parse(), {});
  assertEquals(parse("all"), "all");
  assertEquals(parse("kv"), { kv: true });
  assertEquals(parse("cache", "kv"), { kv: true });
  assertEquals(parse("env=A,B"), { env: { names: ["A", "B"] } });
  assertEquals(parse("env=A", "env=B,A"), { env: { names: ["A", "B"] } });
  assertEquals(parse("env=*"), { env: { names: ["*"] } });
  assertEquals(parse('kv={"bytes":5}'), { kv: { bytes: 5 } });
  assertEquals(parse("all", "kv"), { all: true, kv: true });
  assertEquals(parse("files=a=b"), { files: { read: ["a=b"] } });
});

Deno.test("parseGrantFlags() explains what is wrong with a flag", () => {
  const cases: [string[], string][] = [
    [["evn=A"], `did you mean "env"`],
    [["kv=5"], "takes no list"],
    [["env="], "is empty"],
    [["env=A,,B"], "is empty"],
    [["env=1A"], "names[0]"],
    [['kv={"bytes":'], "not JSON"],
    [['kv={"byte":1}'], "byte is not an argument"],
    [["env", "env=A"], "differs"],
    [['kv={"bytes":1}', 'kv={"bytes":2}'], "differs"],
    [["__proto__"], `"__proto__"`],
    [[""], `""`],
  ];
  for (const [flags, message] of cases) {
    assertThrows(() => parse(...flags), TypeError, message, flags.join(" "));
  }
});

Deno.test("formatGrant() writes what parseGrantFlags() reads", () => {
  const cases: [string, JsonObject][] = [
    ["env", { names: ["A", "B"] }],
    ["kv", { bytes: 5, ttl: 3 }],
    ["fs", { read: ["a b", "c=d"] }],
    ["fs", { read: ["a,b"] }],
    ["fs", { read: ["{a"] }],
    ["fs", { read: [""] }],
    ["fs", { write: ["a"] }],
    ["fs", { read: ["a"], write: ["b"] }],
  ];
  for (const [name, args] of cases) {
    assertEquals(parse(formatGrant(name, args, registry)), { [name]: args });
  }
  assertEquals(parse(formatGrant("cache", {}, registry)), { kv: true });
});
