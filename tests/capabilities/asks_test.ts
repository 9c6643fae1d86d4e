/** Names and arguments of asks. @module */

import { assertEquals } from "@std/assert";
import { asksOfGrants, checkAsks } from "../../capabilities/asks.ts";
import { CapabilityRegistry } from "../../capabilities/catalog.ts";
import { ask } from "./open.ts";

const registry = new CapabilityRegistry();

Deno.test("checkAsks() finds nothing wrong with good asks", () => {
  const asks = [ask("logging"), ask("env", { names: ["LANG"] }), ask("kv", { bytes: 10, ttl: 1 })];
  assertEquals(checkAsks(asks, registry), []);
});

Deno.test("checkAsks() reports every wrong argument with its path", () => {
  const asks = [
    ask("env", { names: ["OK", 7, "A=B"], name: ["X"] }),
    ask("kv", { bytes: 0, ttl: 1.5 }),
    ask("log", { level: "debug" }),
    ask("var", { bytes: "many" }),
  ];
  const issues = checkAsks(asks, registry);
  assertEquals(issues.map(({ path }) => path), [
    "capabilities[0].names[1]",
    "capabilities[0].names[2]",
    "capabilities[0].name",
    "capabilities[1].bytes",
    "capabilities[1].ttl",
    "capabilities[2].level",
    "capabilities[3].bytes",
  ]);
  assertEquals(new Set(issues.map(({ code }) => code)), new Set(["bad-manifest"]));
});

Deno.test("checkAsks() names unknown capabilities, an optional one as a warning", () => {
  const issues = checkAsks([ask("evn"), ask("teleport", {}, true)], registry);
  assertEquals(
    issues.map(({ code, severity, suggestion }) => [code, severity, suggestion]),
    [["missing-capability", "error", "env"], ["missing-capability", "warning", undefined]],
  );
});

Deno.test("checkAsks() refuses to ask twice, also under an alias", () => {
  const [issue] = checkAsks([ask("kv"), ask("cache")], registry);
  assertEquals(issue?.path, "capabilities[1]");
});

Deno.test("checkAsks() takes an inherited or prototype key for an unknown argument", () => {
  const args = JSON.parse('{"__proto__": {"names": ["HOME"]}, "constructor": 1}');
  assertEquals(checkAsks([ask("env", args)], registry).map(({ path }) => path), [
    "capabilities[0].__proto__",
    "capabilities[0].constructor",
  ]);
});

Deno.test("asksOfGrants() makes the grant the ask of a module that cannot ask", () => {
  assertEquals(asksOfGrants({ env: { names: ["LANG"] } }, registry), [
    ask("env", { names: ["LANG"] }, true),
  ]);
  const gated = registry.names().filter((name) => registry.get(name)?.mode === "gated");
  const byName = gated.filter((name) => registry.get(name)?.capability.byNameOnly);
  const all = asksOfGrants("all", registry).map(({ name }) => name);
  assertEquals(all, gated.filter((name) => !byName.includes(name)));
});
