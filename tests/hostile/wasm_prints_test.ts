/** Guests that print faster than anybody reads. @module */

import { assert, assertEquals } from "@std/assert";
import { codeOf, loadAttacker, TIERS } from "./wasm_guests.ts";

const LIMIT_MS = 400;
/** How much later than its limit a call may be over on a busy machine. */
const LATE_MS = 400;
const MEMORY_BYTES = 256 * 1024 * 1024;

Deno.test("hostile 26: lines that nobody can read in time neither outlive a call nor pile up", async (t) => {
  for (const { tier, load } of TIERS) {
    for (const to of ["log", "callback"] as const) {
      await t.step(`prints.wat (to a ${to}) against ${tier}`, async () => {
        await using attacker = await loadAttacker("prints.wat", {
          ...load,
          limits: { timeoutMs: LIMIT_MS },
          ...to === "callback" ? { stderr: () => {} } : {},
        });
        const { extension } = attacker;
        const before = Deno.memoryUsage().rss;
        const floods = async () => {
          const start = performance.now();
          const code = await codeOf(() => extension.invoke("floods", "x"));
          assertEquals(code, "timeout");
          assert(performance.now() - start < LIMIT_MS + LATE_MS);
        };
        await floods();
        assertEquals(await codeOf(() => extension.invoke("floods_later", "x")), "answered");
        const code = await codeOf(() => extension.invoke("fine", "x", { timeoutMs: LIMIT_MS }));
        // the allocator floods
        assert(code === "timeout" || code === "payload-limit", code);
        assertEquals(await codeOf(() => extension.invoke("fine", "x")), "answered");
        assert(Deno.memoryUsage().rss - before < MEMORY_BYTES);
      });
    }
  }
});
