/** The Always capabilities but the log: each does only what it says, within its cap. @module */

import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { CapabilityError } from "../../../capabilities/errors.ts";
import { ask, open } from "../open.ts";

Deno.test("clock gives whole milliseconds by default, and never goes back", async () => {
  await using notes = await open();
  const now = notes.sync("clock.now");
  assert(Math.abs(Number(now) - Date.now()) < 1_000 && Number.isInteger(now));
  const first = Number(notes.sync("clock.monotonic"));
  assert(Number.isInteger(first) && Number(notes.sync("clock.monotonic")) >= first);
});

Deno.test("clock is the operator's where it is replaced, as coarse as wanted", async () => {
  let time = 12_345;
  await using notes = await open({ clock: { now: () => time, resolutionMs: 100 } });
  assertEquals([notes.sync("clock.now"), notes.sync("clock.monotonic")], [12_300, 0]);
  time += 250;
  assertEquals([notes.sync("clock.now"), notes.sync("clock.monotonic")], [12_500, 200]);
  time = 0;
  assertEquals([notes.sync("clock.now"), notes.sync("clock.monotonic")], [0, 200]);
});

Deno.test("clock may be replaced with its own monotonic one", async () => {
  const clock = { now: () => 7, monotonic: () => 3.9 };
  await using notes = await open({ clock });
  assertEquals(notes.sync("clock.monotonic"), 3);
});

Deno.test("clock refuses a resolution that is not positive", async () => {
  for (const resolutionMs of [0, -1, NaN]) {
    await assertRejects(() => open({ clock: { now: () => 0, resolutionMs } }), RangeError);
  }
});

Deno.test("random gives as many bytes as asked, different ones", async () => {
  await using notes = await open();
  const bytes = (length: number) => notes.sync("random.bytes", { length }) as unknown as Uint8Array;
  assertEquals([bytes(0).length, bytes(65_536).length], [0, 65_536]);
  assertNotEquals(bytes(32), bytes(32));
});

Deno.test("random comes from the operator's source where it is replaced", async () => {
  await using notes = await open({ random: (bytes) => void bytes.fill(7) });
  assertEquals(notes.sync("random.bytes", { length: 3 }) as unknown, new Uint8Array([7, 7, 7]));
});

Deno.test("random refuses lengths that are no lengths, before it takes memory", async () => {
  await using notes = await open();
  for (const length of [-1, 65_537, 2 ** 32, 1.5, NaN, Infinity, "8", null, undefined]) {
    assertThrows(() => notes.sync("random.bytes", { length }), RangeError);
  }
});

Deno.test("config gives frozen values without a prototype", async () => {
  const config = JSON.parse('{"a": {"b": [1]}, "__proto__": {"admin": true}, "n": null}');
  await using notes = await open({ config });
  const get = (key?: string) => notes.sync("config.get", { key });
  assertEquals(get("a"), { b: [1] });
  assertEquals([get("n"), get("missing"), get("constructor"), get("toString")], [
    null,
    null,
    null,
    null,
  ]);
  assertEquals(get("__proto__"), { admin: true });
  const all = get() as { admin?: unknown };
  assertEquals([all.admin, Object.getPrototypeOf(all)], [undefined, null]);
  assert(Object.isFrozen(all) && Object.isFrozen(get("a")));
});

Deno.test("config does not follow what the host does to its object later", async () => {
  const config = { list: ["a"] };
  await using notes = await open({ config });
  config.list.push("b");
  assertEquals(notes.sync("config.get", { key: "list" }), ["a"]);
});

Deno.test("var keeps a copy of bytes and of text as bytes, and lends it", async () => {
  await using notes = await open();
  const mine = new Uint8Array([1, 2]);
  notes.sync("var.set", { key: "bytes", value: mine });
  notes.sync("var.set", { key: "text", value: "é" });
  mine[0] = 9;
  assertEquals(notes.sync("var.get", { key: "bytes" }) as unknown, new Uint8Array([1, 2]));
  assertEquals(notes.sync("var.get", { key: "text" }) as unknown, new Uint8Array([0xc3, 0xa9]));
  assertEquals(notes.sync("var.keys"), ["bytes", "text"]);
  assertEquals([
    notes.sync("var.delete", { key: "text" }),
    notes.sync("var.delete", { key: "text" }),
  ], [
    true,
    false,
  ]);
});

