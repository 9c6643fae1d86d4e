/** Asked and granted: only the intersection exists. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { defineCapability } from "../../capabilities/capability.ts";
import { CapabilityRegistry } from "../../capabilities/catalog.ts";
import { CapabilityError } from "../../capabilities/errors.ts";
import { checkGrants, type GrantOptions, resolveGrants } from "../../capabilities/grant.ts";
import type { CapabilityAsk } from "../../manifest/manifest.ts";
import { ask } from "./open.ts";

const run = defineCapability({
  name: "start",
  aliases: ["launch"],
  summary: "start programs",
  byNameOnly: true,
  parse: () => ({ ok: true, grant: null }),
  operations: { start: { params: ["program"], call: () => Promise.resolve(null) } },
});
const registry = new CapabilityRegistry().gated(run);
const ALWAYS = ["clock", "config", "events", "log", "random", "var"];

function resolve(asks: readonly CapabilityAsk[], granted: GrantOptions) {
  return resolveGrants({ extension: "notes", asks, granted, registry });
}

function gated(asks: readonly CapabilityAsk[], granted: GrantOptions) {
  return resolve(asks, granted).bound.filter(({ mode }) => mode === "gated")
    .map(({ name, args }) => [name, { ...args }]);
}

function denial(asks: readonly CapabilityAsk[], granted: GrantOptions): CapabilityError {
  return assertThrows(() => resolve(asks, granted), CapabilityError);
}

Deno.test("resolveGrants() binds only the Always capabilities when nothing is asked", () => {
  for (const granted of [{}, "all", { kv: true }] as const) {
    assertEquals(resolve([], granted).bound.map(({ name }) => name), ALWAYS);
  }
});

Deno.test("resolveGrants() denies what is asked and not granted, with the exact grant", () => {
  const error = denial([ask("env", { names: ["A", "B"] })], {});
  assertEquals([error.code, error.extension, error.capability], ["denied", "notes", "env"]);
  assertEquals(error.grant, "env=A,B");
  assert(error.message.includes("--grant env=A,B"), error.message);
});

Deno.test("resolveGrants() names every denied capability in one error", () => {
  const { message, grant, grants } = denial(
    [ask("env", { names: ["A"] }), ask("kv", { bytes: 5 }), ask("start")],
    {},
  );
  assertEquals(grants, [grant, 'kv={"bytes":5}', "start"]);
  assert(message.includes(`--grant env=A --grant 'kv={"bytes":5}' --grant start`), message);
});

Deno.test("resolveGrants() says missing-capability for what this host does not have", () => {
  const error = denial([ask("evn"), ask("kv")], {});
  assertEquals([error.code, error.capability], ["missing-capability", "evn"]);
  assert(error.message.includes(`did you mean "env"`), error.message);
});

Deno.test("resolveGrants() makes stubs of optional asks", () => {
  const asks = [ask("kv", {}, true), ask("teleport", {}, true), ask("env", { names: ["A"] })];
  const { stubs, bound } = resolve(asks, { env: true });
  assertEquals(stubs, ["teleport", "kv"]);
  assertEquals(bound.at(-1)?.name, "env");
});

Deno.test("resolveGrants() gives the intersection of asked and granted arguments", () => {
  const env = (names: string[]) => ({ names });
  const cases: [CapabilityAsk, GrantOptions, unknown][] = [
    [ask("env", env(["A", "B"])), { env: env(["B", "C"]) }, env(["B"])],
    [ask("env"), { env: env(["A"]) }, env(["A"])],
    [ask("env", env(["A"])), { env: true }, env(["A"])],
    [ask("env", env(["A"])), { env: {} }, env(["A"])],
    [ask("env", env(["A"])), { env: env(["*"]) }, env(["A"])],
    [ask("env", env(["*"])), { env: env(["A"]) }, env(["A"])],
    [ask("env", env(["A"])), "all", env(["A"])],
    [ask("env"), "all", {}],
    [ask("kv", { bytes: 100, ttl: 9 }), { cache: { bytes: 50 } }, { bytes: 50, ttl: 9 }],
    [ask("cache", { bytes: 10 }), { kv: { bytes: 50 } }, { bytes: 10 }],
    [ask("kv"), { kv: true }, {}],
  ];
  for (const [asked, granted, args] of cases) {
    assertEquals(gated([asked], granted), [[registry.get(asked.name)?.capability.name, args]]);
  }
});

Deno.test("resolveGrants() denies when asked and granted have nothing in common", () => {
  const error = denial([ask("env", { names: ["A"] })], { env: { names: ["B"] } });
  assertEquals([error.code, error.grant], ["denied", "env=A"]);
});

Deno.test("resolveGrants() refuses a grant without arguments when the ask has none either", () => {
  const error = denial([ask("env")], { env: true });
  assertEquals([error.code, error.grant], ["denied", "env=NAMES"]);
  assert(error.message.includes(`"env=*" for everything`), error.message);
});

Deno.test("resolveGrants() leaves by-name capabilities out of all", () => {
  assertEquals(denial([ask("start")], "all").grant, "start");
  assertEquals(gated([ask("start")], { all: true, launch: true }), [["start", {}]]);
});

Deno.test("resolveGrants() lets either side narrow an Always capability and nobody take it away", () => {
  const { bound } = resolve([ask("var", { bytes: 100 })], { var: { bytes: 40 } });
  assertEquals({ ...bound.find(({ name }) => name === "var")?.args }, { bytes: 40 });
});

Deno.test("resolveGrants() tells what was granted and not asked for", () => {
  assertEquals(resolve([ask("kv")], { kv: true, env: { names: ["A"] } }).unused, ["env"]);
});

Deno.test("resolveGrants() freezes what it decided, apart from what it was given", () => {
  const names = ["A"];
  const resolved = resolve([ask("env", { names })], { env: true });
  names.push("SECRET");
  const bound = resolved.bound.at(-1);
  assertEquals(bound?.args["names"], ["A"]);
  assert([resolved, resolved.bound, resolved.refusals, bound, bound?.args].every(Object.isFrozen));
});

Deno.test("resolveGrants() keeps a manifest's text from spoofing the terminal or the shell", () => {
  const mail = defineCapability({
    name: "email",
    summary: "",
    listArgument: "to",
    parse: () => ({ ok: true, grant: null }),
    operations: { send: { params: [], callSync: () => null } },
  });
  const { message } = assertThrows(() =>
    resolveGrants({
      extension: "a\x1b[2Jb",
      asks: [ask("email", { to: ["x'; rm -rf / #\n"] })],
      granted: {},
      registry: new CapabilityRegistry().gated(mail),
    }), CapabilityError);
  assert(!/\p{Cc}/u.test(message), message);
  assert(message.includes(String.raw`--grant 'email=x'\''; rm -rf / #\u{a}'`), message);
});

Deno.test("checkGrants() explains an operator's mistakes", () => {
  const cases: [unknown, string][] = [
    [{ evn: true }, `did you mean "env"`],
    [JSON.parse('{"__proto__": true}'), `"__proto__"`],
    [{ constructor: true }, `"constructor"`],
    [{ kv: true, cache: true }, "twice"],
    [{ kv: false }, "true or an object"],
    [{ kv: ["bytes"] }, "true or an object"],
    [{ kv: { byte: 1 } }, "byte is not an argument"],
    [{ env: { names: [] } }, "must not be empty"],
    [{ all: { kv: true } }, `"all"`],
    ["everything", `must be "all" or an object`],
    [null, `must be "all" or an object`],
    [["kv"], `must be "all" or an object`],
  ];
  for (const [grants, message] of cases) {
    assertThrows(() => checkGrants(grants as GrantOptions, registry), TypeError, message);
  }
});

Deno.test("checkGrants() ignores what a grants object inherits", () => {
  const grants = Object.create({ env: { names: ["HOME"] } });
  assertEquals(checkGrants(grants, registry).named.size, 0);
});
