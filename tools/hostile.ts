/**
 * Runs every attacker and writes what came of it: a table by area into the README, every claim into
 * docs/hostile.md. Fails where an attacker got through.
 *
 * @module
 */

import { GAPS } from "../tests/hostile/limits.ts";
import { withMarkedPart } from "./marked_text.ts";

const README = new URL("../README.md", import.meta.url);
const DOCUMENT = new URL("../docs/hostile.md", import.meta.url);

/** Tiers in the order of the table. */
const TIERS = ["wasm", "wasm worker", "wasi", "quickjs", "worker", "process", "native", "host"];

/** The corpus's own chapters, by the numbers of their items. */
const AREAS: readonly (readonly [name: string, first: number, last: number])[] = [
  ["Import graph", 1, 10],
  ["Process and signals", 11, 16],
  ["Across tenants", 17, 20],
  ["Resources", 21, 27],
  ["WASM boundary", 28, 37],
  ["Network", 38, 42],
  ["Files, SQL, data", 43, 46],
  ["WASI", 47, 53],
  ["Realm and host seams", 54, 65],
];

/** One attacker against one tier. */
export interface Attempt {
  readonly items: readonly number[];
  readonly claim: string;
  readonly attacker: string;
  readonly tier: string;
  readonly stopped: boolean;
}

const CASE =
  /<testcase name="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>|<testcase name="([^"]*)"[^>]*\/>/g;
const STEP = /^hostile ([\d, ]+): (.*?) > (.*) against ([a-z ]+)$/;
const ENTITIES: { readonly [entity: string]: string } = {
  "&gt;": ">",
  "&lt;": "<",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** The attempts that a JUnit report tells of. */
export function attemptsOf(report: string): readonly Attempt[] {
  const attempts: Attempt[] = [];
  for (const [, named = "", body = "", bare = ""] of report.matchAll(CASE)) {
    const name = (named || bare).replace(
      /&(?:gt|lt|quot|apos|amp);/g,
      (one) => ENTITIES[one] ?? one,
    );
    const [, items, claim = "", attacker = "", tier = ""] = STEP.exec(name) ?? [];
    if (items === undefined) continue;
    attempts.push({
      items: items.split(",").map(Number),
      claim,
      attacker,
      tier,
      stopped: !body.includes("<failure"),
    });
  }
  return attempts;
}

/** The README's table: attackers stopped of those that tried, by area and tier. */
export function summary(attempts: readonly Attempt[]): string {
  const tiers = TIERS.filter((tier) => attempts.some((one) => one.tier === tier));
  const rows = AREAS.flatMap(([name, first, last]) => {
    const those = attempts.filter(({ items: [item = 0] }) => item >= first && item <= last);
    if (those.length === 0) return [];
    const cells = tiers.map((tier) => count(those.filter((one) => one.tier === tier)));
    return [`| ${name} | ${cells.join(" | ")} |`];
  });
  const total = tiers.map((tier) => count(attempts.filter((one) => one.tier === tier)));
  return [
    "",
    `| attackers stopped / tried | ${tiers.join(" | ")} |`,
    `| --- |${" --- |".repeat(tiers.length)}`,
    ...rows,
    `| **all** | ${total.join(" | ")} |`,
    "",
    "What a tier does not stop:",
    "",
    ...GAPS.map(({ item, tier, attack, instead }) =>
      `- **${tier}** (item ${item}): ${attack}. Stopped by: ${instead}.`
    ),
    "",
    "",
  ].join("\n");
}

/** Every claim with its attackers, for docs/hostile.md. */
export function details(attempts: readonly Attempt[]): string {
  const claims = Map.groupBy(attempts, ({ items, claim }) => `${items.join(", ")}\t${claim}`);
  const rows = [...claims].sort(([a], [b]) => parseInt(a) - parseInt(b)).map(([key, those]) => {
    const [items, claim] = key.split("\t");
    const tiers = TIERS.flatMap((tier) => {
      const tried = those.filter((one) => one.tier === tier);
      return tried.length === 0 ? [] : [`${tier} ${count(tried)}`];
    });
    return `| ${items} | ${claim} | ${tiers.join(", ")} |`;
  });
  return [
    "# The hostile corpus, as it was run",
    "",
    "Written by `deno task hostile`, which runs every attacker of `tests/hostile/` against every tier that",
    "claims to stop it. An attacker is stopped when it gets nothing, ends with the code it has to end",
    "with, and its host serves the next call.",
    "",
    "| item | attack | stopped / tried, by tier |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function count(attempts: readonly Attempt[]): string {
  if (attempts.length === 0) return "–";
  return `${attempts.filter(({ stopped }) => stopped).length} / ${attempts.length}`;
}

if (import.meta.main) {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", `--junit-path=${report}`, "tests/hostile"],
      cwd: new URL("../", import.meta.url),
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    const attempts = attemptsOf(await Deno.readTextFile(report));
    const readme = await Deno.readTextFile(README);
    await Deno.writeTextFile(README, withMarkedPart(readme, "hostile", summary(attempts)));
    await Deno.writeTextFile(DOCUMENT, details(attempts));
    if (!success) Deno.exit(1);
  } finally {
    await Deno.remove(report);
  }
}
