/** Writes the table of differences between JavaScript tiers into docs/javascript.md, out of what their suite proves. @module */

import { DIFFERENCES, TIERS } from "../tests/conformance/javascript_tiers.ts";

/** The document with the table. */
export const DOCUMENT: URL = new URL("../docs/javascript.md", import.meta.url);

const BEGIN = "<!-- differences: deno run -A tools/javascript_table.ts -->\n";
const END = "<!-- /differences -->";

/** The table as Markdown. */
export function javascriptTable(): string {
  const rows = Object.values(DIFFERENCES).map((
    { question, answers },
  ) => [question, ...TIERS.map((tier) => answers[tier])]);
  const lines = [["", ...TIERS], ["---", ...TIERS.map(() => "---")], ...rows];
  return `\n${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n\n`;
}

/** `text` with the table put between its marks. */
export function withTable(text: string, table: string): string {
  const from = text.indexOf(BEGIN) + BEGIN.length;
  const to = text.indexOf(END);
  if (from < BEGIN.length || to < from) throw new TypeError("The document has no marks for it");
  return text.slice(0, from) + table + text.slice(to);
}

/** The cells of a Markdown table, however wide it was written. */
export function cellsOf(text: string): readonly (readonly string[])[] {
  const from = text.indexOf(BEGIN) + BEGIN.length;
  return text.slice(from, text.indexOf(END)).split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

if (import.meta.main) {
  const text = await Deno.readTextFile(DOCUMENT);
  await Deno.writeTextFile(DOCUMENT, withTable(text, javascriptTable()));
}
