/** Values of host operations as text. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { HostValue } from "../../../capabilities/capability.ts";
import { Fault } from "../../../runtime/errors.ts";
import {
  decodeArguments,
  decodeHostValue,
  encodeHostValue,
} from "../../../runtime/script/host_value.ts";

Deno.test("encodeHostValue() and decodeHostValue() keep bytes, and objects that look like marks", () => {
  const values: HostValue[] = [
    null,
    true,
    1.5,
    "text",
    Uint8Array.of(0, 255),
    [Uint8Array.of(1), { a: Uint8Array.of() }],
    { $bytes: "mine" },
    { $object: { $bytes: 1 } },
    { a: { b: { c: [1, [2]] } } },
  ];
  for (const value of values) assertEquals(decodeHostValue(encodeHostValue(value)), value);
  assertEquals(encodeHostValue(undefined), "");
  assertEquals(decodeHostValue(""), undefined);
});

Deno.test("decodeHostValue() refuses malformed text, and makes no prototypes", () => {
  const deep = "[".repeat(10_000) + "]".repeat(10_000);
  for (const text of ["{", '{"$bytes":1}', '{"$bytes":"*"}', '{"$object":1}', deep]) {
    assertThrows(() => decodeHostValue(text), Fault);
  }
  const value = decodeHostValue('{"__proto__":{"polluted":1}}') as Record<string, unknown>;
  assertEquals(Object.keys(value), ["__proto__"]);
  assert(Object.getPrototypeOf(value) === Object.prototype);
});

Deno.test("decodeArguments() takes records only", () => {
  for (const text of ["", "null", "1", '"x"', "[]", '{"$bytes":""}']) {
    assertThrows(() => decodeArguments(text), Fault);
  }
  assertEquals(decodeArguments('{"key":"k"}'), { key: "k" });
});

Deno.test("decodeHostValue() refuses millions of values before it makes them, and no long text", () => {
  const start = performance.now();
  for (const text of [`[${"[],".repeat(5_000_000)}[]]`, `["\\"",${"1,".repeat(600_000)}1]`]) {
    assertThrows(() => decodeHostValue(text), Fault);
  }
  assert(performance.now() - start < 1_000);
  const text = ',[{\\"'.repeat(400_000);
  assertEquals(decodeHostValue(`"${text}"`), ',[{"'.repeat(400_000));
  assertEquals((decodeHostValue(`[${"1,".repeat(499_000)}1]`) as unknown[]).length, 499_001);
});
