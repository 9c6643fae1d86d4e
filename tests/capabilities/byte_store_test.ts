/** ByteStore: copies in, copies out, and never more than it may hold. @module */

import { assertEquals } from "@std/assert";
import { ByteStore } from "../../capabilities/byte_store.ts";

Deno.test("ByteStore keeps copies, also where a value of the same length replaces another", () => {
  const store = new ByteStore(1000);
  const value = Uint8Array.of(1, 2, 3);
  store.set("a", value, Infinity, 0);
  value[0] = 9;
  const first = store.get("a", 0);
  assertEquals(first, Uint8Array.of(1, 2, 3));
  store.set("a", Uint8Array.of(4, 5, 6), Infinity, 0);
  assertEquals(first, Uint8Array.of(1, 2, 3));
  assertEquals(store.get("a", 0), Uint8Array.of(4, 5, 6));
  store.set("a", "xyz", Infinity, 0);
  assertEquals(store.get("a", 0), new TextEncoder().encode("xyz"));
});

Deno.test("ByteStore counts a replaced value once, and gives its life anew", () => {
  const store = new ByteStore(64 + 1 + 10);
  for (let i = 0; i < 5; i++) assertEquals(store.set("k", new Uint8Array(10), 100, 0), true);
  assertEquals(store.set("k", new Uint8Array(11), 100, 0), false);
  assertEquals(store.set("k", new Uint8Array(10).fill(7), 50, 0), true);
  assertEquals(store.get("k", 49)?.[0], 7);
  assertEquals(store.get("k", 50), null);
  assertEquals(store.set("k", new Uint8Array(10), 200, 60), true);
});
