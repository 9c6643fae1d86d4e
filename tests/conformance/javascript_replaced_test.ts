/** A replaced clock and source of randomness, in every JavaScript tier that confines its guest. @module */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Extension, ExtensionHost, type LoadOptions } from "@airlock/host";

const CODE = `function times() {
  const when = new Date(0);
  return [airlock.clock.now(), Date.now(), new Date().getTime(), when.getTime(), when instanceof Date,
    Date().slice(0, 15), new Date(2020, 1, 2).getFullYear(), Date.UTC(1970, 0, 2), when.constructor === Date,
    class extends Date {}.name === "", structuredClone(when).getTime()];
}
function monotonic() { return airlock.clock.monotonic() }
function random() {
  return [...airlock.random.bytes(5), ...crypto.getRandomValues(new Uint8Array(3)), Math.random()];
}
async function after(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); return Date.now() }`;

const TIERS: { readonly [tier: string]: LoadOptions & { readonly runtime: string } } = {
  quickjs: { runtime: "quickjs" },
  worker: { runtime: "js", isolation: "worker" },
  process: { runtime: "js", isolation: "process" },
};

async function withGuest(
  tier: string,
  options: LoadOptions,
  run: (guest: Extension) => Promise<void>,
): Promise<void> {
  await using host = new ExtensionHost({ warmProcesses: 0 });
  await run(await host.load({ name: "guest.js", bytes: CODE }, { ...TIERS[tier], ...options }));
}

const NOON = Date.UTC(2001, 1, 3, 12);

for (const tier of Object.keys(TIERS)) {
  Deno.test(`a replaced clock is the only one: ${tier}`, async () => {
    let time = NOON + 0.7;
    const clock = { now: () => time, resolutionMs: 10 };
    await withGuest(tier, { clock }, async (guest) => {
      const seen = await guest.call<unknown[]>("times");
      assertEquals(seen.slice(0, 5), [NOON, NOON, NOON, 0, true]);
      assertEquals(seen.slice(5), ["Sat Feb 03 2001", 2020, 86_400_000, true, true, 0]);
      const before = await guest.call<number>("monotonic");
      time += 25;
      assertEquals((await guest.call<unknown[]>("times"))[1], NOON + 20);
      assertEquals(await guest.call<number>("monotonic") - before, 20);
      assertEquals(await guest.call("after", 30), NOON + 20);
    });
  });

  Deno.test(`a replaced source makes randomness the same again: ${tier}`, async () => {
    const drawn: unknown[] = [];
    for (const first of [1, 1, 2]) {
      let next = first;
      const random = (bytes: Uint8Array) => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = next = (next * 17 + 3) % 251;
      };
      await withGuest(tier, { random }, async (guest) => {
        const values = await guest.call<number[]>("random");
        assertNotEquals(await guest.call("random"), values);
        const last = values.at(-1) ?? NaN;
        assert(last >= 0 && last < 1, String(last));
        drawn.push(values);
      });
    }
    assertEquals(drawn[0], drawn[1]);
    assertNotEquals(drawn[0], drawn[2]);
  });

  Deno.test(`without replacements a guest has the machine's: ${tier}`, async () => {
    await withGuest(tier, {}, async (guest) => {
      const [told, native] = await guest.call<number[]>("times");
      for (const time of [told, native]) assert(Math.abs((time ?? 0) - Date.now()) < 5_000);
      assertNotEquals(await guest.call("random"), await guest.call("random"));
    });
  });
}
