/** Binaries made to break the rewriter: refused, or the same behaviour, and never slow. @module */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Fault } from "../../../../runtime/errors.ts";
import { rewrite } from "../../../../runtime/wasm/rewrite/rewrite.ts";
import {
  body,
  type Bytes,
  flat,
  module,
  name,
  section,
  signature,
  sized,
  TYPE,
  u32,
  vector,
} from "./binary.ts";
import { generate, randomNumbers } from "./generator.ts";
import { attempt, judge } from "./judge.ts";
import { WIDE } from "./metered.ts";
import { wat } from "./wat.ts";

const END = 0x0b;
const SMALL = wat(`(module
  (type $t (func (param i32) (result i32)))
  (memory (export "memory") 1 3) (table 4 funcref) (elem (i32.const 0) $f $g) (global $n (mut i32) (i32.const 3))
  (tag $x (param i32))
  (func $f (export "f") (type $t) (local i64)
    (block $out (loop $l (br_if $out (i32.eqz (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (i32.store (local.get 0) (global.get $n)) (br $l)))
    (memory.fill (i32.const 8) (i32.const 5) (i32.const 9))
    (call_indirect (type $t) (i32.const 1) (i32.const 1)))
  (func $g (export "g") (type $t)
    (if (result i32) (i32.gt_u (local.get 0) (i32.const 4)) (then (call $f (i32.const 3)))
      (else (i32.trunc_sat_f64_s (f64.const 1.5)))))
  (func (export "h") (result i32)
    (try (result i32) (do (throw $x (i32.const 4))) (catch $x) (catch_all (i32.const 2))))
  (start $s) (func $s (global.set $n (i32.const 9)))
  (data (i32.const 3) "hello"))`);

Deno.test("rewrite() of every truncated module is refused", () => {
  for (const bytes of [SMALL, generate(1).bytes]) {
    for (let length = 0; length < bytes.length; length++) {
      const part = bytes.slice(0, length);
      if (WebAssembly.validate(part)) continue;
      attempt(part);
    }
    assertEquals(attempt(bytes.slice(0, bytes.length - 1)) instanceof Fault, true);
  }
});

Deno.test("a module with any one bit flipped is refused, or does the same", () => {
  const seen = { invalid: 0, refused: 0, same: 0, endless: 0 };
  for (let at = 0; at < SMALL.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const bytes = SMALL.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1 << bit;
      seen[judge(bytes)]++;
    }
  }
  assert(seen.same > 200 && seen.invalid > 1_000, Deno.inspect(seen));
});

Deno.test("modules with bytes changed, taken out and put in are refused, or do the same", () => {
  const random = randomNumbers(4711);
  const below = (limit: number) => Math.floor(random() * limit);
  const seen = { invalid: 0, refused: 0, same: 0, endless: 0 };
  for (let round = 0; round < 4_000; round++) {
    const bytes = [...SMALL];
    for (let changes = 1 + below(3); changes > 0; changes--) {
      const at = 8 + below(bytes.length - 8);
      if (random() < 0.6) bytes[at] = below(256);
      else if (random() < 0.5) bytes.splice(at, 1 + below(4));
      else bytes.splice(at, 0, below(256));
    }
    seen[judge(new Uint8Array(bytes))]++;
  }
  assert(seen.same > 50 && seen.invalid > 1_000, Deno.inspect(seen));
});

/** A function `() -> ()` of these instructions, exported as `f`, in a module with these other sections. */
function moduleOf(instructions: Bytes, sections: { readonly [id: number]: Bytes } = {}) {
  const all: Record<number, Bytes> = {
    1: vector([signature([], [])]),
    3: vector([0]),
    7: vector([[name("f"), 0, 0]]),
    10: vector([body([], instructions)]),
    ...sections,
  };
  const order = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
  return module(...order.flatMap((id) => all[id] === undefined ? [] : [section(id, all[id])]));
}

