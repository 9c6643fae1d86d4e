/** Arguments and environment of WASI programs. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { ERRNO } from "../../../runtime/wasi/errno.ts";
import { BAD_POINTERS, MEMORY_BYTES, program, UNTOUCHED } from "./program.ts";

Deno.test("args_get() writes pointers and texts that end with NUL, nothing else", () => {
  const { call, memory } = program({ args: ["app", "", "é"] });
  assertEquals(call("args_sizes_get", 0, 4), ERRNO.SUCCESS);
  assertEquals([memory.u32(0), memory.u32(4)], [3, 4 + 1 + 3]);
  assertEquals(call("args_get", 16, 64), ERRNO.SUCCESS);
  assertEquals([memory.u32(16), memory.u32(20), memory.u32(24)], [64, 68, 69]);
  assertEquals(memory.text(64, 8), "app\0\0é\0");
  assertEquals([memory.u8(28), memory.u8(72), memory.u8(63)], [UNTOUCHED, UNTOUCHED, UNTOUCHED]);
});

Deno.test("environ_get() writes name=value", () => {
  const { call, memory } = program({ env: { A: "1", LANG: "de" } });
  assertEquals(call("environ_sizes_get", 0, 4), ERRNO.SUCCESS);
  assertEquals([memory.u32(0), memory.u32(4)], [2, 12]);
  assertEquals(call("environ_get", 16, 64), ERRNO.SUCCESS);
  assertEquals(memory.text(64, 12), "A=1\0LANG=de\0");
});

Deno.test("arguments and environment may be empty", () => {
  const { call, memory } = program({ args: [] });
  for (const name of ["args", "environ"]) {
    assertEquals(call(`${name}_sizes_get`, 0, 4), ERRNO.SUCCESS);
    assertEquals([memory.u32(0), memory.u32(4)], [0, 0]);
    assertEquals(call(`${name}_get`, MEMORY_BYTES, MEMORY_BYTES), ERRNO.SUCCESS);
  }
});

Deno.test("args_get() answers EFAULT for pointers outside the memory", () => {
  const { call } = program({ args: ["a", "b"], env: { A: "1" } });
  for (const ptr of BAD_POINTERS) {
    for (const name of ["args", "environ"]) {
      assertEquals(call(`${name}_sizes_get`, ptr, 0), ERRNO.FAULT);
      assertEquals(call(`${name}_sizes_get`, 0, ptr), ERRNO.FAULT);
      assertEquals(call(`${name}_get`, ptr, 0), ERRNO.FAULT);
      assertEquals(call(`${name}_get`, 0, ptr), ERRNO.FAULT);
    }
  }
});

Deno.test("an argument with a NUL is refused rather than cut short", () => {
  const { call } = program({ args: ["a\0b"] });
  assertEquals(assertThrows(() => call("args_sizes_get", 0, 4), Fault).code, "unsupported");
});
