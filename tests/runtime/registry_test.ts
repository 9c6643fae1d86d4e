/** Tests of runtime/registry.ts. @module */

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import type { Isolation, Runtime, Traits } from "../../runtime/contract.ts";
import { Fault } from "../../runtime/errors.ts";
import { RuntimeRegistry } from "../../runtime/registry.ts";

const SOFT: Traits = {
  languages: ["js"],
  authority: "none",
  loop: "guarded",
  memory: "none",
  crash: "host",
  requires: [],
};
const HARD: Traits = { ...SOFT, loop: "hard", crash: "contained" };

function engine(
  name: string,
  isolation: Isolation,
  traits: Traits,
  aliases: string[] = [],
): Runtime {
  return {
    name,
    aliases,
    isolation,
    traits,
    load: () => Promise.reject(new TypeError("not loaded in this test")),
    close: () => Promise.resolve(),
  };
}

const NO_WISH = { operator: undefined, manifest: undefined };

Deno.test("find() takes names and aliases, and the last of one name and isolation", () => {
  const first = engine("js", "worker", HARD, ["v8go"]);
  const second = engine("js", "worker", HARD, ["v8go"]);
  const registry = new RuntimeRegistry().register(first);
  assertStrictEquals(registry.find("v8go", NO_WISH), first);
  registry.register(second);
  assertStrictEquals(registry.find("js", NO_WISH), second);
});

Deno.test("find() suggests the closest name", () => {
  const registry = new RuntimeRegistry().register(engine("quickjs", "inline", HARD, ["goja"]));
  const error = assertThrows(() => registry.find("quikjs", NO_WISH), Fault, '"quickjs"');
  assertEquals(error.code, "unknown-runtime");
});

Deno.test("find() prefers the weakest isolation that stops loops and contains crashes", () => {
  const worker = engine("js", "worker", SOFT);
  const process = engine("js", "process", HARD);
  const registry = new RuntimeRegistry().register(worker).register(process);
  assertStrictEquals(registry.find("js", NO_WISH), process);
  assertStrictEquals(registry.find("js", { operator: "worker", manifest: undefined }), worker);
  assertStrictEquals(registry.find("js", { operator: "worker", manifest: "process" }), process);
  assertStrictEquals(registry.find("js", { operator: "process", manifest: "worker" }), process);
  const soft = new RuntimeRegistry().register(worker);
  assertStrictEquals(soft.find("js", NO_WISH), worker);
});

Deno.test("find() refuses a floor that no engine reaches", () => {
  const registry = new RuntimeRegistry().register(engine("quickjs", "inline", HARD));
  for (
    const wish of [{ ...NO_WISH, operator: "worker" }, { ...NO_WISH, manifest: "process" }] as const
  ) {
    assertEquals(assertThrows(() => registry.find("quickjs", wish), Fault).code, "unsupported");
  }
});
