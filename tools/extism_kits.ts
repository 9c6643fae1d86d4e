/**
 * Builds the plugins of `tests/fixtures/extism/kits` with Extism's own kits, and runs them:
 * `deno run -A tools/extism_kits.ts`. What is built is mostly other people's code: it stays in a
 * directory for the time being, and is never committed.
 *
 * @module
 */

import { join } from "@std/path";
import { ASSEMBLYSCRIPT, buildGo, ROOT, run } from "./guest_builders.ts";

const SOURCES = join(ROOT, "tests/fixtures/extism/kits");
const TESTS = join(ROOT, "tests/conformance/extism_kits_test.ts");
const RUST_TARGET = "wasm32-unknown-unknown";
const KIT_PACKAGE = "npm:@extism/as-pdk@1.0.0";

/** What builds the sources of a directory into a file. */
type Build = (directory: string, out: string) => Promise<void>;

/** Name of a plugin, and of its directory. */
export type KitName = "assembly" | "rust" | "go" | "go_command";

const KITS: { readonly [Name in KitName]: Build } = {
  assembly: buildAssembly,
  rust: buildRust,
  go: buildGo,
  go_command: (directory, out) => buildGo(directory, out, []),
};

/** The module of one plugin, built anew. */
export async function buildKit(name: KitName): Promise<Uint8Array> {
  const directory = await Deno.makeTempDir();
  try {
    return await Deno.readFile(await buildIn(directory, name));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Builds a copy of the sources, so that nothing is left beside them. */
async function buildIn(directory: string, name: KitName): Promise<string> {
  const [sources, out] = [join(directory, name), join(directory, `${name}.wasm`)];
  await copy(join(SOURCES, name), sources);
  await KITS[name](sources, out);
  return out;
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    await (isDirectory ? copy(source, target) : Deno.copyFile(source, target));
  }
}

async function buildAssembly(directory: string, out: string): Promise<void> {
  const settings = { nodeModulesDir: "auto", imports: { "@extism/as-pdk": KIT_PACKAGE } };
  await Deno.writeTextFile(join(directory, "deno.json"), JSON.stringify(settings));
  await run(directory, Deno.execPath(), ["install", "--quiet"]);
  await run(directory, Deno.execPath(), [
    ...["run", "-A", "--quiet", ASSEMBLYSCRIPT, "plugin.ts", "--outFile", out, "-O3"],
    ...["--use", "abort=plugin/stop"],
  ]);
}

async function buildRust(directory: string, out: string): Promise<void> {
  await run(directory, "cargo", ["build", "--quiet", "--release", "--target", RUST_TARGET]);
  await Deno.copyFile(join(directory, "target", RUST_TARGET, "release/plugin.wasm"), out);
}

async function main(): Promise<number> {
  const directory = await Deno.makeTempDir();
  try {
    const built: string[] = [];
    for (const name of ["rust", "go", "go_command"] as const) {
      built.push(`${name}=${await buildIn(directory, name)}`);
    }
    const args = ["test", "-A", "--no-check", TESTS, "--", ...built];
    const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
    return code;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
