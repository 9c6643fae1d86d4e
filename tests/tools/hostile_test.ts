/** Tests of tools/hostile.ts. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { attemptsOf, details, summary } from "../../tools/hostile.ts";
import { markedPart } from "../../tools/marked_text.ts";
import { GAPS } from "../hostile/limits.ts";

const REPORT = `<testsuites><testsuite>
  <testcase name="hostile 3, 4: a &quot;literal&quot; import" time="0.1"></testcase>
  <testcase name="hostile 3, 4: a &quot;literal&quot; import &gt; a.mjs against worker" time="0.1">
  </testcase>
  <testcase name="hostile 3, 4: a &quot;literal&quot; import &gt; a.mjs against wasm worker" time="0.1">
    <failure message="loot">AssertionError</failure>
  </testcase>
  <testcase name="hostile 44: SQL &gt; attach.sql against host" time="0.1"/>
  <testcase name="another test &gt; a step" time="0.1"></testcase>
</testsuite></testsuites>`;

Deno.test("attemptsOf() reads attackers, tiers and outcomes from a report", () => {
  const attempts = attemptsOf(REPORT);
  assertEquals(attempts, [
    {
      items: [3, 4],
      claim: 'a "literal" import',
      attacker: "a.mjs",
      tier: "worker",
      stopped: true,
    },
    {
      items: [3, 4],
      claim: 'a "literal" import',
      attacker: "a.mjs",
      tier: "wasm worker",
      stopped: false,
    },
    { items: [44], claim: "SQL", attacker: "attach.sql", tier: "host", stopped: true },
  ]);
  const table = summary(attempts);
  assertStringIncludes(table, "| Import graph | 0 / 1 | 1 / 1 | – |");
  assertStringIncludes(table, "| **all** | 0 / 1 | 1 / 1 | 1 / 1 |");
  assertStringIncludes(
    details(attempts),
    '| 3, 4 | a "literal" import | wasm worker 0 / 1, worker 1 / 1 |',
  );
});

Deno.test("the README has the table of attacks, without one that got through, and every gap", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const table = markedPart(readme, "hostile");
  const counts = [...table.matchAll(/(\d+) \/ (\d+)/g)];
  assert(counts.length > 10, "run deno task hostile");
  assertEquals(counts.filter(([, stopped, tried]) => stopped !== tried), []);
  const words = (text: string) => text.replaceAll(/\s+/g, " ");
  for (const { attack } of GAPS) assertStringIncludes(words(table), words(attack));
});
