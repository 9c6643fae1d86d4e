/**
 * Rebuilds the WebAssembly modules of the examples and the fixtures from their sources, byte for byte:
 * `deno run -A tools/build_guests.ts [name…] [--check]`. With `--check` nothing is written and a
 * difference exits 1. AssemblyScript and WAT come from pinned npm packages and build anywhere; C, Go
 * and Rust only with the very toolchain recorded here, since another one gives other bytes: without
 * it they are passed over with a message, and an error when asked for by name.
 * @module
 */

import { join } from "@std/path";
import {
  assemble,
  buildAssemblyScript,
  buildC,
  buildGo,
  CLANG,
  GO,
  type Guest,
  ROOT,
  run,
  RUSTC,
  type Tool,
  WASM_LD,
} from "./guest_builders.ts";
import { WASI_GUESTS } from "./wasi_guests.ts";

const GUESTS: readonly Guest[] = [
  {
    name: "validate-as",
    module: "validate.wasm",
    tools: [],
    build: (directory, out) =>
      buildAssemblyScript(directory, "assembly/validate.ts", out, "minimal", ["--noAssert"]),
  },
  {
    name: "validate-c",
    module: "validate.wasm",
    tools: [CLANG, WASM_LD],
    build: (directory, out) =>
      buildC(directory, ["validate.c", "json.c", "number.c", "memory.c"], out, ["-fno-builtin"]),
  },
  {
    name: "validate-go",
    module: "validate.wasm",
    tools: [GO],
    build: buildGo,
  },
  {
    name: "validate-rust",
    module: "validate.wasm",
    tools: [RUSTC],
    build: (directory, out) =>
      run(directory, "rustc", [
        ...["--edition=2021", "--crate-type=cdylib", "--target=wasm32-unknown-unknown"],
        ...["-Copt-level=s", "-Clto=fat", "-Ccodegen-units=1", "-Cpanic=abort", "-Cstrip=symbols"],
        ...[`--remap-path-prefix=${directory}=.`, "-o", out, "validate.rs"],
      ], { RUSTFLAGS: "" }),
  },
  {
    name: "word-count-wat",
    module: "word_count.wasm",
    tools: [],
    build: (directory, out) => assemble(join(directory, "word_count.wat"), out),
  },
  {
    name: "web",
    directory: "examples/conventions/apiqube/web",
    module: "web.wasm",
    tools: [GO],
    build: buildGo,
  },
  {
    name: "probe-as",
    directory: "tests/fixtures/apiqube/probe-as",
    module: "probe.wasm",
    tools: [],
    build: (directory, out) => buildAssemblyScript(directory, "assembly/probe.ts", out, "minimal"),
  },
  {
    name: "probe-c",
    directory: "tests/fixtures/apiqube/probe-c",
    module: "probe.wasm",
    tools: [CLANG, WASM_LD],
    build: (directory, out) => buildC(directory, ["probe.c"], out),
  },
  {
    name: "pulp-notes",
    directory: "examples/conventions/pulp/notes",
    module: "notes.wasm",
    tools: [GO],
    build: buildGo,
  },
  {
    name: "pulp-probe-as",
    directory: "tests/fixtures/pulp/probe-as",
    module: "probe.wasm",
    tools: [],
    build: (directory, out) =>
      buildAssemblyScript(directory, "assembly/probe.ts", out, "minimal", ["--use", "abort="]),
  },
  {
    name: "pulp-server",
    directory: "tests/fixtures/pulp/server",
    module: "server.wasm",
    tools: [],
    build: (directory, out) =>
      buildAssemblyScript(directory, "assembly/server.ts", out, "minimal", ["--exportRuntime"]),
  },
  {
    name: "pulp-probe-c",
    directory: "tests/fixtures/pulp/probe-c",
    module: "probe.wasm",
    tools: [CLANG, WASM_LD],
    build: (directory, out) => buildC(directory, ["probe.c"], out),
  },
  {
    name: "hookr-simple",
    directory: "examples/conventions/hookr",
    module: "simple.wasm",
    tools: [],
    build: (directory, out) =>
      buildAssemblyScript(directory, "assembly/simple.ts", out, "incremental"),
  },
  {
    name: "wapc-relay",
    directory: "examples/conventions/wapc",
    module: "relay.wasm",
    tools: [],
    build: (directory, out) => assemble(join(directory, "relay.wat"), out),
  },
  extismGuest("count-vowels", "examples/conventions/extism", "count_vowels"),
  extismGuest("extism-plugin", "tests/fixtures/extism", "plugin"),
  {
    name: "gk-notes",
    directory: "examples/conventions/gk",
    module: "notes.wasm",
    tools: [GO],
    build: (directory, out) => buildGo(join(directory, "notes"), out),
  },
  {
    name: "gk-as",
    directory: "tests/fixtures/gk",
    module: "probe_as.wasm",
    tools: [],
    build: (directory, out) =>
      buildAssemblyScript(directory, "assembly/probe.ts", out, "incremental"),
  },
  {
    name: "gk-c",
    directory: "tests/fixtures/gk",
    module: "probe_c.wasm",
    tools: [CLANG, WASM_LD],
    build: (directory, out) => buildC(directory, ["probe.c"], out, ["-fno-builtin"]),
  },
  ...WASI_GUESTS,
  ...callGuests("hookr"),
  ...callGuests("wapc"),
];

