/** How guests are built, by toolchain: what tools/build_guests.ts and its lists of guests share. @module */

import { fromFileUrl } from "@std/path";

/** Root of the repository. */
export const ROOT: string = fromFileUrl(new URL("../", import.meta.url));

/** A program of this machine, at the version that made the committed bytes. */
export interface Tool {
  readonly program: string;
  readonly versionArgs: readonly string[];
  /** What the answer must contain. */
  readonly version: string;
}

/** One guest. */
export interface Guest {
  readonly name: string;
  /** Where it is in the repository; default: its own directory of `examples/extensions`. */
  readonly directory?: string;
  /** The module's file, inside that directory. */
  readonly module: string;
  readonly tools: readonly Tool[];
  /** Builds the sources in `directory` into the file `out`. */
  readonly build: (directory: string, out: string) => Promise<void>;
}

/** The compiler of AssemblyScript, from its package. */
export const ASSEMBLYSCRIPT = "npm:assemblyscript@0.28.20/asc";
const WABT = "npm:wabt@1.0.39";

/** The C compiler. */
export const CLANG: Tool = {
  program: "clang",
  versionArgs: ["--version"],
  version: "version 14.0.6",
};
/** Its linker. */
export const WASM_LD: Tool = {
  program: "wasm-ld",
  versionArgs: ["--version"],
  version: "LLD 14.0.6",
};
/** Go. */
export const GO: Tool = { program: "go", versionArgs: ["version"], version: "go1.26.8" };
/** Rust. */
export const RUSTC: Tool = {
  program: "rustc",
  versionArgs: ["--version"],
  version: "rustc 1.95.0",
};

/** Builds AssemblyScript. */
export function buildAssemblyScript(
  directory: string,
  source: string,
  out: string,
  runtime: "minimal" | "incremental",
  flags: readonly string[] = [],
): Promise<void> {
  return run(directory, Deno.execPath(), [
    ...["run", "--allow-all", "--no-config", "--no-lock", ASSEMBLYSCRIPT, source, "--outFile", out],
    ...["--runtime", runtime, "--optimizeLevel", "3", "--shrinkLevel", "1", ...flags],
  ]);
}

/** Builds C without a library into a module that is called, not run. */
export function buildC(
  directory: string,
  sources: readonly string[],
  out: string,
  flags: readonly string[] = [],
): Promise<void> {
  return run(directory, "clang", [
    ...["--target=wasm32-unknown-unknown", "-std=c11", "-Os", "-mbulk-memory", "-ffreestanding"],
    ...["-nostdlib", "-mexec-model=reactor", "-Wall", "-Wextra", "-Werror", "-Wl,--no-entry"],
    ...["-Wl,--strip-all", ...flags, "-o", out, ...sources],
  ]);
}

/** Builds C with WASI's library into a program. */
export function buildWasiC(
  directory: string,
  sources: readonly string[],
  out: string,
  flags: readonly string[] = [],
): Promise<void> {
  return run(directory, "clang", [
    ...["--target=wasm32-wasi", "--sysroot=/usr", "-std=c11", "-Os", "-Wall", "-Wextra", "-Werror"],
    ...["-Wl,--strip-all", ...flags, "-o", out, ...sources],
  ]);
}

/** Builds a directory with Go. */
export function buildGo(
  directory: string,
  out: string,
  mode: readonly string[] = ["-buildmode=c-shared"],
): Promise<void> {
  return run(directory, "go", [
    ...["build", ...mode, "-trimpath", "-buildvcs=false", "-ldflags=-s -w"],
    ...["-o", out, "."],
  ], {
    // Whatever else the environment says would end up in the module's build information.
    ...{ GOOS: "wasip1", GOARCH: "wasm", GOWASM: "", GOFLAGS: "", GOEXPERIMENT: "" },
    ...{ GOTOOLCHAIN: "local", GOWORK: "off", CGO_ENABLED: "0" },
  });
}

/** What is used of the package, which is fetched only when there is something to assemble. */
interface Wabt {
  parseWat(file: string, text: string): {
    resolveNames(): void;
    validate(): void;
    toBinary(options: { readonly write_debug_names: boolean }): { readonly buffer: Uint8Array };
    destroy(): void;
  };
}

/** Assembles a text into the file `out`. */
export async function assemble(source: string, out: string): Promise<void> {
  const { default: load }: { default: () => Promise<Wabt> } = await import(WABT);
  const wabt = await load();
  const module = wabt.parseWat("module.wat", await Deno.readTextFile(source));
  try {
    module.resolveNames();
    module.validate();
    await Deno.writeFile(out, module.toBinary({ write_debug_names: false }).buffer);
  } finally {
    module.destroy();
  }
}

/** Runs a tool; its words are the error where it fails. */
export async function run(
  cwd: string,
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const command = new Deno.Command(program, { args: [...args], cwd, env });
  const { success, stdout, stderr } = await command.output();
  if (success) return;
  const text = new TextDecoder();
  throw new Error(`${program} failed:\n${text.decode(stdout)}${text.decode(stderr)}`);
}
