/** Writes the table of differences between JavaScript tiers into docs/javascript.md, out of what their suite proves. @module */

import { DIFFERENCES, TIERS } from "../tests/conformance/javascript_tiers.ts";
import { withMarkedPart } from "./marked_text.ts";

/** The document with the table. */
export const DOCUMENT: URL = new URL("../docs/javascript.md", import.meta.url);

/** The table as Markdown. */
export function javascriptTable(): string {
  const rows = Object.values(DIFFERENCES).map((
    { question, answers },
  ) => [question, ...TIERS.map((tier) => answers[tier])]);
  const lines = [["", ...TIERS], ["---", ...TIERS.map(() => "---")], ...rows];
  return `\n${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n\n`;
}

if (import.meta.main) {
  const text = await Deno.readTextFile(DOCUMENT);
  await Deno.writeTextFile(DOCUMENT, withMarkedPart(text, "differences", javascriptTable()));
}
