/**
 * The job validate(email, age) in every engine, and a cold load, here and in the engines of Go hosts:
 * Go itself, goja, wazero and V8 (v8go). Run: `deno task bench validate` (`--json` for a machine).
 * Where Go, its modules or a C++ compiler are missing, our side is measured alone and a message says so.
 *
 * @module
 */

import { type Extension, ExtensionHost, json, NativeRegistry } from "@airlock/host";
import { fromFileUrl } from "@std/path";
import { validate } from "../examples/extensions/validate-native/validate.ts";
import { table } from "../examples/table.ts";
import { type Candidate, measure } from "./measure.ts";

const EXTENSIONS = new URL("../examples/extensions/", import.meta.url);
const GO_HOST = fromFileUrl(new URL("validate_go/", import.meta.url));
const PAYLOAD = '{"email":"Foo@Example.COM ","age":25}';
const ANSWER = '{"ok":true,"email":"foo@example.com","age":25}';
/** Calls that cross to a JavaScript isolate in one list. */
const BATCH = 100;
const INPUT: unknown = JSON.parse(PAYLOAD);

/** Ours, what it is compared with, and how many times as fast it should be. */
const GOALS = [
  ["native, call", "native", 1],
  ["wasm (Rust), invokeSync", "rust", 6],
  ["wasm (Rust), invoke", "rust", 6],
  ["wasm (AssemblyScript), invokeSync", "assemblyscript", 2.5],
  ["wasm (AssemblyScript), invoke", "assemblyscript", 2.5],
  ["QuickJS, invoke", "goja", 1],
  [`JS isolate, list of ${BATCH}`, "v8go", 8],
  ["cold load, 10 KB", "cold", 20],
] as const;

type Micros = { readonly [engine: string]: number };

const at = (name: string) => new URL(name, EXTENSIONS);
const pathOf = (name: string) => fromFileUrl(at(name));
const failure = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim().split("\n").at(-1);

async function run(
  program: string,
  args: readonly string[],
  cwd = GO_HOST,
): Promise<Deno.CommandOutput> {
  return await new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { GOFLAGS: "-mod=readonly", GOWORK: "off" },
  }).output();
}

/** Builds Go's engines, with V8 where that can be linked; why they cannot be built, if so. */
async function build(
  program: string,
): Promise<{ readonly why?: string; readonly withoutV8?: string }> {
  try {
    const all = await run("go", ["build", "-tags", "v8go", "-o", program, "."]);
    if (all.success) return {};
    const { success, stderr } = await run("go", ["build", "-o", program, "."]);
    return success
      ? { withoutV8: failure(all.stderr) ?? "" }
      : { why: failure(stderr) ?? "it cannot be built" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { why: "there is no Go on this machine" };
    throw error;
  }
}

async function goMicros(program: string): Promise<Micros> {
  const { success, stdout, stderr } = await run(
    program,
    [
      ...["validate-rust/validate.wasm", "validate-as/validate.wasm", "validate-c/validate.wasm"],
      "validate-js/validate.js",
    ].map(pathOf).concat(PAYLOAD, ANSWER),
  );
  if (!success) throw new TypeError(failure(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function check(name: string, answer: string): void {
  if (answer !== ANSWER) throw new TypeError(`${name} answered ${answer}`);
}

async function calls(name: string, ext: Extension): Promise<Candidate> {
  check(name, new TextDecoder().decode(await ext.invoke("validate", PAYLOAD)));
  return {
    name: `${name}, invoke`,
    async run(n) {
      for (let i = 0; i < n; i++) await ext.invoke("validate", PAYLOAD);
    },
  };
}

function sync(name: string, ext: Extension): Candidate {
  return {
    name: `${name}, invokeSync`,
    run(n) {
      for (let i = 0; i < n; i++) ext.invokeSync("validate", PAYLOAD);
    },
  };
}

const native = new NativeRegistry().register("validate-native:validate", validate, { codec: json });
await using host = new ExtensionHost({ native, log: () => {} });
const rust = await host.load(at("validate-rust"));
const assemblyScript = await host.load(at("validate-as"));
const inIsolate = await host.load({
  manifest: { name: "worker", runtime: "js", module: "validate.js", exports: ["validate"] },
  files: { "validate.js": await Deno.readTextFile(at("validate-js/validate.js")) },
}, { isolation: "worker", limits: { concurrency: BATCH } });
check("JS isolate", JSON.stringify((await inIsolate.callAll("validate", [INPUT]))[0]));
const natively = await host.load(at("validate-native"));
const cold = await Deno.readFile(at("validate-c/validate.wasm"));
/** The module with a custom section behind it, which says which load it is. */
const NAME_BYTES = 9;
const bytes = new Uint8Array(cold.length + 4 + NAME_BYTES);
bytes.set(cold);
bytes.set([0, NAME_BYTES + 2, 1, 0x6e], cold.length);
let loads = 0;

const candidates: readonly Candidate[] = [
  {
    name: "native, call",
    async run(n) {
      // Go's side decodes and encodes JSON too
      for (let i = 0; i < n; i++) await natively.invoke("validate", PAYLOAD);
    },
  },
  sync("wasm (Rust)", rust),
  await calls("wasm (Rust)", rust),
  sync("wasm (AssemblyScript)", assemblyScript),
  await calls("wasm (AssemblyScript)", assemblyScript),
  await calls("QuickJS", await host.load(at("validate-quickjs"))),
  {
    name: `JS isolate, list of ${BATCH}`,
    async run(n) {
      for (let left = n; left > 0; left -= BATCH) {
        const inputs = Array.from({ length: Math.min(left, BATCH) }, () => INPUT);
        const answers = await inIsolate.callAll("validate", inputs);
        if (answers.length !== inputs.length) throw new TypeError("an answer is missing");
      }
    },
  },
  {
    name: "cold load, 10 KB",
    async run(n) {
      for (let i = 0; i < n; i++) {
        // other bytes each time, so that nothing is known of the module yet
        bytes.set(
          new TextEncoder().encode(`${loads++}`.padStart(NAME_BYTES, "0")),
          cold.length + 4,
        );
        const ext = await host.load({ name: "cold.wasm", bytes });
        await ext.close();
      }
    },
  },
];

const scratch = await Deno.makeTempDir({ prefix: "bench_validate_" });
try {
  const program = `${scratch}/validate_go`;
  const { why, withoutV8 } = await build(program);
  const before = why === undefined ? await goMicros(program) : {};
  const ours = await measure(candidates);
  const after = why === undefined ? await goMicros(program) : {};
  const rows = GOALS.map(([name, engine, goal]) => {
    const micros = ours.find((one) => one.name === name)?.micros ?? NaN;
    const theirs = ((before[engine] ?? NaN) + (after[engine] ?? NaN)) / 2;
    return { name, micros, engine, theirs, ratio: theirs / micros, goal };
  });
  if (Deno.args.includes("--json")) {
    console.log(JSON.stringify({ rows, why, withoutV8 }));
  } else {
    const number = (value: number, digits = 2) => Number.isNaN(value) ? "–" : value.toFixed(digits);
    console.log(table(
      ["", "µs", "in Go", "µs", "times as fast", "goal"],
      rows.map(({ name, micros, engine, theirs, ratio, goal }) => [
        ...[name, number(micros), engine, number(theirs)],
        ...[number(ratio, 1), `≥ ${goal}`],
      ]),
    ));
    if (why !== undefined) console.log(`Not compared with Go: ${why}`);
    if (withoutV8 !== undefined) console.log(`Not compared with v8go: ${withoutV8}`);
  }
} finally {
  await Deno.remove(scratch, { recursive: true });
}
