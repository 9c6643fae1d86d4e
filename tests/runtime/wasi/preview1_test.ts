/** All of WASI preview 1 at once: complete, and never an exception in the guest. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { ERRNO } from "../../../runtime/wasi/errno.ts";
import { wasiFunctions } from "../../../runtime/wasi/preview1.ts";
import { BAD_POINTERS, program } from "./program.ts";

/** Names of the functions and their parameters, by the words that `run` is called with. */
function everyFunction(): readonly [string, readonly string[]][] {
  const { memory, stdio, descriptors } = program();
  const functions = wasiFunctions({
    memory,
    stdio,
    descriptors,
    args: [],
    env: {},
    powers: { now: () => 0, monotonic: () => 0, randomFill() {} },
    sleep() {},
    tick() {},
    exit() {
      throw new Fault("guest-error");
    },
  });
  return Object.entries(functions).map(([name, { type }]) => {
    const params = type.slice(1, type.indexOf(")"));
    return [name, params === "" ? [] : params.split(", ")];
  });
}

Deno.test("wasiFunctions() has all 46 functions of preview 1", () => {
  assertEquals(everyFunction().length, 46);
});

Deno.test("no function throws into the guest, whatever it is handed", () => {
  const values = [...BAD_POINTERS, 0, 1, 2, 3, 8];
  for (const [name, params] of everyFunction()) {
    if (name === "proc_exit") continue;
    for (const value of values) {
      for (const fd of [0, 1, 2, 3, -1]) {
        const { call } = program();
        const args = params.map((type, i) =>
          type === "i64" ? BigInt.asIntN(64, BigInt(value)) : i === 0 ? fd : value
        );
        const errno = call(name, ...args);
        assert(Number.isInteger(errno) && errno >= 0 && errno <= 76, `${name}(${args}): ${errno}`);
      }
    }
  }
});

Deno.test("sched_yield() succeeds and proc_raise() is not supported", () => {
  const { call } = program();
  assertEquals(call("sched_yield"), ERRNO.SUCCESS);
  assertEquals(call("proc_raise", 9), ERRNO.NOSYS);
});

Deno.test("proc_exit() hands on its status as unsigned", () => {
  const { call } = program();
  for (const [status, seen] of [[0, "0"], [7, "7"], [-1, "4294967295"]] as const) {
    assertEquals(assertThrows(() => call("proc_exit", status), Fault).message, seen);
  }
});

Deno.test("sockets do not exist: ENOTSOCK for streams, EBADF for the rest", () => {
  const { call } = program();
  for (const name of ["sock_accept", "sock_recv", "sock_send", "sock_shutdown"]) {
    assertEquals(call(name, 1, 0, 0, 0, 0, 0), ERRNO.NOTSOCK, name);
    assertEquals(call(name, 3, 0, 0, 0, 0, 0), ERRNO.BADF, name);
  }
});

Deno.test("paths lead nowhere: ENOTDIR from streams, EBADF from the rest", () => {
  const { call } = program();
  for (const [name] of everyFunction()) {
    if (!name.startsWith("path_") || name === "path_symlink") continue;
    assertEquals(call(name, 2, 0, 0, 0, 0, 0, 0, 0, 0), ERRNO.NOTDIR, name);
    assertEquals(call(name, 3, 0, 0, 0, 0, 0, 0, 0, 0), ERRNO.BADF, name);
  }
  assertEquals(call("path_symlink", 0, 4, 2, 0, 4), ERRNO.NOTDIR);
  assertEquals(call("path_symlink", 0, 4, 3, 0, 4), ERRNO.BADF);
});
