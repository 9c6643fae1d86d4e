/** Writes the README's table of guarantees from the traits that the engines declare. @module */

import { ExtensionHost } from "@airlock/host";
import { withMarkedPart } from "./marked_text.ts";

const README = new URL("../README.md", import.meta.url);

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

if (import.meta.main) {
  await Deno.writeTextFile(
    README,
    withMarkedPart(await Deno.readTextFile(README), "guarantees", await guarantees()),
  );
}
