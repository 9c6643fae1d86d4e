/** Fuel as the embedder sees it: counted, limited, the same on every run. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import wabt from "wabt";
import {
  type AuditRecord,
  CapabilityRegistry,
  defineCapability,
  ExtensionError,
  ExtensionHost,
} from "../../mod.ts";

const RUST = new URL("../../examples/extensions/validate-rust", import.meta.url);
const RECORD = '{"email":"Foo@Example.COM ","age":25}';

Deno.test("stats() tells the fuel of all calls and of the last, the same on every run", async () => {
  const used: number[] = [];
  for (let run = 0; run < 2; run++) {
    await using host = new ExtensionHost();
    const ext = await host.load(RUST);
    assertEquals([ext.stats().fuel, ext.stats().lastFuel], [0, 0]);
    await ext.invoke("validate", RECORD);
    const first = ext.stats().lastFuel;
    ext.invokeSync("validate", RECORD);
    assertEquals(ext.stats().fuel, first + ext.stats().lastFuel);
    used.push(first, ext.stats().lastFuel);
  }
  const [cold = 0, warm = 0] = used;
  assert(cold > 100 && warm > 100, `${used}`);
  assertEquals(used, [cold, warm, cold, warm]);
});

Deno.test("a call may have less fuel than its extension, never more", async () => {
  await using host = new ExtensionHost();
  const ext = await host.load(RUST, { limits: { fuel: 1_000_000 } });
  await ext.invoke("validate", RECORD, { fuel: 1e12 });
  const error = await assertRejects(
    () => ext.invoke("validate", RECORD, { fuel: 50 }),
    ExtensionError,
  );
  assertEquals(error.code, "out-of-fuel");
  await ext.invoke("validate", RECORD);
  for (const fuel of [0, -1, NaN]) {
    await assertRejects(() => ext.invoke("validate", RECORD, { fuel }), RangeError);
  }
});

async function compiled(text: string): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat("fuel.wat", text);
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}

const BASE = `(memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))`;
const COUNT = `(local $n i32) (loop $l (br_if $l
  (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100000))))`;

for (const where of ["start section", "_initialize", "_start"]) {
  Deno.test(`a guest whose ${where} uses more fuel than a call may have does not start`, async () => {
    const start = where === "start section"
      ? `(start $s) (func $s ${COUNT})`
      : `(func (export "${where}") ${COUNT})`;
    const bytes = await compiled(`(module ${BASE} ${start}
      (func (export "f") (param i32 i32) (result i64) (i64.const 0)))`);
    await using host = new ExtensionHost();
    const load = (fuel: number) =>
      host.load({ name: `fuel-${fuel}`, bytes }, { runtime: "wasm", limits: { fuel } });
    const error = await assertRejects(() => load(100_000), ExtensionError);
    assertEquals(error.code, "out-of-fuel");
    const ext = await load(2_000_000);
    await ext.invoke("f");
    // what starting used is not the call's
    assert(ext.stats().fuel < 1_000, `${ext.stats().fuel}`);
  });
}

Deno.test("audit tells the fuel of each call, and of what it had used when it asked", async () => {
  const bytes = await compiled(`(module (import "count" "up" (func $up)) ${BASE}
    (func (export "f") (param i32 i32) (result i64) ${COUNT} (call $up) (call $up) (i64.const 0))
    (func (export "trap") (param i32 i32) (result i64) (call $up) unreachable))`);
  const capabilities = new CapabilityRegistry().gated(defineCapability({
    name: "count",
    summary: "count",
    parse: () => ({ ok: true, grant: null }),
    operations: {},
    imports: { count: { up: { params: [], results: [], run: () => {} } } },
  }));
  const runs: (readonly unknown[])[] = [];
  for (let run = 0; run < 2; run++) {
    const records: AuditRecord[] = [];
    await using host = new ExtensionHost({
      capabilities,
      audit: (record) => void records.push(record),
      auditCalls: true,
    });
    const ext = await host.load({ name: "counts", bytes }, {
      runtime: "wasm",
      grants: { count: true },
    });
    await ext.invoke("f");
    const { lastFuel } = ext.stats();
    ext.invokeSync("f");
    await assertRejects(() => ext.invoke("trap"), ExtensionError);
    const told = records.map(({ capability, operation, outcome, fuel }) =>
      [capability, operation, outcome, fuel] as const
    );
    const [decision, first, second, call, ...more] = told;
    assertEquals(decision, ["count", "", "granted", undefined]);
    assertEquals(call, ["", "f", "allowed", lastFuel]);
    const [, , outcome, fuel = 0] = first ?? [];
    assertEquals([outcome, second?.[2]], ["allowed", "allowed"]);
    assert(fuel > 100_000 && fuel <= (second?.[3] ?? 0) && fuel <= lastFuel, Deno.inspect(told));
    assertEquals(more.slice(0, 3), [first, second, call]);
    assertEquals(more.at(-1)?.slice(0, 3), ["", "trap", "failed"]);
    runs.push(told);
  }
  assertEquals(runs[1], runs[0]);
});
