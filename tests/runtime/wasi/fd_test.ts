/** Descriptors of WASI programs without directories, and lists of buffers that lie. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { ERRNO } from "../../../runtime/wasi/errno.ts";
import { IO_LIMIT } from "../../../runtime/wasi/iovec.ts";
import { RIGHT } from "../../../runtime/wasi/rights.ts";
import { BAD_POINTERS, MEMORY_BYTES, program, UNTOUCHED } from "./program.ts";

const encoder = new TextEncoder();

Deno.test("fd_write() gathers its buffers in order", () => {
  const { call, memory, output, errors } = program();
  memory.write(100, encoder.encode("hello world\n"));
  memory.setU32(0, 106);
  memory.setU32(4, 6);
  memory.setU32(8, 100);
  memory.setU32(12, 5);
  assertEquals(call("fd_write", 1, 0, 2, 64), ERRNO.SUCCESS);
  assertEquals(memory.u32(64), 11);
  assertEquals(new TextDecoder().decode(output.take()), "world\nhello");
  assertEquals(call("fd_write", 2, 0, 2, 64), ERRNO.SUCCESS);
  assertEquals(errors, ["world"]);
});

Deno.test("fd_read() scatters standard input and ends with 0 bytes", () => {
  const { call, memory, stdio } = program();
  stdio.setInput(encoder.encode("abcdefg"));
  memory.setU32(0, 100);
  memory.setU32(4, 2);
  memory.setU32(8, 200);
  memory.setU32(12, 3);
  assertEquals(call("fd_read", 0, 0, 2, 64), ERRNO.SUCCESS);
  assertEquals([memory.u32(64), memory.text(100, 3), memory.text(200, 4)], [5, "ab?", "cde?"]);
  assertEquals(call("fd_read", 0, 0, 2, 64), ERRNO.SUCCESS);
  assertEquals([memory.u32(64), memory.text(100, 2)], [2, "fg"]);
  assertEquals(call("fd_read", 0, 0, 2, 64), ERRNO.SUCCESS);
  assertEquals(memory.u32(64), 0);
});

for (const name of ["fd_read", "fd_write"]) {
  const fd = name === "fd_read" ? 0 : 1;

  Deno.test(`${name}() takes no list of a length that no memory holds`, () => {
    const { call, buffer } = program();
    buffer(100, 1);
    for (const count of [-1, 2 ** 31, 0x7fffffff, 1025, 2 ** 29 + 1]) {
      assertEquals(call(name, fd, 0, count, 64), ERRNO.INVAL, `${count}`);
    }
    assertEquals(call(name, fd, MEMORY_BYTES - 8, 2, 64), ERRNO.FAULT);
    for (const ptr of BAD_POINTERS) assertEquals(call(name, fd, ptr, 1, 64), ERRNO.FAULT);
  });

  Deno.test(`${name}() touches nothing when one of its buffers is bad`, () => {
    const { call, memory, stdio, output } = program();
    stdio.setInput(encoder.encode("abcdefgh"));
    memory.setU32(0, 100);
    memory.setU32(4, 4);
    for (
      const [ptr, len] of [[MEMORY_BYTES - 3, 4], [-1, 2], [0, -1], [2 ** 32 - 8, 16], [
        100,
        2 ** 31,
      ]]
    ) {
      memory.setU32(8, ptr ?? 0);
      memory.setU32(12, len ?? 0);
      assertEquals(call(name, fd, 0, 2, 64), ERRNO.FAULT, `${ptr} ${len}`);
    }
    assertEquals([memory.u8(100), memory.u8(64)], [UNTOUCHED, UNTOUCHED]);
    assertEquals([output.take().length, stdio.available], [0, 8]);
  });

  Deno.test(`${name}() moves nothing when the count cannot be written`, () => {
    const { call, memory, stdio, output, buffer } = program();
    stdio.setInput(encoder.encode("abcd"));
    buffer(100, 4);
    for (const ptr of BAD_POINTERS) assertEquals(call(name, fd, 0, 1, ptr), ERRNO.FAULT);
    assertEquals([memory.u8(100), output.take().length, stdio.available], [UNTOUCHED, 0, 4]);
  });
}

Deno.test("fd_read() into its own list of buffers stays inside the memory", () => {
  const { call, memory, stdio } = program();
  // The first buffer overwrites the second entry with a buffer outside the memory.
  stdio.setInput(new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3]));
  memory.setU32(0, 8);
  memory.setU32(4, 8);
  memory.setU32(8, 100);
  memory.setU32(12, 3);
  assertEquals(call("fd_read", 0, 0, 2, 64), ERRNO.FAULT);
  assertEquals(memory.u8(100), UNTOUCHED);
});

Deno.test("fd_write() writes at most a megabyte at a time, and the count says so", () => {
  let bytes = 0;
  const guest = program();
  guest.stdio.setOutput({ terminal: false, flush() {}, write: (view) => bytes += view.length });
  for (let i = 0; i < 1024; i++) {
    guest.memory.setU32(i * 8, 0);
    guest.memory.setU32(i * 8 + 4, MEMORY_BYTES);
  }
  assertEquals(guest.call("fd_write", 1, 0, 1024, 65_000), ERRNO.SUCCESS);
  assertEquals([bytes, guest.memory.u32(65_000)], [IO_LIMIT, IO_LIMIT]);
  assert(guest.ticks >= 1_000);
});

Deno.test("fd_write() to a full capture ends the guest", () => {
  const { call, buffer } = program();
  buffer(0, 60_000);
  assertEquals(call("fd_write", 1, 0, 1, 64_000), ERRNO.SUCCESS);
  const fault = assertThrows(() => call("fd_write", 1, 0, 1, 64_000), Fault);
  assertEquals(fault.code, "payload-limit");
});

Deno.test("streams are used in their own direction only", () => {
  const { call, buffer } = program();
  buffer(100, 1);
  assertEquals(call("fd_write", 0, 0, 1, 64), ERRNO.NOTCAPABLE);
  assertEquals(call("fd_read", 1, 0, 1, 64), ERRNO.NOTCAPABLE);
  assertEquals(call("fd_read", 3, 0, 1, 64), ERRNO.BADF);
  assertEquals(call("fd_write", -1, 0, 1, 64), ERRNO.BADF);
});

Deno.test("fd_close() closes a stream once", () => {
  const { call, buffer } = program();
  buffer(100, 1);
  assertEquals(call("fd_close", 1), ERRNO.SUCCESS);
  assertEquals(call("fd_close", 1), ERRNO.BADF);
  assertEquals(call("fd_write", 1, 0, 1, 64), ERRNO.BADF);
  assertEquals(call("fd_write", 2, 0, 1, 64), ERRNO.SUCCESS);
});

Deno.test("fd_renumber() moves a stream, and only onto an open one", () => {
  const { call, buffer, memory, output, errors } = program();
  for (const to of [3, -1, 2 ** 31 - 1, 1_000_000_000]) {
    assertEquals(call("fd_renumber", 1, to), ERRNO.BADF);
    assertEquals(call("fd_renumber", to, 1), ERRNO.BADF);
  }
  assertEquals(call("fd_renumber", 1, 1), ERRNO.SUCCESS);
  assertEquals(call("fd_renumber", 2, 1), ERRNO.SUCCESS);
  memory.write(100, encoder.encode("to error\n"));
  buffer(100, 9);
  assertEquals(call("fd_write", 1, 0, 1, 64), ERRNO.SUCCESS);
  assertEquals(call("fd_write", 2, 0, 1, 64), ERRNO.BADF);
  assertEquals([errors, output.take().length], [["to error"], 0]);
});

Deno.test("fd_fdstat_get() tells terminals from other streams", () => {
  const { call, memory } = program();
  const type = (fd: number) => {
    assertEquals(call("fd_fdstat_get", fd, 64), ERRNO.SUCCESS);
    return memory.u8(64);
  };
  // a buffer, a buffer, and lines that somebody reads as they come
  assertEquals([type(0), type(1), type(2)], [0, 0, 2]);
  assertEquals(Number(memory.u64(72)) & RIGHT.FD_WRITE, RIGHT.FD_WRITE);
  assertEquals([memory.u64(80), memory.u8(88), memory.u8(63)], [0n, UNTOUCHED, UNTOUCHED]);
  assertEquals(call("fd_fdstat_get", 3, 64), ERRNO.BADF);
  for (const ptr of BAD_POINTERS) assertEquals(call("fd_fdstat_get", 1, ptr), ERRNO.FAULT);
});

Deno.test("fd_fdstat_set_flags() keeps append and nonblock and refuses the rest", () => {
  const { call, memory } = program();
  assertEquals(call("fd_fdstat_set_flags", 1, 0b101), ERRNO.SUCCESS);
  call("fd_fdstat_get", 1, 64);
  assertEquals(memory.u16(66), 0b101);
  assertEquals(call("fd_fdstat_set_flags", 1, 0b10), ERRNO.NOTSUP);
  assertEquals(call("fd_fdstat_set_flags", 1, 0b100000), ERRNO.INVAL);
  assertEquals(call("fd_fdstat_set_flags", 9, 0), ERRNO.BADF);
});

Deno.test("fd_fdstat_set_rights() lowers rights for good", () => {
  const { call, buffer } = program();
  buffer(100, 1);
  assertEquals(call("fd_fdstat_set_rights", 1, -1n, 0n), ERRNO.NOTCAPABLE);
  assertEquals(call("fd_fdstat_set_rights", 1, BigInt(RIGHT.FD_WRITE), 1n), ERRNO.NOTCAPABLE);
  assertEquals(call("fd_fdstat_set_rights", 1, BigInt(RIGHT.FD_WRITE), 0n), ERRNO.SUCCESS);
  assertEquals(call("fd_filestat_get", 1, 200), ERRNO.NOTCAPABLE);
  assertEquals(call("fd_fdstat_set_flags", 1, 0), ERRNO.NOTCAPABLE);
  assertEquals(call("fd_write", 1, 0, 1, 64), ERRNO.SUCCESS);
  assertEquals(call("fd_fdstat_set_rights", 1, 0n, 0n), ERRNO.SUCCESS);
  assertEquals(call("fd_write", 1, 0, 1, 64), ERRNO.NOTCAPABLE);
});

Deno.test("fd_filestat_get() fills the whole structure and nothing beside it", () => {
  const { call, memory } = program();
  assertEquals(call("fd_filestat_get", 2, 64), ERRNO.SUCCESS);
  assertEquals([memory.u64(64), memory.u64(72), memory.u8(80), memory.u64(88)], [0n, 2n, 2, 1n]);
  assertEquals([memory.u64(96), memory.u64(120)], [0n, 0n]);
  assertEquals([memory.u8(63), memory.u8(128)], [UNTOUCHED, UNTOUCHED]);
  for (const ptr of BAD_POINTERS) assertEquals(call("fd_filestat_get", 1, ptr), ERRNO.FAULT);
});

Deno.test("what only files and directories do is answered as for a pipe", () => {
  const { call } = program();
  const errnos: Record<string, number> = {
    fd_advise: ERRNO.SPIPE,
    fd_allocate: ERRNO.SPIPE,
    fd_datasync: ERRNO.INVAL,
    fd_filestat_set_size: ERRNO.INVAL,
    fd_filestat_set_times: ERRNO.NOTCAPABLE,
    fd_pread: ERRNO.SPIPE,
    fd_prestat_dir_name: ERRNO.BADF,
    fd_prestat_get: ERRNO.BADF,
    fd_pwrite: ERRNO.SPIPE,
    fd_readdir: ERRNO.NOTDIR,
    fd_seek: ERRNO.SPIPE,
    fd_sync: ERRNO.INVAL,
    fd_tell: ERRNO.SPIPE,
  };
  for (const [name, errno] of Object.entries(errnos)) {
    assertEquals(call(name, 1, 0, 0, 0n, 0), errno, name);
    assertEquals(call(name, 3, 0, 0, 0n, 0), ERRNO.BADF, name);
  }
});
