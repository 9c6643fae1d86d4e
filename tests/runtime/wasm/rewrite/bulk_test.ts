/** Instructions whose work grows with a length: the same results, in pieces, charged. @module */

import { assert, assertEquals } from "@std/assert";
import { randomNumbers } from "./generator.ts";
import { fingerprint, meter, outcome, WIDE } from "./metered.ts";
import { wat } from "./wat.ts";

const PAGES = 20;
const BYTES = PAGES * 65_536;
const ENTRIES = 20_000;

const BULK = wat(`(module
  (memory (export "memory") ${PAGES} ${PAGES})
  (table $t (export "table") ${ENTRIES} ${ENTRIES} funcref)
  (table $u (export "other") ${ENTRIES} ${ENTRIES} funcref)
  (table $g (export "growing") 1 5000 externref)
  (func $a (export "a")) (func $b (export "b"))
  (elem $e func ${"$a $b ".repeat(5_000)})
  (data $d "${"0123456789abcdef".repeat(40_000)}")
  (func (export "memory.fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "memory.copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "memory.init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "data.drop") (data.drop $d))
  (func (export "table.fill") (param i32 i32 i32)
    (table.fill $t (local.get 0) (table.get $u (local.get 1)) (local.get 2)))
  (func (export "table.copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table.copy2") (param i32 i32 i32) (table.copy $u $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table.init") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
  (func (export "elem.drop") (elem.drop $e))
  (func (export "memory.grow") (param i32 i32 i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table.grow") (param i32 i32 i32) (result i32) (table.grow $g (ref.null extern) (local.get 0)))
  (func (export "size") (param i32 i32 i32) (result i32 i32) (memory.size) (table.size $g)))`);

function pair() {
  const metered = meter(BULK).instantiate(() => 5_000);
  return {
    plain: new WebAssembly.Instance(new WebAssembly.Module(BULK)).exports,
    metered: metered.exports,
    used: metered.used,
  };
}

function tableText(exports: WebAssembly.Exports, name: string): string {
  const table = exports[name] as WebAssembly.Table;
  const [a, b] = [exports["a"], exports["b"]];
  let text = "";
  for (let at = 0; at < table.length; at++) {
    const entry = table.get(at);
    text += entry === null ? "." : entry === a ? "a" : entry === b ? "b" : "?";
  }
  return text;
}

const PIECE = 2 ** 18;
const TABLE_PIECE = 2 ** 12;

/** Ends of stretches that are worth trying: at, before and behind every edge. */
function edges(size: number, piece: number): number[] {
  return [0, 1, piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 5, size - 1, size, size + 1];
}

for (
  const name of [
    "memory.fill",
    "memory.copy",
    "memory.init",
    "table.fill",
    "table.copy",
    "table.init",
  ]
) {
  const isMemory = name.startsWith("memory");
  Deno.test(`${name} does what it did, in pieces`, () => {
    const { plain, metered } = pair();
    const random = randomNumbers(name.length);
    const size = isMemory ? BYTES : ENTRIES;
    const numbers = [...edges(size, isMemory ? PIECE : TABLE_PIECE), -1, -4, 2 ** 31];
    const pick = () => numbers[Math.floor(random() * numbers.length)] ?? 0;
    outcome(plain, "memory.init", [0, 0, 600_000]);
    outcome(metered, "memory.init", [0, 0, 600_000]);
    outcome(plain, "table.init", [3, 0, 9_000]);
    outcome(metered, "table.init", [3, 0, 9_000]);
    const seen = { done: 0, trapped: 0 };
    for (let round = 0; round < (isMemory ? 250 : 120); round++) {
      // A distance that makes the stretches overlap, now and then.
      const to = pick();
      const from = random() < 0.3 ? to + Math.floor(random() * 2000) - 1000 : pick();
      const args = [to, from, pick()];
      const expected = outcome(plain, name, args);
      assertEquals(outcome(metered, name, args), expected, `${args}`);
      if (expected === "undefined") seen.done++;
      else seen.trapped++;
      if (isMemory) {
        assertEquals(fingerprint(metered["memory"]), fingerprint(plain["memory"]), `${args}`);
      } else if (round % 8 === 0) {
        assertEquals(tableText(metered, "table"), tableText(plain, "table"), `${args}`);
      }
    }
    assert(seen.done > 5 && seen.trapped > 5, Deno.inspect(seen));
  });
}

Deno.test("table.copy between tables copies as it did", () => {
  const { plain, metered } = pair();
  for (const exports of [plain, metered]) {
    assertEquals(outcome(exports, "table.init", [0, 0, 10_000]), "undefined");
    assertEquals(outcome(exports, "table.copy2", [7, 1, 9_999]), "undefined");
  }
  assertEquals(tableText(metered, "other"), tableText(plain, "other"));
});

Deno.test("dropped segments are empty afterwards", () => {
  const { plain, metered } = pair();
  for (const fn of ["data.drop", "elem.drop"]) {
    for (const exports of [plain, metered]) outcome(exports, fn, []);
  }
  for (
    const [fn, length] of [["memory.init", 0], ["memory.init", 300_000], ["table.init", 5_000]]
  ) {
    const args = [0, 0, length];
    assertEquals(outcome(metered, `${fn}`, args), outcome(plain, `${fn}`, args));
  }
});

Deno.test("memory.grow and table.grow answer as they did", () => {
  const { plain, metered } = pair();
  for (const fn of ["memory.grow", "table.grow", "size"]) {
    for (const by of [0, 1, 10, 4_000, 70_000, -1, 2 ** 31 - 1]) {
      assertEquals(outcome(metered, fn, [by, 0, 0]), outcome(plain, fn, [by, 0, 0]), `${fn} ${by}`);
    }
  }
});

Deno.test("work that grows with a length is charged by its length", () => {
  const { metered, used } = pair();
  const cost = (fn: string, args: readonly number[]): number => {
    const before = used();
    outcome(metered, fn, args);
    return used() - before;
  };
  assert(cost("memory.fill", [0, 1, BYTES]) > BYTES / 16);
  assert(cost("memory.copy", [0, 1, BYTES - 1]) > BYTES / 17);
  assert(cost("memory.init", [0, 0, 600_000]) > 600_000 / 16);
  assert(cost("table.fill", [0, 0, ENTRIES]) > ENTRIES * 4);
  assert(cost("table.copy", [0, 1, ENTRIES - 1]) > ENTRIES * 3);
  assert(cost("table.init", [0, 0, 10_000]) > 40_000);
  assert(cost("memory.grow", [0, 0, 0]) > 1_000);
  assert(cost("table.grow", [100, 0, 0]) > 1_000);
  assert(cost("memory.fill", [0, 1, 16]) < 100);
});

Deno.test("a guest is stopped in the middle of one instruction", () => {
  const stop = new WebAssembly.RuntimeError("stopped");
  const { exports } = meter(BULK, WIDE).instantiate((refill) => {
    if (refill > 0) throw stop;
    return 20_000;
  });
  const before = new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer);
  assertEquals(outcome(exports, "memory.fill", [0, 7, BYTES]), "trap: stopped");
  assertEquals([before[0], before[BYTES - 1]], [7, 0]);
});
