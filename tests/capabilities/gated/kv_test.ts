/** The store of one extension. @module */

import { assertEquals, assertThrows } from "@std/assert";
import type { JsonObject } from "../../../manifest/manifest.ts";
import { CapabilityError } from "../../../capabilities/errors.ts";
import { ask, open, type OpenOptions } from "../open.ts";

function openKv(args: JsonObject = {}, rest: OpenOptions = {}) {
  return open({ asks: [ask("kv", args)], granted: { kv: true }, ...rest });
}

const bytes = (text: string): unknown => new TextEncoder().encode(text);

Deno.test("kv keeps bytes and text, lists by prefix, deletes", async () => {
  await using notes = await openKv();
  for (const key of ["b/2", "a/1", "b/1", "__proto__"]) notes.sync("kv.set", { key, value: key });
  assertEquals(notes.sync("kv.list", { prefix: "b/" }), ["b/1", "b/2"]);
  assertEquals(notes.sync("kv.list"), ["__proto__", "a/1", "b/1", "b/2"]);
  assertEquals(notes.sync("kv.get", { key: "__proto__" }) as unknown, bytes("__proto__"));
  assertEquals(notes.sync("kv.get", { key: "constructor" }), null);
  assertEquals(notes.sync("kv.delete", { key: "a/1" }), true);
  assertEquals(notes.sync("kv.get", { key: "a/1" }), null);
});

Deno.test("kv forgets values when their life or the grant's is over", async () => {
  let time = 0;
  await using notes = await openKv({ ttl: 10 }, { clock: { now: () => time } });
  notes.sync("kv.set", { key: "short", value: "1", ttl: 2 });
  notes.sync("kv.set", { key: "long", value: "1", ttl: 3_600 });
  notes.sync("kv.set", { key: "default", value: "1" });
  time = 1_999;
  assertEquals(notes.sync("kv.list"), ["default", "long", "short"]);
  time = 2_000;
  assertEquals(notes.sync("kv.get", { key: "short" }), null);
  time = 10_000;
  assertEquals(notes.sync("kv.list"), []);
  for (const ttl of [0, -1, NaN, "1", {}]) {
    assertThrows(() => notes.sync("kv.set", { key: "a", value: "1", ttl }), RangeError);
  }
});

Deno.test("kv makes room of expired values before it says quota", async () => {
  let time = 0;
  await using notes = await openKv({ bytes: 300 }, { clock: { now: () => time } });
  const set = (key: string, ttl?: number) =>
    notes.sync("kv.set", { key, value: "x".repeat(180), ttl });
  set("a", 1);
  assertEquals(assertThrows(() => set("b"), CapabilityError).code, "quota");
  time = 1_000;
  set("b");
  assertEquals(notes.sync("kv.list"), ["b"]);
});

Deno.test("kv keeps extensions apart, whatever they call themselves", async () => {
  await using a = await openKv({}, { name: "notes" });
  await using b = await openKv({}, { name: "notes" });
  a.sync("kv.set", { key: "secret", value: "1" });
  assertEquals([b.sync("kv.get", { key: "secret" }), b.sync("kv.list")], [null, []]);
});

Deno.test("kv has a cap where the grant names none", async () => {
  await using notes = await openKv();
  const value = new Uint8Array(1024 * 1024);
  assertThrows(() => notes.sync("kv.set", { key: "a", value }), CapabilityError);
});
