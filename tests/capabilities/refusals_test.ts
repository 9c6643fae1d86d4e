/** Refusals of one extension, and the errors that stand for them. @module */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { CapabilityError } from "../../capabilities/errors.ts";
import { Refusals } from "../../capabilities/refusals.ts";

Deno.test("error() tells the first time where it was thrown, then gives one frozen error", () => {
  const refusals = new Refusals("notes", []);
  const once = () => refusals.error(refusals.outside("net", "net=example.com"));
  const first = once();
  assert(first.stack?.includes("refusals_test.ts"));
  const second = once();
  assert(second !== first);
  assertEquals([second.message, second.code, second.grant], [
    first.message,
    first.code,
    "net=example.com",
  ]);
  assert(second instanceof CapabilityError && Object.isFrozen(second));
  assertEquals(second.stack, `CapabilityError: ${second.message}`);
  assertStrictEquals(once(), second);
  assert(refusals.error(refusals.outside("net", "net=other")) !== second);
  assert(refusals.error(refusals.revoked("net")) !== second);
});

Deno.test("error() keeps no more than a hundred kinds", () => {
  const refusals = new Refusals("notes", []);
  const nth = (n: number) => refusals.error(refusals.outside("net", `net=h${n}`));
  for (let round = 0; round < 3; round++) for (let n = 0; n < 150; n++) nth(n);
  assertStrictEquals(nth(99), nth(99));
  const last = nth(100);
  assert(nth(100) !== last);
});
