/** A guest that ends about when its time is over, again and again: each call has one end, and nothing of it leaks into the next. @module */

import { assert, assertEquals } from "@std/assert";
import { assertServes, codeOf, loadAttacker, TIERS } from "./wasm_guests.ts";

const ROUNDS = 300;
/** Milliseconds of a call. */
const LIMIT_MS = 2;
const FIRST_TURNS = 1_000_000;

Deno.test("hostile 64: a guest that ends exactly at its deadline ends once", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`at_deadline.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("at_deadline.wat", load);
      const { extension } = attacker;
      const ends = { answered: 0, timeout: 0 };
      let turns = FIRST_TURNS;
      for (let round = 0; round < ROUNDS; round++) {
        const payload = new Uint8Array(new Int32Array([turns]).buffer);
        const end = await codeOf(() => extension.invoke("work", payload, { timeoutMs: LIMIT_MS }));
        assert(end === "answered" || end === "timeout", end);
        ends[end]++;
        // closes in on the deadline from both sides, and stays there
        turns = Math.max(1, Math.round(turns * (end === "answered" ? 1.1 : 0.9)));
      }
      assert(ends.answered > ROUNDS / 10 && ends.timeout > ROUNDS / 10, JSON.stringify(ends));
      await assertServes(attacker);
      const { calls, failures, restarts, active } = extension.stats();
      assertEquals([calls, failures, active], [ROUNDS + 1, ends.timeout, 0]);
      assert(restarts <= ends.timeout, `${restarts} restarts`);
    });
  }
});
