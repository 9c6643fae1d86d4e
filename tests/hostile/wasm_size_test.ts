/** Modules that want more than they may have: memory, tables, answers, operations, output. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ExtensionError, ExtensionHost } from "../../mod.ts";
import { MANY_PARTS } from "./wasm/many_parts.ts";
import { assertServes, codeOf, loadAttacker, TIERS } from "./wasm_guests.ts";

const MEGABYTE = 2 ** 20;
const LIMIT = { memoryBytes: 16 * MEGABYTE };

/** Bytes of this process beyond what it had, after `attack`. */
async function costOf(attack: () => Promise<unknown>): Promise<number> {
  const before = Deno.memoryUsage();
  await attack();
  const after = Deno.memoryUsage();
  return Math.max(0, after.external - before.external) +
    Math.max(0, after.rss - before.rss);
}

Deno.test("hostile 24: a memory without a maximum has one", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`grow_without_maximum.wat against ${tier}`, async () => {
      for (const fn of ["pages", "whole"]) {
        const options = { ...load, limits: LIMIT };
        await using attacker = await loadAttacker("grow_without_maximum.wat", options);
        assertEquals(await codeOf(() => attacker.extension.invoke(fn)), "answered");
        assert(attacker.extension.memorySize <= LIMIT.memoryBytes, fn);
        await assertServes(attacker);
      }
    });
  }
});

Deno.test("hostile 24: tables stop growing", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`grow_tables.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("grow_tables.wat", { ...load, limits: LIMIT });
      const answer = await attacker.extension.invoke("grow");
      const sizes = new Uint32Array(answer.slice().buffer);
      const entries = sizes.reduce((sum, size) => sum + size, 0);
      assert(sizes.length === 2 && entries <= LIMIT.memoryBytes / 64, `${sizes}`);
      await assertServes(attacker);
    });
  }
});

const REFUSED: Readonly<Record<string, readonly [item: number, code: string]>> = {
  "memory64.wat": [24, "unsupported"],
  "multi_memory.wat": [24, "unsupported"],
  "memory_shared.wat": [24, "unsupported"],
  "memory_hidden.wat": [24, "unsupported"],
  "starts_large.wat": [32, "memory-limit"],
  "starts_with_tables.wat": [32, "memory-limit"],
};

for (const [file, [item, code]] of Object.entries(REFUSED)) {
  Deno.test(`hostile ${item}: ${file} is refused before anything is made for it`, async (t) => {
    for (const { tier, load } of TIERS) {
      await t.step(`${file} against ${tier}`, async () => {
        const cost = await costOf(async () => {
          const options = { ...load, limits: LIMIT };
          assertEquals(await codeOf(() => loadAttacker(file, options)), code);
        });
        assert(cost < 64 * MEGABYTE, `${cost} bytes`);
      });
    }
  });
}

Deno.test("hostile 26, 32: an answer that is expensive to take is refused, or costs what it weighs", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`answers.wat against ${tier}`, async () => {
      const options = { ...load, limits: { payloadBytes: 1_500_000 } };
      await using attacker = await loadAttacker("answers.wat", options);
      const { extension } = attacker;
      for (const fn of ["open", "no_text"]) {
        assertEquals(await codeOf(() => extension.call(fn, null)), "bad-guest-data", fn);
      }
      assertEquals(await codeOf(() => extension.invoke("giant")), "payload-limit");
      // JSON.parse itself takes both: what matters is that nothing breaks or is slow
      for (const fn of ["nested", "digits"]) {
        const begin = performance.now();
        await codeOf(() => extension.call(fn, null));
        assert(performance.now() - begin < 1_000, fn);
      }
      assertEquals(await extension.call("fine", null), 1);
    });
  }
});

Deno.test("hostile 32: a module of too many parts is refused before they are looked at", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`many_parts.ts against ${tier}`, async () => {
      for (const [what, make] of Object.entries(MANY_PARTS)) {
        const bytes = make();
        assert(WebAssembly.validate(bytes), what);
        await using host = new ExtensionHost();
        const begin = performance.now();
        const error = await assertRejects(
          () => host.load({ name: "many.wasm", bytes }, load),
          ExtensionError,
        );
        const elapsed = performance.now() - begin;
        assertEquals(error.code, "unsupported");
        assertStringIncludes(error.message, `${what} where`);
        assert(elapsed < 1_500, `${what}: ${elapsed} ms`);
      }
    });
  }
});

Deno.test("hostile 32: a payload over the limit reaches no allocator", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`allocator_grows.wat against ${tier}`, async () => {
      const options = { ...load, limits: { payloadBytes: 1_000 } };
      await using attacker = await loadAttacker("allocator_grows.wat", options);
      const before = attacker.extension.memorySize;
      for (const payload of [new Uint8Array(1_001), "é".repeat(600)]) {
        const call = () => attacker.extension.invoke("fine", payload);
        assertEquals(await codeOf(call), "payload-limit");
      }
      assertEquals(attacker.extension.memorySize, before);
      await assertServes(attacker);
    });
  }
});

Deno.test("hostile 26: floods of operations and of output end with the call's budget", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`floods.wat against ${tier}`, async () => {
      const options = { ...load, limits: { operations: 5_000, timeoutMs: 10_000 } };
      await using attacker = await loadAttacker("floods.wat", options);
      assertEquals(await codeOf(() => attacker.extension.invoke("operations")), "quota");
      assertEquals(attacker.effects(), 5_000);
      assert(attacker.audit.length < 5_010, `${attacker.audit.length} records`);
      const cost = await costOf(async () => {
        for (const fn of ["lines", "line"]) {
          const begin = performance.now();
          const flood = () => attacker.extension.invoke(fn, "", { timeoutMs: 300 });
          assertEquals(await codeOf(flood), "timeout", fn);
          assert(performance.now() - begin < 1_000, fn);
        }
      });
      const printed = attacker.printed.reduce((sum, line) => sum + line.length + 1, 0);
      assert(cost < 256 * MEGABYTE, `${cost} bytes for ${printed}`);
      await assertServes(attacker);
    });
  }
});

Deno.test("hostile 26: recursion without an end ends", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`recursion.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("recursion.wat", load);
      const { extension } = attacker;
      for (const fn of ["deep", "caught"]) {
        assertEquals(await codeOf(() => extension.invoke(fn)), "trap", fn);
      }
      const call = () => extension.invoke("exponential", "", { timeoutMs: 100 });
      assertEquals(await codeOf(call), "timeout");
      await assertServes(attacker);
    });
  }
});
