/** Pieces become one. @module */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { joinChunks } from "../../capabilities/join_chunks.ts";

Deno.test("joinChunks() keeps the order, and copies no single chunk", () => {
  const chunk = new Uint8Array([1, 2]);
  assertEquals(joinChunks([], 0), new Uint8Array(0));
  assertStrictEquals(joinChunks([chunk], 2), chunk);
  assertEquals(
    joinChunks([chunk, new Uint8Array(0), new Uint8Array([3])], 3),
    new Uint8Array([1, 2, 3]),
  );
});
