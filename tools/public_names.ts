/**
 * Writes tests/public_names.txt: every name that users of the package can import, so that whoever
 * adds one, or lets one out by mistake, sees it in the change.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** Where the list lies in the repository. */
export const NAMES_FILE: URL = new URL("../tests/public_names.txt", import.meta.url);

/** What `deno doc --json` says, as far as it matters here. */
interface Documentation {
  readonly nodes: {
    readonly [module: string]: {
      readonly symbols: readonly {
        readonly name: string;
        readonly declarations: readonly { readonly kind: string }[];
      }[];
    };
  };
}

/** The list: a heading an entry point of deno.json, then its names in order, each with what it is. */
export async function publicNames(): Promise<string> {
  const parts: string[] = [];
  for (const [entry, file] of Object.entries(config.exports)) {
    const names = await namesOf(file);
    parts.push([`${config.name}${entry.slice(1)}`, ...names.map((line) => `  ${line}`)].join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

async function namesOf(file: string): Promise<readonly string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", file],
    cwd: new URL("../", import.meta.url),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes }: Documentation = JSON.parse(new TextDecoder().decode(stdout));
  const lines = Object.values(nodes).flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) => declarations.map(({ kind }) => `${name}: ${kind}`))
  );
  return [...new Set(lines)].sort();
}

if (import.meta.main) await Deno.writeTextFile(NAMES_FILE, await publicNames());