Deno.test("var takes every name for data", async () => {
  await using notes = await open();
  for (const key of ["__proto__", "constructor", "toString", "then", ""]) {
    assertEquals(notes.sync("var.get", { key }), null);
    notes.sync("var.set", { key, value: key });
    assertEquals(notes.sync("var.get", { key }) as unknown, new TextEncoder().encode(key));
  }
  assertEquals(({} as { polluted?: unknown }).polluted, undefined);
});

Deno.test("var checks its cap before it takes anything, keys and empty values included", async () => {
  await using notes = await open({ limits: { varBytes: 1_000 } });
  const set = (key: string, value: unknown) => notes.sync("var.set", { key, value });
  set("a", "x".repeat(800));
  const over: [string, unknown][] = [["b", "x".repeat(200)], ["k".repeat(1_000), ""], [
    "a",
    new Uint8Array(1_000),
  ]];
  for (const [key, value] of over) {
    assertEquals(assertThrows(() => set(key, value), CapabilityError).code, "quota");
  }
  assertEquals((notes.sync("var.get", { key: "a" }) as unknown as Uint8Array).length, 800);
  set("a", "short"); // replacing gives back what it used
  let kept = 0;
  assertThrows(() => {
    for (;;) set(`k${kept++}`, "");
  }, CapabilityError);
  assert(kept < 20);
});

Deno.test("var obeys the manifest's own cap under the host's", async () => {
  await using notes = await open({ asks: [ask("var", { bytes: 100 })], granted: {} });
  assertThrows(() => notes.sync("var.set", { key: "a", value: "x".repeat(100) }), CapabilityError);
});

Deno.test("var refuses keys and values of other kinds", async () => {
  await using notes = await open();
  for (const value of [1, null, undefined, {}, []]) {
    assertThrows(() => notes.sync("var.set", { key: "a", value }), TypeError);
    assertThrows(() => notes.sync("var.set", { key: value, value: "a" }), TypeError);
  }
});

Deno.test("var belongs to one extension", async () => {
  await using a = await open({ name: "a" });
  await using b = await open({ name: "a" }); // a name gives nothing
  a.sync("var.set", { key: "secret", value: "1" });
  assertEquals(b.sync("var.get", { key: "secret" }), null);
});

Deno.test("events reach the host with a mark where the manifest said nothing of them", async () => {
  const events = {
    Saved: { fields: { id: { type: "number", required: true }, tag: { type: "string" } } },
  };
  await using notes = await open({ events });
  const emit = (kind: unknown, data?: unknown) => notes.sync("events.emit", { kind, data });
  emit("Saved", { id: 1 });
  emit("Saved", { tag: 2 });
  emit("Deleted", ["x"]);
  emit("constructor");
  emit("__proto__");
  assertEquals(notes.events, [
    { extension: "notes", kind: "Saved", data: { id: 1 }, declared: true, problems: [] },
    {
      extension: "notes",
      kind: "Saved",
      data: { tag: 2 },
      declared: true,
      problems: [`field "id" is missing`, `field "tag" must be of type string`],
    },
    { extension: "notes", kind: "Deleted", data: ["x"], declared: false, problems: [] },
    { extension: "notes", kind: "constructor", data: null, declared: false, problems: [] },
    { extension: "notes", kind: "__proto__", data: null, declared: false, problems: [] },
  ]);
});

Deno.test("events refuses kinds that are no names", async () => {
  await using notes = await open();
  for (const kind of ["", "k".repeat(257), 7, null, undefined, {}]) {
    assertThrows(() => notes.sync("events.emit", { kind }), TypeError);
  }
  assertEquals(notes.events, []);
});
