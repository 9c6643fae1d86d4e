/** What this process may do itself, by Deno's flags; looking never asks on the terminal. @module */

import { mergeFlags, readFlag, writeFlag } from "../permission_flags.ts";

/** The descriptor's field that each kind of permission names its object in. */
const FIELD: { readonly [kind: string]: string } = {
  env: "variable",
  ffi: "path",
  import: "host",
  net: "host",
  read: "path",
  run: "command",
  sys: "kind",
  write: "path",
};

/**
 * Which of `flags` this process was not started with, as few flags as say it; empty when it has all.
 *
 * @throws {TypeError} for a flag that allows nothing Deno knows.
 */
export function lackingFlags(flags: readonly string[]): readonly string[] {
  const lacking: string[] = [];
  for (const flag of flags) {
    const { kind, items } = readFlag(flag);
    const field = FIELD[kind];
    if (field === undefined) throw new TypeError(`Cannot check "${flag}": there is no such flag`);
    for (const item of items ?? [undefined]) {
      const query = item === undefined
        ? { name: kind }
        : { name: kind, [field]: kind === "net" ? probe(item) : item };
      const { state } = Deno.permissions.querySync(query as unknown as Deno.PermissionDescriptor);
      if (state !== "granted") {
        lacking.push(writeFlag(kind, item));
      }
    }
  }
  return mergeFlags(lacking);
}

/** A wildcard can be granted, but only names of hosts can be asked about: one that it covers stands for all. */
function probe(host: string): string {
  return host.startsWith("*.") ? `airlock-probe${host.slice(1)}` : host;
}
