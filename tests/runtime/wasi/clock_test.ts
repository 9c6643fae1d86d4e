/** Clocks of WASI programs. @module */

import { assertEquals } from "@std/assert";
import { ERRNO } from "../../../runtime/wasi/errno.ts";
import { BAD_POINTERS, program } from "./program.ts";

Deno.test("clock_time_get() gives exact nanoseconds of both clocks", () => {
  const { call, memory } = program();
  assertEquals(call("clock_time_get", 0, 0n, 8), ERRNO.SUCCESS);
  assertEquals(memory.u64(8), 1_700_000_000_123_000_000n);
  assertEquals(call("clock_time_get", 1, 0n, 8), ERRNO.SUCCESS);
  assertEquals(memory.u64(8), 12_500_000n);
});

Deno.test("clock_time_get() survives a clock before 1970", () => {
  const powers = { now: () => -1, monotonic: () => 0, randomFill() {} };
  const { call, memory } = program({ powers });
  assertEquals(call("clock_time_get", 0, 0n, 8), ERRNO.SUCCESS);
  assertEquals(BigInt.asIntN(64, memory.u64(8)), -1_000_000n);
});

Deno.test("clock_res_get() gives a resolution for the clocks there are", () => {
  const { call, memory } = program();
  for (const id of [0, 1]) {
    assertEquals(call("clock_res_get", id, 8), ERRNO.SUCCESS);
    assertEquals(memory.u64(8) > 0n, true);
  }
});

Deno.test("clocks of processor time are unsupported and others invalid", () => {
  const { call } = program();
  for (const [id, errno] of [[2, ERRNO.NOTSUP], [3, ERRNO.NOTSUP], [4, ERRNO.INVAL], [-1, 28]]) {
    assertEquals(call("clock_time_get", id ?? 0, 0n, 8), errno);
    assertEquals(call("clock_res_get", id ?? 0, 8), errno);
  }
});

Deno.test("clocks answer EFAULT for pointers outside the memory", () => {
  const { call } = program();
  for (const ptr of BAD_POINTERS) {
    assertEquals(call("clock_time_get", 1, 0n, ptr), ERRNO.FAULT);
    assertEquals(call("clock_res_get", 0, ptr), ERRNO.FAULT);
  }
});

Deno.test("clock_time_get() writes exactly the nanoseconds of its clock", () => {
  const times = [
    0,
    0.000001,
    1,
    4_294.967295,
    4_294.967296,
    9_007_199_254.5,
    1_700_000_000_123,
    2 ** 43,
  ];
  for (const ms of times) {
    const powers = { now: () => ms, monotonic: () => ms, randomFill() {} };
    const { call, memory } = program({ powers });
    const whole = Math.floor(ms);
    const exact = BigInt(whole) * 1_000_000n + BigInt(Math.floor((ms - whole) * 1e6));
    for (const id of [0, 1]) {
      assertEquals(call("clock_time_get", id, 0n, 64), ERRNO.SUCCESS);
      assertEquals(memory.u64(64), exact, `${ms}`);
    }
  }
});
