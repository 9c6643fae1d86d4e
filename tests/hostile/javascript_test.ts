/** JavaScript that attacks: every file of javascript/ fails against every tier that claims to stop it. @module */

import { assertIdle } from "../cpu_use.ts";
import { Arena, attackers, type Tier } from "./javascript_arena.ts";

/** What an item is called where several attackers try it, each in its own way. */
const TITLES: { readonly [items: string]: string } = {
  "2": "a static import out of the directory, however it is spelled",
  "3": "another extension's module",
  "4": "packages of a registry",
  "5": "code and data from a loopback or metadata address",
  "7": "modules of the platform",
  "8": "modules of its own making that import the platform",
  "9": "compiling text, and the tools of the platform's loader",
  "16": "errors that nobody handles, and one while it is loaded",
  "21": "code that never ends",
  "22": "memory bombs on the heap",
  "23": "memory bombs in buffers",
  "26": "recursion, nesting and floods",
  "45": "getters, prototypes, stacks and buffers that lie to the host",
  "54": "TypeScript that breaks the stripper",
  "56": "errors and results that never end when they are looked at",
  "57": "ways out of the realm, over every object it can reach",
};

const all = await attackers();
const claims = Map.groupBy(all, ({ items }) => items);

/** Attackers that a tier has to withstand one after another before its host is asked to end. */
async function withstandAll(tier: Tier, items: string, t: Deno.TestContext): Promise<void> {
  const those = (claims.get(items) ?? []).filter(({ tiers }) => tiers.includes(tier));
  if (those.length === 0) return;
  await using arena = await Arena.open(tier);
  for (const attacker of those) {
    await t.step(`${attacker.name} against ${tier}`, () => arena.withstand(attacker));
  }
  await assertIdle();
}

for (const [items, those] of claims) {
  Deno.test(`hostile ${items}: ${TITLES[items] ?? those[0]?.claim}`, async (t) => {
    for (const tier of ["quickjs", "worker", "process"] as const) {
      await withstandAll(tier, items, t);
    }
  });
}