/** Valid modules that no limit would hold. */
const BEYOND: Record<string, Uint8Array<ArrayBuffer>> = {
  "shared memory": moduleOf([], { 5: vector([[3, 1, 1]]) }),
  "64-bit memory": moduleOf([], { 5: vector([[4, 1]]) }),
  "2 memories": moduleOf([], { 5: vector([[0, 1], [0, 1]]) }),
  "64-bit table": moduleOf([], { 4: vector([[TYPE.funcref, 4, 1]]) }),
  "table of typed references": moduleOf([], { 4: vector([[0x63, 0x70, 0, 1]]) }),
  "table with an initial value": moduleOf([], {
    4: vector([[0x40, 0, TYPE.funcref, 0, 1, 0xd0, TYPE.funcref, END]]),
  }),
  "types of garbage collection": moduleOf([], {
    1: vector([signature([], []), [0x5f, vector([[TYPE.i32, 1]])]]),
  }),
  "value type 0x6e": moduleOf([], { 1: vector([signature([], []), signature([0x6e], [])]) }),
  "value type 0x63": moduleOf([], { 1: vector([signature([], []), [0x60, 1, 0x63, 0x70, 0]]) }),
  "exceptions that carry exceptions": moduleOf([], {
    1: vector([signature([], []), signature([TYPE.exnref], [])]),
    13: vector([[0, 1]]),
  }),
  "call_ref": moduleOf([0xd2, 0, 0x14, 0]),
  "garbage collection": moduleOf([0x41, 0, 0xfb, 0x1c, 0x1a]),
  "typed references": moduleOf([0xd0, 0x71, 0x1a]),
};

for (const [what, bytes] of Object.entries(BEYOND)) {
  Deno.test(`rewrite() refuses a module with ${what}`, () => {
    assert(WebAssembly.validate(bytes), "the engine does not take it");
    const fault = assertThrows(() => rewrite(bytes, WIDE), Fault);
    assertEquals(fault.code, "unsupported");
    assertStringIncludes(fault.message, what);
  });
}

Deno.test("rewrite() takes a trusted module with types of garbage collection unmetered", () => {
  const bytes = moduleOf([], {
    1: vector([signature([], []), [0x5f, vector([[TYPE.i32, 1]])]]),
    5: vector([[0, 1]]),
  });
  const { sizes, added, bytes: capped } = rewrite(bytes, {
    ...WIDE,
    memoryPages: 2,
    metering: false,
  });
  assertEquals([sizes.memories, added.meter], [[{ min: 1, max: 2 }], undefined]);
  assert(WebAssembly.validate(capped));
});

const OVERLONG = [0x81, 0x80, 0x80, 0x80, 0x80, 0x00];
const HUGE = [0xff, 0xff, 0xff, 0xff, 0x0f];

/** Binaries that are wrong in themselves. */
const MALFORMED: Record<string, Bytes> = {
  "an overlong count of types": section(1, [OVERLONG, signature([], [])]),
  "a number over 32 bits": section(1, [0xff, 0xff, 0xff, 0xff, 0x1f]),
  "a huge count of types": section(1, HUGE),
  "a huge count of parameters": section(1, [1, 0x60, HUGE]),
  "a huge count of imports": section(2, HUGE),
  "a huge name": section(2, [1, HUGE]),
  "a huge count of exports": section(7, HUGE),
  "a huge count of bodies": section(10, HUGE),
  "a huge section": [1, HUGE],
  "a section that is too short": [1, 40, 1, 0x60, 0, 0],
  "bytes behind a section's content": section(3, [0, 0, 0]),
  "sections out of order": [section(3, [0]), section(1, [0])],
  "a section twice": [section(1, [0]), section(1, [0])],
  "an unknown section": section(42, []),
  "bodies without functions": section(10, vector([body([])])),
  "functions without bodies": [section(1, vector([signature([], [])])), section(3, vector([0]))],
  "an import of an unknown kind": section(2, vector([[name("a"), name("b"), 9, 0]])),
};

for (const [what, sections] of Object.entries(MALFORMED)) {
  Deno.test(`rewrite() refuses ${what}`, () => {
    const fault = assertThrows(() => rewrite(module(sections), WIDE), Fault);
    assertEquals(fault.code, "unsupported");
  });
}

