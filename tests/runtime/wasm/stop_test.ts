/** Every way not to end, and what becomes of it: the deadline holds and the next call is served. @module */

import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { assertIdle } from "../../cpu_use.ts";
import { callFor, faultOf, type FixtureOptions, type LoadedFixture, loadFixture } from "./load.ts";
import { body, module, name, section, signature, TYPE, vector } from "./rewrite/binary.ts";
import { wat } from "./rewrite/wat.ts";

/** Milliseconds a call gets here, and how much longer it may take on a busy machine. */
const LIMIT_MS = 60;
const LATE_MS = 40;

/** How long a call took beyond its limit, by the clock and by what this process worked meanwhile. */
interface Lateness {
  readonly wall: number;
  readonly work: number;
}

function lateness(): () => Lateness {
  const [begin, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(before);
    return {
      wall: performance.now() - begin - LIMIT_MS,
      work: (user + system) / 1_000 - LIMIT_MS,
    };
  };
}

/** A machine that is busy with others may take the processor away: then only the work counts. */
function assertInTime({ wall, work }: Lateness): void {
  assert(wall > -1 && Math.min(wall, work) < LATE_MS, `${wall} ms late, ${work} of work`);
}

/** A guest of the base convention with these functions, given as bodies `(i32, i32) -> i64`. */
function guestWith(
  bodies: Readonly<Record<string, string>>,
  { more = "", ...options }: FixtureOptions & { readonly more?: string } = {},
): Promise<LoadedFixture> {
  const functions = Object.entries(bodies).map(([name, code]) =>
    `(func (export "${name}") (param i32 i32) (result i64) ${code} (i64.const 0))`
  );
  const bytes = wat(`(module ${more}
    (memory (export "memory") 1) (global $calls (mut i32) (i32.const 0))
    (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "__base_free") (param i32 i32))
    (func (export "calls") (param i32 i32) (result i64)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.store8 (i32.const 0) (global.get $calls)) (i64.const 1))
    ${functions.join(" ")})`);
  return loadFixture("echo", { ...options, source: { read: () => Promise.resolve(bytes) } });
}

const MORE = `
  (table $t 8 funcref) (elem (i32.const 0) $forever) (table $grows 1 externref) (tag $x)
  (func $forever (param i32 i32) (result i64) (loop (br 0)) unreachable)
  (func $twice (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $twice (i32.sub (local.get 0) (i32.const 1)))
        (call $twice (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 1))))
  (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
  (func $tail (param i32) (return_call $tail (local.get 0)))
  (func $ping (param i32) (return_call $pong (local.get 0)))
  (func $pong (param i32) (return_call $ping (local.get 0)))`;

/** Everything that never ends. */
const ENDLESS: Readonly<Record<string, string>> = {
  loop: "(loop (br 0))",
  br_table: "(loop (br_table 0 0 (i32.const 1)))",
  if: "(loop (if (i32.const 1) (then (br 1))))",
  nested: "(loop (loop (br_if 0 (i32.const 0))) (br 0))",
  exponential: "(drop (call $twice (i32.const 60)))",
  tail: "(call $tail (i32.const 0))",
  ping_pong: "(call $ping (i32.const 0))",
  indirect:
    "(drop (call_indirect $t (param i32 i32) (result i64) (i32.const 0) (i32.const 0) (i32.const 0)))",
  catch_all: "(loop (try (do (loop (br 0))) (catch_all)) (br 0))",
  throwing: "(loop (try (do (throw $x)) (catch_all)) (br 0))",
  fill:
    "(drop (memory.grow (i32.const 900))) (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 50000000)) (br 0))",
  copy:
    "(drop (memory.grow (i32.const 900))) (loop (memory.copy (i32.const 0) (i32.const 9) (i32.const 50000000)) (br 0))",
  grow: "(loop (drop (memory.grow (i32.const 0))) (br 0))",
  table_grow: "(loop (drop (table.grow $grows (ref.null extern) (i32.const 1))) (br 0))",
};

for (const name of Object.keys(ENDLESS)) {
  Deno.test(`an endless "${name}" ends at its deadline, and the next call is served`, async () => {
    await using guest = await guestWith(ENDLESS, { more: MORE });
    assertEquals(guest.bytes("calls"), new Uint8Array([1]));
    const late = lateness();
    const fault = await faultOf(() => guest.module.invoke(name, "", callFor(LIMIT_MS)));
    assertEquals(fault.code, "timeout");
    assertInTime(late());
    assertEquals(guest.bytes("calls"), new Uint8Array([1]));
    assertEquals(guest.module.restarts, 1);
  });
}

Deno.test("after a stopped loop no processor is used", async () => {
  await using guest = await guestWith(ENDLESS, { more: MORE });
  assertEquals(
    (await faultOf(() => guest.module.invoke("loop", "", callFor(LIMIT_MS)))).code,
    "timeout",
  );
  await assertIdle();
});

Deno.test("endless recursion under catch_all ends with a trap", async () => {
  const bodies = { recursion: "(try (do (drop (call $deep (i32.const 0)))) (catch_all))" };
  await using guest = await guestWith(bodies, { more: MORE });
  assertEquals((await faultOf(() => guest.bytes("recursion"))).code, "trap");
  assertEquals(guest.bytes("calls"), new Uint8Array([1]));
});

for (
  const [where, text] of [
    ["start section", "(start $s) (func $s (loop (br 0)))"],
    ["_initialize", '(func (export "_initialize") (loop (br 0)))'],
    ["recursion of the start section", "(start $s) (func $s (call $s) (call $s))"],
  ] as const
) {
  Deno.test(`a load with an endless ${where} fails`, async () => {
    const begin = performance.now();
    const fault = await faultOf(() => guestWith({}, { more: text, limits: { loadMs: LIMIT_MS } }));
    assertEquals(fault.code, where.startsWith("recursion") ? "trap" : "timeout");
    assert(performance.now() - begin < LIMIT_MS * 10);
  });
}

