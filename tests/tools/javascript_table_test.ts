/** The table of JavaScript tiers in the docs. @module */

import { assertEquals } from "@std/assert";
import { DOCUMENT, javascriptTable } from "../../tools/javascript_table.ts";
import { markedPart } from "../../tools/marked_text.ts";

/** The cells of a Markdown table, however wide it was written. */
function cellsOf(text: string): readonly (readonly string[])[] {
  return text.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("docs/javascript.md has the table that the suite proves", async () => {
  const [, rule, ...rows] = cellsOf(markedPart(await Deno.readTextFile(DOCUMENT), "differences"));
  const [, , ...expected] = cellsOf(javascriptTable());
  assertEquals(rows, expected, "stale: deno run -A tools/javascript_table.ts, then deno fmt");
  assertEquals(rule?.length, 5);
});
