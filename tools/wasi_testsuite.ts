/**
 * Runs directories of WASI preview 1 tests in the form of the WASI working group's own suite, each as
 * `airlock run TEST.wasm _start` in a process of its own: `deno run -A tools/wasi_testsuite.ts DIR…`.
 * Beside a module stands JSON of its `args`, `env`, `dirs`, `root`, `stdin`, and the `exit_code`,
 * `stdout` and `stderr` to expect; without it a test has none of them and exits 0. Tests work on copies
 * of their directories. Prints what failed and how many passed; exits 1 where one failed.
 *
 * @module
 */

import { copy, walk } from "@std/fs";
import { dirname, fromFileUrl, join } from "@std/path";

const COMMAND = fromFileUrl(new URL("../cli/main.ts", import.meta.url));
const CONFIG = fromFileUrl(new URL("../deno.json", import.meta.url));
/** Milliseconds one test may take. */
const TEST_MS = 60_000;

/** What stands beside a test. */
interface Specification {
  readonly args?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  readonly dirs?: readonly string[];
  readonly root?: string;
  readonly stdin?: string;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** What came of one test. */
export interface TestOutcome {
  readonly module: string;
  /** Why it failed; empty where it passed. */
  readonly failures: readonly string[];
}

/** Runs every test below `directory`. */
export async function runTests(directory: string): Promise<readonly TestOutcome[]> {
  const modules: string[] = [];
  for await (const { path } of walk(directory, { exts: [".wasm"] })) modules.push(path);
  const outcomes: TestOutcome[] = [];
  for (const module of modules.sort()) {
    outcomes.push({ module, failures: await runTest(module) });
  }
  return outcomes;
}

async function runTest(module: string): Promise<readonly string[]> {
  const test = await specificationOf(module);
  const scratch = await Deno.makeTempDir({ prefix: "wasi-test-" });
  try {
    const mounts = [
      ...test.root === undefined ? [] : [[test.root, "/"] as const],
      ...(test.dirs ?? []).map((dir) => {
        const [host = "", guest = host] = dir.split("::");
        return [host, guest] as const;
      }),
    ];
    const options: string[] = [];
    for (const [at, [host, guest]] of mounts.entries()) {
      const path = join(scratch, `${at}`);
      await copy(join(dirname(module), host), path);
      options.push("--dir", `${path}::${guest}`);
    }
    for (const [name, value] of Object.entries(test.env ?? {})) {
      options.push("--env", `${name}=${value}`);
    }
    for (const arg of test.args ?? []) options.push(`--arg=${arg}`);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `--config=${CONFIG}`, COMMAND, "run", module, "_start", ...options],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(TEST_MS),
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(test.stdin ?? "")).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    return failuresOf(
      test,
      code,
      new TextDecoder().decode(stdout),
      new TextDecoder().decode(stderr),
    );
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

async function specificationOf(module: string): Promise<Specification> {
  try {
    return JSON.parse(await Deno.readTextFile(module.replace(/\.wasm$/, ".json")));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

function failuresOf(
  { exit_code = 0, stdout, stderr }: Specification,
  code: number,
  out: string,
  err: string,
): readonly string[] {
  return [
    ...code === exit_code ? [] : [`exit code ${code} instead of ${exit_code}: ${err || out}`],
    ...stdout === undefined || stdout === out ? [] : [`standard output is ${JSON.stringify(out)}`],
    ...stderr === undefined || stderr === err ? [] : [`standard error is ${JSON.stringify(err)}`],
  ];
}

if (import.meta.main) {
  let passed = 0;
  let failed = 0;
  for (const directory of Deno.args) {
    for (const { module, failures } of await runTests(directory)) {
      if (failures.length === 0) passed++;
      else {
        failed++;
        console.log(`${module}\n  ${failures.join("\n  ")}`);
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) Deno.exitCode = 1;
}
