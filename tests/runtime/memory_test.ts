/** Checked memory: the last byte, the byte after it, memory that grew, and pointers that are lies. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Fault } from "../../runtime/errors.ts";
import { GuestMemory, pack, type Packed, unpack } from "../../runtime/memory.ts";

const PAGE = 65_536;

/** A memory of one page, filled with `?` so that a stray byte shows. */
function onePage(): { readonly memory: GuestMemory; readonly raw: WebAssembly.Memory } {
  const raw = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  new Uint8Array(raw.buffer).fill(63);
  const memory = new GuestMemory();
  memory.attach(raw);
  return { memory, raw };
}

/** Every accessor, as something that reads or writes at `ptr`, with the bytes it touches. */
const ACCESSORS: Record<string, [number, (memory: GuestMemory, ptr: number) => unknown]> = {
  u8: [1, (memory, ptr) => memory.u8(ptr)],
  u16: [2, (memory, ptr) => memory.u16(ptr)],
  u32: [4, (memory, ptr) => memory.u32(ptr)],
  i32: [4, (memory, ptr) => memory.i32(ptr)],
  u64: [8, (memory, ptr) => memory.u64(ptr)],
  f64: [8, (memory, ptr) => memory.f64(ptr)],
  setU8: [1, (memory, ptr) => memory.setU8(ptr, 1)],
  setU16: [2, (memory, ptr) => memory.setU16(ptr, 1)],
  setU32: [4, (memory, ptr) => memory.setU32(ptr, 1)],
  setI32: [4, (memory, ptr) => memory.setI32(ptr, 1)],
  setU64: [8, (memory, ptr) => memory.setU64(ptr, 1n)],
  setF64: [8, (memory, ptr) => memory.setF64(ptr, 1)],
  read: [16, (memory, ptr) => memory.read(ptr, 16)],
  write: [16, (memory, ptr) => memory.write(ptr, new Uint8Array(16))],
  writeText: [16, (memory, ptr) => memory.writeText(ptr, 16, "text")],
  text: [16, (memory, ptr) => memory.text(ptr, 16)],
  fill: [16, (memory, ptr) => memory.fill(ptr, 16, (view) => view.fill(0))],
  check: [16, (memory, ptr) => memory.check(ptr, 16)],
};

for (const [name, [size, access]] of Object.entries(ACCESSORS)) {
  Deno.test(`${name}() reaches the last byte and not one further`, () => {
    const { memory } = onePage();
    access(memory, PAGE - size);
    for (const ptr of [PAGE - size + 1, PAGE, -1, -size, 2 ** 31, 2 ** 32 - 1, 2 ** 32, NaN]) {
      const fault = assertThrows(() => access(memory, ptr), Fault);
      assertEquals(fault.code, "bad-guest-data", `${name} at ${ptr}`);
    }
  });

  Deno.test(`${name}() sees memory that grew after the last access`, () => {
    const { memory, raw } = onePage();
    access(memory, 0);
    raw.grow(1);
    access(memory, PAGE + 8);
    raw.grow(1);
    access(memory, 0);
  });
}

Deno.test("GuestMemory takes the signed pointers of WebAssembly as unsigned", () => {
  const { memory } = onePage();
  assert(!memory.has(-4, 4));
  assert(!memory.has(0, -1));
  assert(memory.has(0, PAGE));
  assert(!memory.has(0, 2 ** 32));
  assertThrows(() => memory.read(0, -1), Fault);
  assertThrows(() => memory.read(-1, 1), Fault);
  assertThrows(() => memory.read(2 ** 32, 4), Fault);
});

Deno.test("read() gives a copy that later writes do not change", () => {
  const { memory } = onePage();
  const copy = memory.read(0, 4);
  memory.setU32(0, 0);
  assertEquals(copy, new Uint8Array([63, 63, 63, 63]));
  assertEquals(copy.buffer.byteLength, 4);
});

Deno.test("write() touches no byte beside its own", () => {
  const { memory } = onePage();
  memory.write(8, new Uint8Array([1, 2]));
  assertEquals(memory.read(6, 6), new Uint8Array([63, 63, 1, 2, 63, 63]));
});

Deno.test("writeText() says when the text does not fit", () => {
  const { memory } = onePage();
  assertEquals(memory.writeText(0, 5, "héy!"), 5);
  assertEquals(memory.text(0, 5), "héy!");
  assertEquals(memory.writeText(16, 4, "héy!"), -1);
  assertEquals(memory.u8(20), 63);
});

Deno.test("text() refuses bytes that are not UTF-8 and keeps a byte order mark", () => {
  const { memory } = onePage();
  memory.write(0, new Uint8Array([0xff, 0xfe]));
  assertEquals(assertThrows(() => memory.text(0, 2), Fault).code, "bad-guest-data");
  memory.write(0, new Uint8Array([0xef, 0xbb, 0xbf, 0x61]));
  assertEquals(memory.text(0, 4), "\ufeffa");
});

Deno.test("GuestMemory without a memory refuses everything", () => {
  const memory = new GuestMemory();
  assertEquals(memory.size, 0);
  assert(memory.has(0, 0));
  for (const [, access] of Object.values(ACCESSORS)) {
    assertEquals(assertThrows(() => access(memory, 0), Fault).code, "bad-guest-data");
  }
});

Deno.test("unpack() takes both halves as unsigned", () => {
  const packed: Packed = { ptr: 0, len: 0 };
  unpack(-1n, packed);
  assertEquals(packed, { ptr: 2 ** 32 - 1, len: 2 ** 32 - 1 });
  unpack(pack(2 ** 31, 7), packed);
  assertEquals(packed, { ptr: 2 ** 31, len: 7 });
  unpack(pack(-1, 0), packed);
  assertEquals(packed, { ptr: 2 ** 32 - 1, len: 0 });
  assertThrows(() => pack(2 ** 32, 0), RangeError);
});

Deno.test("GuestMemory copies and reads the same bytes whether they are few or many", () => {
  const raw = new WebAssembly.Memory({ initial: 1 });
  const memory = new GuestMemory();
  memory.attach(raw);
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
  memory.write(100, bytes);
  for (const length of [0, 1, 63, 64, 65, 300]) {
    const into = new Uint8Array(400);
    memory.copy(100, length, into);
    assertEquals(into.subarray(0, length), bytes.subarray(0, length));
    assertEquals(memory.read(100, length), bytes.slice(0, length));
    const text = "a".repeat(Math.max(0, length - 1)) + (length > 0 ? "é" : "");
    assertEquals(memory.writeText(1000, 400, text), new TextEncoder().encode(text).length);
    assertEquals(memory.text(1000, new TextEncoder().encode(text).length), text);
    assertEquals(memory.writeText(1000, length, "b".repeat(length)), length);
    assertEquals(memory.text(1000, length), "b".repeat(length));
    if (length > 0) assertEquals(memory.writeText(1000, length - 1, "b".repeat(length)), -1);
  }
  assertThrows(() => memory.copy(65_530, 10, new Uint8Array(10)), Fault);
});
