/** Random system calls on a directory in memory: each gives an errno, none an exception, and the count stays right. @module */

import { assert, assertEquals } from "@std/assert";
import { Descriptors } from "../../../runtime/wasi/descriptors.ts";
import { deterministicPowers } from "../../../runtime/wasi/deterministic.ts";
import { MemoryTree } from "../../../runtime/wasi/memory_tree.ts";
import { wasiFunctions } from "../../../runtime/wasi/preview1.ts";
import { MEMORY_BYTES, program } from "./program.ts";

const SEEDS = [1, 2, 3, 4, 5];
const CALLS = 20_000;
const CAPS = { bytes: 10_000, files: 50 };
/** Names, and ways to write them, that calls pick from. */
const PATHS = [
  ...[
    "a",
    "b",
    "c",
    "a/b",
    "a/b/c",
    "./a",
    "a/",
    "a/../b",
    "..",
    ".",
    "",
    "/",
    "b/../..",
    "l",
    "l/x",
  ],
  ...["x".repeat(255), "x".repeat(256), "\0", "ä"],
];
const PATH_AT = 4_096;
const PATH_BYTES = 512;

const encoder = new TextEncoder();

for (const seed of SEEDS) {
  Deno.test(`system calls of the random program ${seed} stay errnos`, () => {
    const { randomFill } = deterministicPowers({ seed, time: 0 });
    const word = new Uint8Array(4);
    const random = (below: number): number => {
      randomFill(word);
      return (new DataView(word.buffer).getUint32(0) % below) | 0;
    };
    const tree = new MemoryTree(CAPS, () => 1_000);
    const descriptors = new Descriptors([{ guest: "/", write: true, tree }]);
    const guest = program({ descriptors });
    const { memory, call, output } = guest;
    const signatures = Object.entries(wasiFunctions({
      ...{ memory, stdio: guest.stdio, descriptors, args: [], env: {} },
      powers: { now: () => 0, monotonic: () => 0, randomFill() {} },
      sleep() {},
      tick() {},
      exit(): never {
        throw new RangeError("no program exits here");
      },
    })).filter(([name]) => name !== "proc_exit");
    // half of all calls are about paths: without files nothing is interesting
    const often = signatures.filter(([name]) => name.startsWith("path_"));
    for (const [at, path] of PATHS.entries()) {
      memory.write(PATH_AT + at * PATH_BYTES, encoder.encode(path));
    }
    const number = (): number => {
      const kind = random(8);
      if (kind < 4) return random(16);
      if (kind < 6) return 64 + random(1_000);
      return kind === 6 ? random(2 ** 31) * 2 : MEMORY_BYTES - random(16);
    };
    let succeeded = 0;
    for (let i = 0; i < CALLS; i++) {
      const list = random(2) === 0 ? signatures : often;
      const [name, { type }] = list[random(list.length)] ?? ["sched_yield", { type: "()" }];
      const params = type.slice(1, type.indexOf(")")).split(", ").filter((param) => param !== "");
      const args = params.map((param): number | bigint =>
        param === "i64" ? (random(4) === 0 ? -1n : BigInt(random(2 ** 30))) : number()
      );
      // where a call takes a pointer and a length, a path more often than not
      for (let at = 0; at + 1 < args.length; at++) {
        if (!name.startsWith("path_") || random(3) === 0) continue;
        if (
          params[at] !== "i32" || params[at + 1] !== "i32" || at === 0 && name !== "path_symlink"
        ) {
          continue;
        }
        const path = random(PATHS.length);
        args[at] = PATH_AT + path * PATH_BYTES;
        args[at + 1] = encoder.encode(PATHS[path]).length;
        at++;
      }
      if (name.startsWith("path_") && name !== "path_symlink") args[0] = 3;
      if (name === "path_symlink") args[2] = 3;
      // the preopened directory stays, and paths are still what they were
      if ((name === "fd_close" || name === "fd_renumber") && args.includes(3)) continue;
      const errno = call(name, ...args);
      assert(Number.isInteger(errno) && errno >= 0 && errno <= 76, `${name}(${args}): ${errno}`);
      if (errno === 0) succeeded++;
      if (i % 100 === 0) {
        output.take();
        for (const [at, path] of PATHS.entries()) {
          memory.write(PATH_AT + at * PATH_BYTES, encoder.encode(path));
        }
      }
    }
    assert(succeeded > CALLS / 50, `${succeeded}`);
    // all that is there is within the caps, and all of it can be removed and used again
    descriptors.end();
    const seen = { bytes: 0, files: 0 };
    const inodes = new Set<number>();
    const remove = (path: string): void => {
      for (const name of tree.names(path)) {
        const at = path === "" ? name : `${path}/${name}`;
        const stat = tree.stat(at);
        assert(stat !== undefined);
        seen.files++;
        if (!inodes.has(stat.ino)) seen.bytes += stat.size;
        inodes.add(stat.ino);
        if (stat.type === 3) {
          remove(at);
          tree.removeDirectory(at);
        } else tree.unlink(at);
      }
    };
    remove("");
    assert(seen.bytes <= CAPS.bytes && seen.files <= CAPS.files, JSON.stringify(seen));
    assertEquals(tree.names(""), []);
    const whole = tree.open("whole", { read: true, write: true, create: true });
    assertEquals(whole.write(new Uint8Array(CAPS.bytes - 100), 0), CAPS.bytes - 100);
  });
}
