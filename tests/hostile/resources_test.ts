/** Modules that never end, one way or another: each is stopped on time, the processor idle after it, and the next call served. @module */

import { assert, assertEquals } from "@std/assert";
import { assertIdle } from "../cpu_use.ts";
import { assertServes, attackerBytes, codeOf, loadAttacker, TIERS } from "./wasm_guests.ts";

const ATTACKERS = new URL("./resources/", import.meta.url);
const HEAD = /^;; hostile ([\d, ]+): (.+)\n;; ends: (load )?(.+)\n/;

/** Milliseconds that an attack gets, and how late its end may come on a busy machine. */
const LIMIT_MS = 100;
const LATE_MS = 150;

const names = [...Deno.readDirSync(ATTACKERS)].map(({ name }) => name)
  .filter((name) => name.endsWith(".wat")).sort();

for (const name of names) {
  const text = await Deno.readTextFile(new URL(name, ATTACKERS));
  const [, items, claim, atLoad, code = ""] = HEAD.exec(text) ?? [];
  assert(items !== undefined, `${name} does not say what it is`);
  Deno.test(`hostile ${items}: ${claim}`, async (t) => {
    const file = `../resources/${name}`;
    // compiling a module for the first time is no part of its limit
    await attackerBytes(file);
    for (const { tier, load } of TIERS) {
      await t.step(`${name} against ${tier}`, async () => {
        if (atLoad === undefined) return await attack(file, code, load);
        const begin = performance.now();
        const limits = { loadMs: LIMIT_MS };
        assertEquals(await codeOf(() => loadAttacker(file, { ...load, limits })), code);
        // a worker has to start before its guest can
        assert(performance.now() - begin < LIMIT_MS + 4 * LATE_MS);
        await assertIdle();
      });
    }
  });
}

async function attack(
  file: string,
  code: string,
  load: Parameters<typeof loadAttacker>[1],
): Promise<void> {
  await using attacker = await loadAttacker(file, { ...load, limits: { operations: 1e9 } });
  await assertServes(attacker);
  const begin = performance.now();
  const call = () => attacker.extension.invoke("attack", "attack", { timeoutMs: LIMIT_MS });
  assertEquals(await codeOf(call), code);
  const late = performance.now() - begin - LIMIT_MS;
  assert(late < LATE_MS, `${late} ms late`);
  await assertIdle();
  await assertServes(attacker);
  assertEquals(attacker.extension.stats().restarts, 1);
}
