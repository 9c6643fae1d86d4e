/** Waiting of WASI programs: what is reported, and that no wait hangs or burns the core. @module */

import process from "node:process";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import type { GuestMemory } from "../../../runtime/memory.ts";
import { ERRNO } from "../../../runtime/wasi/errno.ts";
import { sleepUntil } from "../../../runtime/wasi/sleep.ts";
import { BAD_POINTERS, MEMORY_BYTES, program } from "./program.ts";

const EVENTS = 4096;
const COUNT = 8192;

/** Writes a subscription to a clock. */
function clock(memory: GuestMemory, i: number, id: number, timeout: bigint, flags = 0): void {
  memory.setU64(i * 48, BigInt(1000 + i));
  memory.setU8(i * 48 + 8, 0);
  memory.setU32(i * 48 + 16, id);
  memory.setU64(i * 48 + 24, timeout);
  memory.setU16(i * 48 + 40, flags);
}

/** Writes a subscription to a stream: type 1 reads, 2 writes. */
function stream(memory: GuestMemory, i: number, type: number, fd: number): void {
  memory.setU64(i * 48, BigInt(1000 + i));
  memory.setU8(i * 48 + 8, type);
  memory.setU32(i * 48 + 16, fd);
}

/** The events that were written, as `userdata type errno bytes`. */
function events(memory: GuestMemory): readonly string[] {
  return Array.from({ length: memory.u32(COUNT) }, (_, i) => {
    const at = EVENTS + i * 32;
    return `${memory.u64(at)} ${memory.u8(at + 10)} ${memory.u16(at + 8)} ${memory.u64(at + 16)}`;
  });
}

Deno.test("poll_oneoff() sleeps until its first clock and reports those that went off", () => {
  const { call, memory, slept } = program();
  clock(memory, 0, 1, 50_000_000n);
  clock(memory, 1, 1, 20_000_000n);
  clock(memory, 2, 0, 20_000_000n);
  assertEquals(call("poll_oneoff", 0, EVENTS, 3, COUNT), ERRNO.SUCCESS);
  assertEquals(slept, [20]);
  assertEquals(events(memory), ["1001 0 0 0", "1002 0 0 0"]);
});

Deno.test("poll_oneoff() takes absolute times, also past ones", () => {
  const { call, memory, slept } = program();
  clock(memory, 0, 1, 12_500_000n + 7_000_000n, 1);
  assertEquals(call("poll_oneoff", 0, EVENTS, 1, COUNT), ERRNO.SUCCESS);
  assertEquals(slept, [7]);
  clock(memory, 0, 0, 1n, 1);
  assertEquals(call("poll_oneoff", 0, EVENTS, 1, COUNT), ERRNO.SUCCESS);
  assertEquals([slept, events(memory)], [[7], ["1000 0 0 0"]]);
});

Deno.test("poll_oneoff() does not wait while a stream is ready", () => {
  const { call, memory, stdio, slept } = program();
  stdio.setInput(new Uint8Array(5));
  clock(memory, 0, 1, 3_600_000_000_000n);
  stream(memory, 1, 1, 0);
  stream(memory, 2, 2, 1);
  assertEquals(call("poll_oneoff", 0, EVENTS, 3, COUNT), ERRNO.SUCCESS);
  assertEquals([slept, events(memory)], [[], ["1001 1 0 5", "1002 2 0 0"]]);
});

Deno.test("poll_oneoff() reports bad descriptors, directions and clocks as events", () => {
  const { call, memory, slept } = program();
  stream(memory, 0, 1, 9);
  stream(memory, 1, 1, 1);
  stream(memory, 2, 2, 0);
  clock(memory, 3, 7, 1n);
  clock(memory, 4, 2, 1n);
  assertEquals(call("poll_oneoff", 0, EVENTS, 5, COUNT), ERRNO.SUCCESS);
  assertEquals(slept, []);
  assertEquals(events(memory), [
    `1000 1 ${ERRNO.BADF} 0`,
    `1001 1 ${ERRNO.NOTCAPABLE} 0`,
    `1002 2 ${ERRNO.NOTCAPABLE} 0`,
    `1003 0 ${ERRNO.INVAL} 0`,
    `1004 0 ${ERRNO.NOTSUP} 0`,
  ]);
});

Deno.test("poll_oneoff() refuses no, too many and unknown subscriptions", () => {
  const { call, memory } = program();
  for (const count of [0, -1, 1025, 1_000_000, 2 ** 31]) {
    assertEquals(call("poll_oneoff", 0, EVENTS, count, COUNT), ERRNO.INVAL);
  }
  stream(memory, 0, 3, 0);
  assertEquals(call("poll_oneoff", 0, EVENTS, 1, COUNT), ERRNO.INVAL);
});

Deno.test("poll_oneoff() answers EFAULT before it sleeps", () => {
  const { call, memory, slept } = program();
  clock(memory, 0, 1, 1_000_000n);
  for (const ptr of [...BAD_POINTERS, MEMORY_BYTES - 31]) {
    assertEquals(call("poll_oneoff", ptr, EVENTS, 1, COUNT), ERRNO.FAULT);
    assertEquals(call("poll_oneoff", 0, ptr, 1, COUNT), ERRNO.FAULT);
  }
  assertEquals(call("poll_oneoff", 0, EVENTS, 1, MEMORY_BYTES - 3), ERRNO.FAULT);
  assertEquals(slept, []);
});

Deno.test("poll_oneoff() may write its events over its subscriptions", () => {
  const { call, memory } = program();
  for (let i = 0; i < 4; i++) stream(memory, i, 2, 1);
  assertEquals(call("poll_oneoff", 0, 0, 4, COUNT), ERRNO.SUCCESS);
  assertEquals(memory.u32(COUNT), 4);
  assertEquals([0, 1, 2, 3].map((i) => memory.u64(i * 32)), [1000n, 1001n, 1002n, 1003n]);
});

Deno.test("sleepUntil() sleeps as long as asked without using the core", () => {
  const begin = performance.now();
  const used = process.cpuUsage();
  sleepUntil(begin + 10_000, 400);
  const slept = performance.now() - begin;
  const { user, system } = process.cpuUsage(used);
  assert(slept >= 399, `slept ${slept} ms`);
  assert((user + system) / 1000 < slept / 2, `used ${user + system} µs`);
});

Deno.test("sleepUntil() fails at once when the deadline comes first", () => {
  const begin = performance.now();
  const fault = assertThrows(() => sleepUntil(begin + 1_000, 5_000), Fault);
  assertEquals(fault.code, "timeout");
  assert(performance.now() - begin < 500);
});

Deno.test("sleepUntil() without a deadline comes back after a second at most", () => {
  const begin = performance.now();
  sleepUntil(Infinity, 31_536_000_000);
  assert(performance.now() - begin < 3_000);
});
