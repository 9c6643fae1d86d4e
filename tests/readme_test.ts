/** The README says what the engines declare, and its commands and those of the guides exist. @module */

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

Deno.test("every file that a command of the README or a guide names exists", async () => {
  const guides = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`);
  const missing: string[] = [];
  let commands = 0;
  for (const document of ["README.md", ...guides]) {
    const text = await Deno.readTextFile(new URL(document, ROOT));
    for (const [, block = ""] of text.matchAll(/^```sh\n(.*?)^```/gms)) {
      for (const [path] of block.matchAll(/\b(?:examples|tests|docs|tools|bench)\/[\w./-]+/g)) {
        commands++;
        const found = await Deno.stat(new URL(path, ROOT)).catch(() => undefined);
        if (found === undefined) missing.push(`${document}: ${path}`);
      }
    }
  }
  assert(commands > 15);
  assertEquals(missing, []);
});
