/** Guests that use up the stack just before they ask: an effect happens with its record, or not at all. @module */

import { assert, assertEquals } from "@std/assert";
import type { AuditRecord, LoadOptions } from "../../mod.ts";
import { type Attacker, codeOf, loadAttacker, TIERS } from "./wasm_guests.ts";

/** Deeper than any stack reaches. */
const TOO_DEEP = 10_000_000;
/** Frames around the depth where it ends that are tried one by one: some 60 KiB of stack. */
const BEFORE = 200;
const BEHIND = 1_000;
const WARM_UP = 300;

/** Records of operations, and not of the decision about the capability. */
function allowed(records: readonly AuditRecord[]): readonly AuditRecord[] {
  return records.filter(({ outcome, operation }) => outcome === "allowed" && operation !== "");
}

function at({ extension }: Attacker, depth: number): Promise<string> {
  const payload = new Uint8Array(new Uint32Array([depth]).buffer);
  return codeOf(() => extension.invoke("at_depth", payload, { timeoutMs: 10_000 }));
}

/** The first depth at which the guest gets no answer. */
async function edge(attacker: Attacker): Promise<number> {
  let [answered, failed] = [0, TOO_DEEP];
  while (failed - answered > 1) {
    const depth = (answered + failed) >> 1;
    if (await at(attacker, depth) === "answered") answered = depth;
    else failed = depth;
  }
  return failed;
}

/** Needs some stack itself, as a sink that writes a file does. */
function hungry(records: AuditRecord[]): (record: AuditRecord) => void {
  const deep = (left: number, record: AuditRecord): number =>
    left === 0 ? records.push(JSON.parse(JSON.stringify(record))) : deep(left - 1, record) + 1;
  return (record) => void deep(60, record);
}

for (const file of ["stack_before_effect.wat", "stack_before_wait.wat"]) {
  Deno.test(`hostile 59: with the stack used up there is no effect without its record (${file})`, async (t) => {
    for (const { tier, load } of TIERS) {
      await t.step(`${file} against ${tier}`, () => sweep(file, load));
    }
  });
}

async function sweep(file: string, load: LoadOptions): Promise<void> {
  const records: AuditRecord[] = [];
  await using attacker = await loadAttacker(file, { ...load, audit: hungry(records) });
  const recorded = () => allowed(records).length;
  // the engine makes frames smaller once it has optimized the guest
  for (let i = 0; i < WARM_UP; i++) await at(attacker, 2_000);
  const last = await edge(attacker);
  assert(last > 1_000, `${last} frames`);
  let [answered, failed] = [0, 0];
  for (let depth = last - BEFORE; depth < last + BEHIND; depth++) {
    const before = attacker.effects();
    const code = await at(attacker, depth);
    assertEquals(attacker.effects(), recorded(), `${depth} of ${last}: ${code}`);
    assert(code === "answered" || code === "trap", code);
    // whoever was told of a failure had no effect either
    assertEquals(attacker.effects() - before, code === "answered" ? 1 : 0);
    if (code === "answered") answered++;
    else failed++;
  }
  assert(answered > BEFORE / 4 && failed > BEHIND / 4, `${answered} and ${failed}`);
}

Deno.test("hostile 37, 59: a guest that asks on every frame of the whole stack ends there", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`stack_before_effect.wat against ${tier}`, async () => {
      const records: AuditRecord[] = [];
      await using attacker = await loadAttacker("stack_before_effect.wat", {
        ...load,
        audit: hungry(records),
        limits: { operations: 1_000_000, timeoutMs: 10_000 },
      });
      const call = () => attacker.extension.invoke("on_every_frame");
      assertEquals(await codeOf(call), "trap");
      assert(attacker.effects() > 1_000, `${attacker.effects()} effects`);
      assertEquals(attacker.effects(), allowed(records).length);
    });
  }
});