/** The probes of Hookr and waPC: one source, built for either. */
function callGuests(convention: "hookr" | "wapc"): readonly Guest[] {
  const isWapc = convention === "wapc";
  const directory = `tests/fixtures/${convention}`;
  const sources = join(ROOT, "tests/fixtures/hookr");
  return [
    {
      name: `${convention}-as`,
      directory,
      module: "probe_as.wasm",
      tools: [],
      build: (_, out) =>
        buildAssemblyScript(sources, `assembly/${convention}.ts`, out, "minimal", [
          ...["--use", `WAPC=${isWapc ? 1 : 0}`],
        ]),
    },
    {
      name: `${convention}-c`,
      directory,
      module: "probe_c.wasm",
      tools: [CLANG, WASM_LD],
      build: (_, out) =>
        buildC(sources, ["probe.c"], out, ["-fno-builtin", ...isWapc ? ["-DWAPC"] : []]),
    },
  ];
}

/** An Extism plugin, without an import that no Extism host answers. */
function extismGuest(name: string, directory: string, module: string): Guest {
  return {
    name,
    directory,
    module: `${module}.wasm`,
    tools: [],
    build: (directory, out) =>
      buildAssemblyScript(directory, `assembly/${module}.ts`, out, "incremental", [
        "--use",
        "abort=",
        "--noAssert",
      ]),
  };
}

/** Why the tool cannot be used, or nothing. */
async function missing(tool: Tool): Promise<string | undefined> {
  const needs = `needs ${tool.program} "${tool.version}"`;
  try {
    const command = new Deno.Command(tool.program, { args: [...tool.versionArgs] });
    const found = new TextDecoder().decode((await command.output()).stdout).trim();
    // A digit more would be another version.
    const at = found.indexOf(tool.version);
    if (at >= 0 && !/^\d/.test(found.slice(at + tool.version.length))) return undefined;
    return `${needs}, found "${found.split("\n")[0]}"`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${needs}, found none`;
    throw error;
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

type Outcome = "unchanged" | "written" | "differs" | "not built";

async function rebuild(guest: Guest, check: boolean): Promise<[outcome: Outcome, note: string]> {
  for (const tool of guest.tools) {
    const reason = await missing(tool);
    if (reason !== undefined) return ["not built", reason];
  }
  const directory = join(ROOT, guest.directory ?? `examples/extensions/${guest.name}`);
  const target = join(directory, guest.module);
  const scratch = await Deno.makeTempDir({ prefix: "build_guests_" });
  try {
    const out = join(scratch, guest.module);
    await guest.build(directory, out);
    const built = await Deno.readFile(out);
    const committed = await readIfThere(target);
    const note = `${built.length} bytes`;
    if (same(built, committed)) return ["unchanged", note];
    if (check) return ["differs", `${note}, committed: ${committed?.length ?? "none"}`];
    await Deno.writeFile(target, built);
    return ["written", note];
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => arg !== "--check");
  const known = GUESTS.map((guest) => guest.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`Cannot build ${unknown.join(", ")}: the guests are ${known.join(", ")}`);
    return 2;
  }
  let failed = false;
  for (const guest of GUESTS) {
    if (names.length > 0 && !names.includes(guest.name)) continue;
    const [outcome, note] = await rebuild(guest, args.includes("--check"));
    console.log(`${guest.name.padEnd(16)} ${outcome.padEnd(10)} ${note}`);
    failed ||= outcome === "differs" || (outcome === "not built" && names.length > 0);
  }
  return failed ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
