/** The README says what the engines declare, and its commands exist. @module */

import { assert, assertEquals } from "@std/assert";
import { guarantees } from "../tools/guarantees.ts";
import { markedPart } from "../tools/marked_text.ts";

const ROOT = new URL("../", import.meta.url);

/** A table's cells, however its columns are padded. */
function cells(text: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.replaceAll(/\s+/g, " ").replaceAll(/-+/g, "-"));
}

Deno.test("the README's table of guarantees is what the engines declare", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  assertEquals(cells(markedPart(readme, "guarantees")), cells(await guarantees()));
});

Deno.test("every task that the README names exists", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const named = [...readme.matchAll(/task ([a-z:-]+)/g)].map(([, name]) => name ?? "");
  assert(named.length > 5);
  assertEquals(named.filter((name) => !Object.hasOwn(tasks, name)), []);
});
