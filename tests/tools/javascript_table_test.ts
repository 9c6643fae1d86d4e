/** The table of JavaScript tiers in the docs. @module */

import { assertEquals } from "@std/assert";
import { cellsOf, DOCUMENT, javascriptTable, withTable } from "../../tools/javascript_table.ts";

Deno.test("docs/javascript.md has the table that the suite proves", async () => {
  const text = await Deno.readTextFile(DOCUMENT);
  const [, rule, ...rows] = cellsOf(text);
  const [, , ...expected] = cellsOf(withTable(text, javascriptTable()));
  assertEquals(rows, expected, "stale: deno run -A tools/javascript_table.ts, then deno fmt");
  assertEquals(rule?.length, 5);
});
