/** Randomness of WASI programs, and the pool it comes from. @module */

import { assert, assertEquals } from "@std/assert";
import { ERRNO } from "../../../runtime/wasi/errno.ts";
import { pooledRandom } from "../../../runtime/wasi/random.ts";
import { BAD_POINTERS, MEMORY_BYTES, program, UNTOUCHED } from "./program.ts";

Deno.test("random_get() fills exactly what was asked for", () => {
  const { call, memory } = program();
  assertEquals(call("random_get", 100, 5), ERRNO.SUCCESS);
  assertEquals(memory.read(99, 7), new Uint8Array([UNTOUCHED, 170, 170, 170, 170, 170, UNTOUCHED]));
  assertEquals(call("random_get", 100, 0), ERRNO.SUCCESS);
});

Deno.test("random_get() fills a whole memory and is charged for it", () => {
  const guest = program();
  assertEquals(guest.call("random_get", 0, MEMORY_BYTES), ERRNO.SUCCESS);
  assert(guest.memory.read(0, MEMORY_BYTES).every((byte) => byte === 170));
  assert(guest.ticks >= MEMORY_BYTES / 1024);
});

Deno.test("random_get() answers EFAULT before it writes anything", () => {
  const { call, memory } = program();
  for (const ptr of BAD_POINTERS) assertEquals(call("random_get", ptr, 8), ERRNO.FAULT);
  assertEquals(call("random_get", 0, MEMORY_BYTES + 1), ERRNO.FAULT);
  assertEquals(call("random_get", 8, -1), ERRNO.FAULT);
  assertEquals(memory.u8(0), UNTOUCHED);
});

Deno.test("pooledRandom() hands out each byte once, in blocks of its source", () => {
  let fills = 0;
  let next = 0;
  const random = pooledRandom((bytes) => {
    fills++;
    for (let i = 0; i < bytes.length; i++) bytes[i] = next++ % 251;
  });
  const seen: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const bytes = new Uint8Array(8);
    random(bytes);
    seen.push(...bytes);
  }
  assertEquals(fills, 2);
  assertEquals(seen.slice(0, 4096), Array.from({ length: 4096 }, (_, i) => i % 251));
  random(new Uint8Array(10_000));
  assertEquals(fills, 3);
});
