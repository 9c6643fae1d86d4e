/** Writes the README's table of guarantees from the traits that the engines declare: `--check` only compares. @module */

import { ExtensionHost } from "@airlock/host";

const README = new URL("../README.md", import.meta.url);
const BEGIN = "<!-- guarantees: deno task guarantees -->\n";
const END = "<!-- /guarantees -->";

/** The table between the marks. */
export async function guarantees(): Promise<string> {
  await using host = new ExtensionHost();
  const rows = host.runtimes.list().toReversed().map(({ name, isolation, traits }) =>
    `| ${name} | ${
      isolation ?? "inline"
    } | ${traits.authority} | ${traits.loop} | ${traits.memory} | ${traits.crash} |`
  );
  return [
    "",
    "| engine | isolation | authority is confined by | endless loop | memory | a crash of the engine |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "",
  ].join("\n");
}

/** `text` with the table put between its marks. */
export function withGuarantees(text: string, table: string): string {
  const from = text.indexOf(BEGIN) + BEGIN.length;
  const to = text.indexOf(END);
  if (from < BEGIN.length || to < from) {
    throw new TypeError("The README has no marks for the table");
  }
  return text.slice(0, from) + table + text.slice(to);
}

if (import.meta.main) {
  await Deno.writeTextFile(
    README,
    withGuarantees(await Deno.readTextFile(README), await guarantees()),
  );
}
