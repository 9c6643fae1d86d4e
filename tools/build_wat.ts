/**
 * Builds each `.wat` under `tests/fixtures/` into the `.wasm` files beside them:
 * `deno run -A tools/build_wat.ts [--check]`. With `--check` nothing is written and a difference
 * exits 1. The compiler is pinned, so the same text gives the same bytes on every machine.
 *
 * @module
 */

import { walk } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import wabt from "wabt";

/** Where the fixtures of the engine are; each guest convention has its own directory beside it. */
export const FIXTURES: string = fromFileUrl(new URL("../tests/fixtures/wasm/", import.meta.url));

/** What the fixtures use beyond the compiler's defaults. */
const FEATURES = {
  bulk_memory: true,
  exceptions: true,
  memory64: true,
  multi_memory: true,
  mutable_globals: true,
  reference_types: true,
  threads: true,
} as const;

/** One fixture: its text's path, and the module's bytes as its text makes them. */
export interface BuiltFixture {
  readonly source: string;
  readonly target: string;
  readonly bytes: Uint8Array;
}

/** Compiles every fixture, in the order of their names; writes nothing. */
export async function buildFixtures(): Promise<readonly BuiltFixture[]> {
  const { parseWat } = await wabt();
  const sources: string[] = [];
  const options = { exts: [".wat"], maxDepth: 2 };
  for await (const { path } of walk(join(FIXTURES, ".."), options)) sources.push(path);
  return await Promise.all(
    sources.sort().map(async (source) => {
      const module = parseWat(source, await Deno.readTextFile(source), FEATURES);
      try {
        module.resolveNames();
        const { buffer } = module.toBinary({ write_debug_names: false });
        return { source, target: source.replace(/\.wat$/, ".wasm"), bytes: buffer };
      } finally {
        module.destroy();
      }
    }),
  );
}

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  let stale = 0;
  for (const { target, bytes } of await buildFixtures()) {
    const old = await Deno.readFile(target).catch(() => undefined);
    if (old !== undefined && bytes.length === old.length && bytes.every((b, i) => b === old[i])) {
      continue;
    }
    stale++;
    console.log(`${check ? "stale" : "built"} ${target}`);
    if (!check) await Deno.writeFile(target, bytes);
  }
  if (check && stale > 0) Deno.exit(1);
}