Deno.test("rewrite() refuses bodies that do not end where they should", () => {
  const wrong: Record<string, Bytes> = {
    "a block left open": sized(0, 0x02, 0x40, END),
    "bytes behind the end": sized(0, END, 0x01),
    "no end": sized(0, 0x01),
    "an else of nothing": sized(0, 0x05, END),
    "a catch of nothing": sized(0, 0x07, 0, END),
    "a number across the end": sized(0, 0x41, 0x80),
    "bytes across the end": sized(0, 0x44, 0, 0),
    "a huge br_table": sized(0, 0x0e, HUGE, 0, END),
    "a huge select": sized(0, 0x1c, HUGE, END),
    "a huge try_table": sized(0, 0x1f, 0x40, HUGE, END),
    "huge locals": sized(HUGE, END),
  };
  for (const [what, code] of Object.entries(wrong)) {
    const bytes = moduleOf([], { 10: vector([code]) });
    assertThrows(() => rewrite(bytes, WIDE), Fault, "", what);
  }
});

Deno.test("rewrite() never takes long, and never makes a module many times as large", () => {
  const loops = new Array(200_000).fill([0x03, 0x40, END]).flat();
  const calls = new Array(300_000).fill([0x10, 0]).flat();
  const deep = [...new Array(90_000).fill([0x02, 0x40]).flat(), ...new Array(90_000).fill(END)];
  const ifs = new Array(100_000).fill([0x41, 0, 0x04, 0x40, END]).flat();
  const bombs: Record<string, Uint8Array<ArrayBuffer>> = {
    loops: moduleOf(loops),
    calls: moduleOf([[0x03, 0x40, END], calls]),
    deep: moduleOf(deep),
    ifs: moduleOf(ifs),
    exports: moduleOf([], {
      7: vector(
        Array.from(
          { length: 50_000 },
          (_, n) => [name(n === 0 ? "airlock:" : `airlock${n}:`), 0, 0],
        ),
      ),
    }),
    custom: module(...new Array(100_000).fill([0, 2, 1, 0x61])),
    table: moduleOf([0x41, 0, 0x0e, u32(500_000), new Array(500_001).fill(0)]),
    functions: moduleOf([], {
      3: vector(new Array(100_000).fill(0)),
      10: vector(new Array(100_000).fill([2, 0, END])),
    }),
  };
  for (const [what, bytes] of Object.entries(bombs)) {
    const begin = performance.now();
    const rewritten = attempt(bytes);
    const elapsed = performance.now() - begin;
    assert(elapsed < 1_500, `${what}: ${elapsed} ms for ${bytes.length} bytes`);
    assert(!(rewritten instanceof Fault), `${what}: ${rewritten}`);
    assert(rewritten.length < bytes.length * 12 + 1_000, `${what}: ${rewritten.length}`);
  }
});

Deno.test("rewrite() refuses to write a helper for every pair of segment and table", () => {
  const tables = 100;
  const pairs = Array.from({ length: 100 * tables }, (_, n) => [
    ...[0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12],
    ...u32(Math.floor(n / tables)),
    ...u32(n % tables),
  ]);
  const bytes = moduleOf(pairs, {
    4: vector(new Array(tables).fill([TYPE.funcref, 0, 0])),
    9: vector(new Array(100).fill([1, 0, vector([])])),
  });
  assert(WebAssembly.validate(bytes));
  assertThrows(() => rewrite(bytes, WIDE), Fault, "pairs of segments and tables");
});

Deno.test("rewrite() gives its exports names that no export of the guest has", () => {
  const taken = ["airlock:", "airlock:exchange", "airlock1:table", "airlock2", "airlock3:x"];
  const bytes = moduleOf([], { 7: vector(taken.map((one) => [name(one), 0, 0])) });
  const { added, bytes: rewritten } = rewrite(bytes, WIDE);
  const exports = WebAssembly.Module.exports(new WebAssembly.Module(rewritten));
  const own = exports.filter(({ name }) => name.startsWith(added.prefix));
  assertEquals(own.map(({ name }) => name), [
    added.meter?.exchange,
    added.meter?.owner,
    added.meter?.table,
  ]);
  assertEquals(exports.length, taken.length + 3);
});

Deno.test("a guest cannot name what is appended: the original is not valid", () => {
  const { bytes } = rewrite(moduleOf([0x01]), WIDE);
  assert(WebAssembly.validate(bytes));
  for (const instructions of [[0x23, 0, 0x1a], [0x10, 1], [0x41, 0, 0x41, 0, 0x26, 0]]) {
    assertEquals(WebAssembly.validate(moduleOf(instructions)), false);
  }
  assert(flat([bytes]).length > 0);
});