Deno.test("a loop after the guest waited for the host ends at the deadline", async () => {
  const bytes = wat(`(module (import "test" "ask" (func $ask (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "test_call") (param i32) (result i32) (drop (call $ask (i32.const 1))) (loop (br 0)) unreachable))`);
  await using guest = await loadFixture("suspend", {
    source: { read: () => Promise.resolve(bytes) },
    abis: [{
      name: "test",
      instances: "one",
      looksFor: "the export test_call",
      detect: ({ exports }) => exports.some(({ name }) => name === "test_call") ? "yes" : undefined,
      requires: [],
      operation: "(i32) -> i32",
      reserved: [],
      starts: false,
      bind: (guest) => ({
        imports: {
          test: {
            ask: {
              type: "(i32) -> i32",
              wait: () => new Promise<number>((resolve) => setTimeout(() => resolve(1), 10)),
            },
          },
        },
        invoke: (fn) => Promise.resolve(guest.entry(fn)?.(1)).then(() => new Uint8Array()),
      }),
    }],
  });
  const late = lateness();
  const fault = await faultOf(() => guest.module.invoke("test_call", "", callFor(LIMIT_MS)));
  assertEquals(fault.code, "timeout");
  assertInTime(late());
});

const WORK = {
  work: `(loop $l (local.set 0 (i32.add (local.get 0) (i32.const 1)))
    (br_if $l (i32.lt_u (local.get 0) (i32.const 100000))))`,
};

Deno.test("fuel ends a call at the same unit on every run", async () => {
  await using guest = await guestWith(WORK);
  const used: number[] = [];
  for (let run = 0; run < 3; run++) {
    guest.bytes("work");
    used.push(guest.module.fuel?.last ?? 0);
  }
  const [units = 0] = used;
  assertEquals(used, [units, units, units]);
  assert(units > 100_000, `${units}`);
  assertEquals(guest.module.fuel?.total, units * 3);
  const invoke = (fuel: number) => guest.module.invoke("work", "", { ...callFor(), fuel });
  assertEquals(invoke(units), new Uint8Array());
  assertEquals((await faultOf(() => invoke(units - 1))).code, "out-of-fuel");
  assertEquals(guest.module.fuel?.last, units - 1);
  assertEquals((await faultOf(() => invoke(1))).code, "out-of-fuel");
  assertEquals(guest.bytes("calls"), new Uint8Array([1]));
});

Deno.test("a trusted guest is not metered, and still capped", async () => {
  const grow = { grow: "(drop (memory.grow (i32.const 100)))" };
  await using guest = await guestWith({ ...WORK, ...grow }, {
    limits: { memoryBytes: 3 * 65_536 },
    request: { metering: false },
  });
  guest.bytes("work");
  guest.bytes("grow");
  assertEquals([guest.module.fuel?.last, guest.module.memorySize], [0, 65_536]);
});

Deno.test("a module that came compiled is refused only where metering is asked for", async () => {
  const compiled = new WebAssembly.Module(wat(`(module (memory (export "memory") 1)
    (func (export "__base_alloc") (param i32) (result i32) (i32.const 0))
    (func (export "__base_free") (param i32 i32))
    (func (export "f") (param i32 i32) (result i64) (i64.const 0)))`));
  await using guest = await loadFixture("echo", { source: { compiled } });
  assertEquals(guest.bytes("f"), new Uint8Array());
  const load = () => loadFixture("echo", { source: { compiled }, request: { metering: true } });
  assertEquals((await faultOf(load)).code, "unsupported");
});

Deno.test("what the host added to a guest can neither be seen nor called", async () => {
  await using guest = await guestWith(WORK);
  assertEquals(guest.module.exports, ["calls", "work"]);
  for (const name of ["airlock:exchange", "airlock:owner", "airlock:table"]) {
    assertEquals((await faultOf(() => guest.bytes(name))).code, "unknown-function");
  }
});

Deno.test("a loop in try_table, whose handler takes everything and loops, ends at its deadline", async () => {
  const { i32, i64 } = TYPE;
  const operation = signature([i32, i32], [i64]);
  // loop block try_table (catch_all → the block's end) loop br 0 end end end br 0 end
  const endless = [
    ...[0x03, 0x40, 0x02, 0x40, 0x1f, 0x40, 1, 2, 0],
    ...[0x03, 0x40, 0x0c, 0, 0x0b, 0x0b, 0x0b, 0x0c, 0, 0x0b, 0x42, 0],
  ];
  const bytes = module(
    section(1, vector([operation, signature([i32], [i32]), signature([i32, i32], [])])),
    section(3, vector([0, 1, 2])),
    section(5, vector([[0, 1]])),
    section(
      7,
      vector([
        [name("memory"), 2, 0],
        [name("f"), 0, 0],
        [name("__base_alloc"), 0, 1],
        [name("__base_free"), 0, 2],
      ]),
    ),
    section(10, vector([body([], endless), body([], 0x41, 8), body([])])),
  );
  await using guest = await loadFixture("echo", { source: { read: () => Promise.resolve(bytes) } });
  const begin = performance.now();
  const fault = await faultOf(() => guest.module.invoke("f", "", callFor(LIMIT_MS)));
  assertEquals(fault.code, "timeout");
  assert(performance.now() - begin < LIMIT_MS + LATE_MS);
});
