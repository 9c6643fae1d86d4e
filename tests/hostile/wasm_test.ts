/** Modules that attack across the boundary: pointers, allocators, stale views, host functions at odd times. @module */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ExtensionError, ExtensionHost, type Hasher, integrityHasher } from "../../mod.ts";
import { temporaryDirectory } from "../temporary.ts";
import { assertServes, attackerBytes, codeOf, loadAttacker, TIERS } from "./wasm_guests.ts";

/** Long enough that a stop, and not an end, is what is seen; and how late it may come. */
const LIMIT_MS = 100;
const LATE_MS = 400;

const OUTSIDE: Readonly<Record<string, string>> = {
  past_end: "bad-guest-data",
  across_end: "bad-guest-data",
  negative: "bad-guest-data",
  wraps: "bad-guest-data",
  sign: "bad-guest-data",
  length_max: "payload-limit",
  all_ones: "payload-limit",
};

Deno.test("hostile 28: an answer outside of memory is refused", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`answers_outside.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("answers_outside.wat", load);
      for (const [fn, code] of Object.entries(OUTSIDE)) {
        assertEquals(await codeOf(() => attacker.extension.invoke(fn)), code, fn);
        await assertServes(attacker);
      }
    });
  }
});

Deno.test("hostile 28: a host function handed pointers outside of memory does nothing", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`arguments_outside.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("arguments_outside.wat", load);
      assertEquals(await attacker.extension.invoke("fine"), new Uint8Array([0]));
      assertEquals(attacker.printed, []);
    });
  }
});

/** By the size asked for: 0, beyond memory, negative, a trap, endless, a trap in `free`. */
const ALLOCATORS: Readonly<Record<number, string>> = {
  1: "bad-guest-data",
  3: "bad-guest-data",
  4: "bad-guest-data",
  5: "trap",
  7: "trap",
  8: "trap",
};

Deno.test("hostile 29: an allocator that lies costs its own call only", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`allocators.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("allocators.wat", load);
      const { extension } = attacker;
      for (const [size, code] of Object.entries(ALLOCATORS)) {
        const payload = new Uint8Array(Number(size)).fill(120);
        assertEquals(await codeOf(() => extension.invoke("show", payload)), code, size);
      }
      // an odd address, and one that the host was called for, are addresses like others
      for (const size of [2, 6, 9]) {
        const payload = new Uint8Array(size).fill(120);
        const shown = await codeOf(async () =>
          assertEquals(await extension.invoke("show", payload), payload)
        );
        assertEquals(shown, "answered", `${size}`);
      }
    });
  }
});

Deno.test("hostile 30: memory that grows under the host's hands is read where it is", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`allocator_grows.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("allocator_grows.wat", load);
      for (const size of [1, 100, 60_000]) {
        const payload = crypto.getRandomValues(new Uint8Array(size));
        assertEquals(await attacker.extension.invoke("fine", payload), payload);
        const again = attacker.extension.isolation === "inline"
          ? attacker.extension.invokeSync("fine", payload)
          : await attacker.extension.invoke("fine", payload);
        assertEquals(again, payload);
      }
      assertEquals(attacker.effects(), 6);
    });
  }
});

Deno.test("hostile 31: a host function called from the start section works, and is recorded", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`asks_from_start.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("asks_from_start.wat", load);
      assertEquals(await attacker.extension.invoke("fine"), new Uint8Array([0]));
      const allowed = attacker.audit.filter(({ outcome }) => outcome === "allowed");
      assertEquals([attacker.effects(), allowed.length], [2, 2]);
    });
  }
});

Deno.test("hostile 31: a host that calls its guest again from a host function never enters the same instance", async (t) => {
  await t.step("reenters.wat against wasm", async () => {
    const codes: string[] = [];
    const enter: { again?: () => void } = {};
    await using attacker = await loadAttacker("reenters.wat", {
      limits: { instances: 4 },
      onUp() {
        try {
          enter.again?.();
        } catch (error) {
          if (!(error instanceof ExtensionError)) throw error;
          codes.push(error.code);
        }
      },
    });
    enter.again = () => void attacker.extension.invokeSync("again");
    attacker.extension.invokeSync("again");
    // each level has an instance of its own, and there is an end of them
    assertEquals([attacker.effects(), codes], [4, ["busy"]]);
    await assertServes(attacker);
  });
});

Deno.test("hostile 31, 37: a guest that goes on after it was closed asks for nothing more", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`asks_later.wat against ${tier}`, async () => {
      const asked = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<void>();
      await using attacker = await loadAttacker("asks_later.wat", {
        ...load,
        later: () => (asked.resolve(), answer.promise),
      });
      const call = codeOf(() => attacker.extension.invoke("wait"));
      await asked.promise;
      const closing = attacker.extension.close();
      assertEquals(await call, "closed");
      answer.resolve();
      await closing;
      await new Promise((resolve) => setTimeout(resolve, 20));
      // the effect that was under way ended; none followed it
      assert(attacker.effects() <= 1, `${attacker.effects()} effects`);
      assertEquals(await codeOf(() => attacker.extension.invoke("fine")), "closed");
    });
  }
});

Deno.test("hostile 37: catch_all around every import catches nothing of the host's", async (t) => {
  for (const { tier, load } of TIERS) {
    await t.step(`catch_all.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("catch_all.wat", load);
      const { extension } = attacker;
      assertEquals(await extension.invoke("own"), new Uint8Array([67]));
      for (const [fn, code] of Object.entries({ abort: "trap", exit: "guest-error" })) {
        assertEquals(await codeOf(() => extension.invoke(fn)), code, fn);
      }
      for (const fn of ["sleep", "ask"]) {
        const begin = performance.now();
        const call = () => extension.invoke(fn, "", { timeoutMs: LIMIT_MS });
        assertEquals(await codeOf(call), "timeout", fn);
        assert(performance.now() - begin < LIMIT_MS + LATE_MS, fn);
      }
      assertEquals(await extension.invoke("own"), new Uint8Array([67]));
    });
  }
});

Deno.test("hostile 36: a file that is swapped after its digest was checked is not what runs", async (t) => {
  await t.step("swapped.wat against host", async () => {
    const [first, swapped] = [await attackerBytes("first.wat"), await attackerBytes("swapped.wat")];
    await using directory = await temporaryDirectory({
      "extension.json": { name: "swapped", runtime: "wasm", module: "module.wasm" },
      "module.wasm": first,
    });
    const module = join(directory.path, "module.wasm");
    let swaps = 0;
    const swap = async () => {
      await Deno.writeFile(`${module}.new`, swapped);
      await Deno.rename(`${module}.new`, module);
      swaps++;
    };
    const hasher: Hasher = {
      hash: (bytes) => integrityHasher.hash(bytes),
      async isValid(bytes, expected) {
        const isValid = await integrityHasher.isValid(bytes, expected);
        await swap();
        return isValid;
      },
    };
    await using host = new ExtensionHost();
    const integrity = await integrityHasher.hash(first);
    const extension = await host.load(directory.path, { integrity, hasher });
    assertEquals(swaps, 1);
    assertEquals(await extension.invoke("fine"), new Uint8Array([1]));
    assertEquals(await codeOf(() => host.load(directory.path, { integrity })), "duplicate");
    await extension.close();
    assertEquals(await codeOf(() => host.load(directory.path, { integrity })), "integrity");
  });
});
