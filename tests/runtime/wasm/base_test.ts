/** The base convention with guests that behave. @module */

import { assert, assertEquals } from "@std/assert";
import { callFor, faultOf, loadFixture } from "./load.ts";

Deno.test("base answers bytes and text, also when they are empty", async () => {
  await using guest = await loadFixture("echo");
  assertEquals(guest.text("echo", '{"a":1}'), '{"a":1}');
  assertEquals(guest.bytes("echo", new Uint8Array([0, 255, 128])), new Uint8Array([0, 255, 128]));
  assertEquals(guest.bytes("echo", ""), new Uint8Array(0));
  assertEquals(guest.bytes("echo", new Uint8Array(0)), new Uint8Array(0));
  assertEquals(guest.bytes("empty", "ignored"), new Uint8Array(0));
});

Deno.test("base encodes text that is longer in UTF-8 than in UTF-16", async () => {
  await using guest = await loadFixture("echo");
  for (const text of ["é", "日本語", "𝄞𝄞", "a".repeat(999) + "é", "é" + "a".repeat(999)]) {
    assertEquals(guest.text("echo", text), text);
  }
  assertEquals(guest.text("echo", "\ud800"), "\ufffd");
});

Deno.test("base frees the input of every call, and every result that is not empty", async () => {
  await using guest = await loadFixture("echo");
  for (const payload of ["ascii", "日本語"]) {
    for (const fn of ["echo", "same", "tail", "empty"]) guest.bytes(fn, payload);
    guest.bytes("empty", "");
    guest.bytes("same", "");
    // The input of this very call is outstanding.
    assertEquals(guest.bytes("outstanding"), new Uint8Array([1]), payload);
  }
});

Deno.test("base copies a result that lies inside the input before it frees either", async () => {
  await using guest = await loadFixture("echo");
  assertEquals(guest.text("same", "whole"), "whole");
  assertEquals(guest.text("tail", "part"), "art");
});

Deno.test("base hands out results of their own", async () => {
  await using guest = await loadFixture("echo");
  const first = guest.bytes("same", "first");
  guest.bytes("same", "other");
  assertEquals(new TextDecoder().decode(first), "first");
  assertEquals(first.byteOffset, 0);
  assertEquals(first.buffer.byteLength, 5);
});

Deno.test("base reads a result from memory that grew during the call", async () => {
  await using guest = await loadFixture("echo");
  const before = guest.module.memorySize ?? 0;
  for (let i = 1; i <= 3; i++) {
    assertEquals(guest.text("grow"), "G");
    assertEquals(guest.module.memorySize, before + i * 65_536);
    assertEquals(guest.text("echo", "still here"), "still here");
  }
});

Deno.test("base takes payloads larger than the guest's memory when it grows", async () => {
  await using guest = await loadFixture("echo");
  const large = "x".repeat(1_000_000);
  assertEquals(guest.text("echo", large) === large, true);
  const bytes = new Uint8Array(1_500_000).fill(7);
  assertEquals(guest.bytes("echo", bytes).length, bytes.length);
});

Deno.test("base accepts an odd pointer and a guest that asks the host while it allocates", async () => {
  await using guest = await loadFixture("allocators");
  assertEquals(guest.bytes("where", "ab"), new Uint8Array([1, 4])); // 1025
  // 1024 and EFAULT, 21: the bad pointer was an error number for the guest
  assertEquals(guest.bytes("where", "abcdef"), new Uint8Array([21, 4]));
});

Deno.test("base has no function that is an allocator, a start function or no function", async () => {
  await using guest = await loadFixture("start_exits");
  for (
    const name of ["__base_alloc", "__base_free", "_start", "_initialize", "memory", "missing", ""]
  ) {
    assertEquals((await faultOf(() => guest.bytes(name, "x"))).code, "unknown-function", name);
  }
  assertEquals(guest.bytes("started"), new Uint8Array([1]));
  assertEquals(guest.module.restarts, 0);
});

Deno.test("base names the function that was probably meant", async () => {
  await using guest = await loadFixture("echo");
  const { message } = await faultOf(() => guest.bytes("ehco"));
  assert(message.includes('"echo"'), message);
});

Deno.test("base says what a function of another type is", async () => {
  await using guest = await loadFixture("names");
  const fault = await faultOf(() => guest.bytes("other"));
  assertEquals(fault.code, "unknown-function");
  assert(fault.message.includes("(i32) -> i32"), fault.message);
});

Deno.test("invoke() answers without a promise where an instance is idle", async () => {
  await using guest = await loadFixture("echo");
  const result = guest.module.invoke("echo", "now", callFor());
  assert(result instanceof Uint8Array);
});

Deno.test("guests that AssemblyScript made end with their own words", async () => {
  await using guest = await loadFixture("abort");
  const fault = await faultOf(() => guest.bytes("abort"));
  assertEquals(fault.code, "trap");
  assertEquals(fault.guest, "no!é (a.ts:12:5)");
  const lost = await faultOf(() => guest.bytes("abort_badly"));
  assertEquals(lost.guest, "? (?:4294967295:0)");
});

Deno.test("env.seed gives a finite number from the random source", async () => {
  await using guest = await loadFixture("abort");
  const numbers = [0, 1, 2].map(() => new DataView(guest.bytes("seed").buffer).getFloat64(0, true));
  assert(numbers.every((value) => Number.isFinite(value) && value >= 0 && value < 2 ** 53));
  assertEquals(new Set(numbers).size, 3);
});

Deno.test("what a guest prints comes out by line, the last one at the end of the call", async () => {
  await using guest = await loadFixture("prints");
  guest.bytes("out", "one\ntwo\r\n");
  guest.bytes("out", "no end");
  guest.bytes("err", "wrong\n\n");
  guest.bytes("err", new Uint8Array([0xff, 10]));
  assertEquals(guest.out, ["one", "two", "no end"]);
  assertEquals(guest.err, ["wrong", "", "\ufffd"]);
});

Deno.test("base takes the payload as it was at the call, however long that waits for its turn", async () => {
  await using guest = await loadFixture("echo", { limits: { memoryBytes: 2 * 65_536 } });
  // The only instance is discarded, as its memory does not grow: the next call waits for another.
  assertEquals((await faultOf(() => guest.bytes("grow"))).code, "trap");
  const payload = new Uint8Array([1, 2, 3]);
  const result = guest.module.invoke("echo", payload, callFor());
  payload.fill(0);
  assertEquals(await result, new Uint8Array([1, 2, 3]));
});
