/** Counting bytes of values that may be giant. @module */

import { assertEquals } from "@std/assert";
import { utf8Bytes, valueBytes } from "../../capabilities/byte_size.ts";

Deno.test("utf8Bytes() counts like an encoder", () => {
  for (const text of ["", "abc", "é", "€", "😀", "a😀é€"]) {
    assertEquals(utf8Bytes(text), new TextEncoder().encode(text).length, text);
  }
});

Deno.test("valueBytes() stops at the limit instead of walking a giant", () => {
  assertEquals(valueBytes({ a: "x".repeat(10) }, 100), 19);
  assertEquals(valueBytes({ a: "x".repeat(10) }, 18), Infinity);
  assertEquals(valueBytes(Array(4_000_000_000), 1_000), Infinity);
});

Deno.test("valueBytes() refuses what contains itself", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  assertEquals(valueBytes(loop as never, Infinity), Infinity);
});
