/**
 * Hookr's benchmarks: counting vowels of a text, and an echo through a function of the host, here and
 * on wazero (Go). Run: `deno run -A bench/hookr.ts` (with `--json` for a machine). Without Go, or
 * without its modules, our side is measured alone, and a message says so.
 *
 * @module
 */

import { type Extension, ExtensionHost, hostFunction } from "@airlock/host";
import { fromFileUrl } from "@std/path";
import { type Candidate, measure, report } from "./measure.ts";

const PLUGIN = new URL("../examples/conventions/hookr/simple.wasm", import.meta.url);
const GO_HOST = fromFileUrl(new URL("hookr_wazero/", import.meta.url));
const TEXT =
  "The quick brown fox jumps over the lazy dog, twice, and once more before it goes to sleep";
const VOWELS = `${TEXT.match(/[aeiou]/gi)?.length}`;

/** Microseconds a call, by operation. */
type Micros = { readonly [operation: string]: number };

/** How an operation is called, and what has to come out. */
const OPERATIONS = [["vowel", VOWELS], ["echo", TEXT]] as const;

function candidates(name: string, extension: Extension, operation: string): readonly Candidate[] {
  const payload = new TextEncoder().encode(TEXT);
  return [
    {
      name: `${name}, invokeSync`,
      run(n) {
        for (let i = 0; i < n; i++) extension.invokeSync(operation, payload);
      },
    },
    {
      name: `${name}, invoke`,
      async run(n) {
        for (let i = 0; i < n; i++) await extension.invoke(operation, payload);
      },
    },
  ];
}

/** What Go's host takes for each operation, or why that cannot be told. */
async function onWazero(program: string): Promise<Micros | string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [fromFileUrl(PLUGIN), TEXT],
  }).output();
  const text = new TextDecoder();
  return success ? JSON.parse(text.decode(stdout)) as Micros : text.decode(stderr).trim();
}

/** Builds Go's host into `directory`; why it cannot be built, if so. */
async function build(directory: string): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command("go", {
      args: ["build", "-o", `${directory}/hookr_wazero`, "."],
      cwd: GO_HOST,
      env: { GOFLAGS: "-mod=readonly", GOWORK: "off" },
    }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no Go on this machine";
    throw error;
  }
}

await using host = new ExtensionHost({ log: () => {} });
const functions = {
  sync: hostFunction("echo", (payload: Uint8Array) => payload),
  waiting: hostFunction("echo", (payload: Uint8Array) => Promise.resolve(payload), { async: true }),
};
const load = async (name: string, echo: typeof functions.sync) => {
  const manifest = { name, runtime: "wasm", module: "simple.wasm" };
  const files = { "simple.wasm": await Deno.readFile(PLUGIN) };
  return await host.load({ manifest, files }, { hostFunctions: [echo] });
};
const plain = await load("plain", functions.sync);
const waiting = await load("waiting", functions.waiting);
for (const [operation, answer] of OPERATIONS) {
  for (const extension of [plain, waiting]) {
    const got = new TextDecoder().decode(await extension.invoke(operation, TEXT));
    if (got !== answer) throw new TypeError(`${operation} answered ${got}`);
  }
}

const scratch = await Deno.makeTempDir({ prefix: "bench_hookr_" });
try {
  const problem = await build(scratch);
  for (const [operation] of OPERATIONS) {
    const before = problem ?? await onWazero(`${scratch}/hookr_wazero`);
    const ours = await measure([
      ...candidates("plain", plain, operation),
      ...candidates("host function waits", waiting, operation).slice(1),
    ]);
    const after = problem ?? await onWazero(`${scratch}/hookr_wazero`);
    report(`${operation}, ${TEXT.length} bytes`, ours);
    compare(operation, ours[0]?.micros ?? NaN, before, after);
  }
} finally {
  await Deno.remove(scratch, { recursive: true });
}

/** Says how often our call fits into one of wazero's, measured before and after ours. */
function compare(operation: string, ours: number, ...theirs: readonly (Micros | string)[]): void {
  const [why] = theirs.filter((each) => typeof each === "string");
  const micros = theirs.flatMap((each) => typeof each === "string" ? [] : [each[operation] ?? NaN]);
  const wazero = micros.reduce((sum, each) => sum + each, 0) / micros.length;
  if (Deno.args.includes("--json")) {
    console.log(
      JSON.stringify(why === undefined ? { operation, wazero, ratio: wazero / ours } : { why }),
    );
  } else if (why !== undefined) {
    console.log(`Not compared with wazero: ${why}\n`);
  } else {
    console.log(`wazero: ${wazero.toFixed(2)} µs, ${(wazero / ours).toFixed(1)}× invokeSync\n`);
  }
}
