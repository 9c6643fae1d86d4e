/**
 * The same Extism plugin and input in this host and in Extism's own JavaScript SDK, in one process:
 * `deno task bench extism` (with `--json` for a machine). Both are called with text for text, as
 * plugins mostly are; one row is bytes for bytes.
 *
 * @module
 */

import { ExtensionHost, extismFunction, type ExtismPlugin, type LoadOptions } from "@airlock/host";
import { table } from "../examples/table.ts";
import { buildKit } from "../tools/extism_kits.ts";
import { type Candidate, measure, type Measurement, report } from "./measure.ts";

/** A name in a variable: the package itself depends on no SDK. */
const SDK = "npm:@extism/extism@2.0.0-rc13";

/** What is used of the SDK. */
interface Sdk {
  createPlugin(
    wasm: { readonly wasm: readonly unknown[] },
    options: SdkOptions,
  ): Promise<SdkPlugin>;
}
interface SdkOptions {
  readonly useWasi: boolean;
  readonly runInWorker: boolean;
  /** Its default names a flag that Deno does not know. */
  readonly nodeWorkerArgs: { readonly execArgv: readonly string[] };
  readonly functions: {
    readonly [module: string]: {
      readonly [name: string]: (blocks: SdkBlocks, ...args: never[]) => unknown;
    };
  };
}
interface SdkBlocks {
  read(handle: bigint): { text(): string } | null;
  store(text: string): bigint;
}
interface SdkPlugin {
  call(fn: string, input: string): Promise<{ text(): string; bytes(): Uint8Array } | null>;
  close(): Promise<void>;
}

const SENTENCE = "The quick brown fox jumps over the dog."; // 39 bytes
const LONG = SENTENCE.repeat(256); // 9,984 bytes
const INLINE = "Extism SDK, inline";
const WORKER = "Extism SDK, worker";
/** What the SDK has to take of our time: on the host's thread, and off it with host functions. */
const INLINE_GOAL = 4;
const WORKER_GOAL = 100;
const shout = (text: string) => text.toUpperCase();

const read = (path: string) => Deno.readFile(new URL(path, import.meta.url));
const modules = {
  assembly: await read("../examples/conventions/extism/count_vowels.wasm"),
  kit: await buildKit("assembly"),
  wat: await read("../tests/fixtures/extism/count_vowels.wasm"),
  talks: await read("../tests/fixtures/extism/plugin.wasm"),
};

const { createPlugin }: Sdk = await import(SDK);
const functions: SdkOptions["functions"] = {
  "extism:host/user": {
    shout: (blocks, handle: bigint) => blocks.store(shout(blocks.read(handle)?.text() ?? "")),
    fetch_later: (_, handle: bigint) => handle,
    nothing: () => {},
  },
  math: { join: (_, handle: bigint) => handle },
};
const hostFunctions = [
  extismFunction("shout", (blocks, handle) => blocks.store(shout(blocks.text(BigInt(handle))))),
  extismFunction("fetch_later", (_, handle) => handle),
  extismFunction("nothing", () => {}),
  extismFunction("math/join", (_, handle) => handle),
];

await using host = new ExtensionHost({ log: () => {} });
const sdkPlugins: SdkPlugin[] = [];

async function load(bytes: Uint8Array, options: LoadOptions = {}): Promise<ExtismPlugin> {
  const name = `plugin${host.extensions().length}.wasm`;
  return (await host.load({ name, bytes }, { hostFunctions, ...options })).as("extism");
}

async function sdk(data: Uint8Array, runInWorker = false): Promise<SdkPlugin> {
  const nodeWorkerArgs = { execArgv: [] };
  const options = { useWasi: false, runInWorker, nodeWorkerArgs, functions };
  const plugin = await createPlugin({ wasm: [{ data }] }, options);
  sdkPlugins.push(plugin);
  return plugin;
}

const ours = (
  plugin: ExtismPlugin,
  fn: string,
  input: string,
  name = "Airlock, inline",
): Candidate => ({
  name,
  async run(n) {
    for (let i = 0; i < n; i++) await plugin.callText(fn, input);
  },
});
const theirs = (name: string, plugin: SdkPlugin, fn: string, input: string): Candidate => ({
  name,
  async run(n) {
    for (let i = 0; i < n; i++) (await plugin.call(fn, input))?.text();
  },
});

/** A ratio that has to be reached. */
interface Goal {
  readonly what: string;
  readonly ratio: number;
  readonly wanted: number;
}

const goals: Goal[] = [];

/** Measures one row; `wanted` are the goals of the candidates beside the first. */
async function row(
  title: string,
  candidates: readonly Candidate[],
  ...wanted: readonly number[]
): Promise<readonly Measurement[]> {
  const measured = await measure(candidates);
  report(title, measured);
  const [first, ...others] = measured;
  for (const [at, goal] of wanted.entries()) {
    const { name = "", ratio = NaN } = others[at] ?? {};
    goals.push({ what: `${title}: ${name} ÷ ${first?.name}`, ratio, wanted: goal });
  }
  return measured;
}

/** Both have to give the same, or there is nothing to compare. */
async function check(fn: string, expected: RegExp, plugin: ExtismPlugin, other: SdkPlugin) {
  const answers = [await plugin.callText(fn, SENTENCE), (await other.call(fn, SENTENCE))?.text()];
  for (const text of answers) {
    if (!expected.test(text ?? "")) throw new TypeError(`${fn} gave ${text}`);
  }
}

const VOWELS = [
  ["in AssemblyScript, with one variable", modules.assembly, /"count":10/],
  ["on Extism's kit for AssemblyScript, with one variable", modules.kit, /"count":10/],
  ["in WebAssembly text, with one variable", modules.wat, /^10 /],
] as const;
for (const [title, bytes, expected] of VOWELS) {
  const [plugin, other] = [await load(bytes), await sdk(bytes)];
  await check("count_vowels", expected, plugin, other);
  await row(`count_vowels ${title}, 39 bytes in`, [
    ours(plugin, "count_vowels", SENTENCE),
    theirs(INLINE, other, "count_vowels", SENTENCE),
  ], INLINE_GOAL);
}

const [near, far] = [await load(modules.talks), await load(modules.talks, { isolation: "worker" })];
const [sdkNear, sdkFar] = [await sdk(modules.talks), await sdk(modules.talks, true)];
await check("shout_input", /QUICK/, near, sdkNear);
await check("shout_input", /QUICK/, far, sdkFar);

for (const input of [SENTENCE, LONG]) {
  await row(`echo, ${input.length} bytes in and out`, [
    ours(near, "echo", input),
    theirs(INLINE, sdkNear, "echo", input),
    theirs(WORKER, sdkFar, "echo", input),
  ], INLINE_GOAL);
}
await row("echo, 39 bytes in and out, as bytes", [
  {
    name: "Airlock, inline",
    async run(n) {
      for (let i = 0; i < n; i++) await near.call("echo", SENTENCE);
    },
  },
  {
    name: INLINE,
    async run(n) {
      for (let i = 0; i < n; i++) (await sdkNear.call("echo", SENTENCE))?.bytes().slice();
    },
  },
], INLINE_GOAL);
await row(
  "one host function, 39 bytes to and fro",
  [
    ours(near, "shout_input", SENTENCE),
    theirs(INLINE, sdkNear, "shout_input", SENTENCE),
    theirs(WORKER, sdkFar, "shout_input", SENTENCE),
  ],
  INLINE_GOAL,
  WORKER_GOAL,
);
await row("one host function, both off the host's thread", [
  ours(far, "shout_input", SENTENCE, "Airlock, worker"),
  theirs(WORKER, sdkFar, "shout_input", SENTENCE),
], WORKER_GOAL);
await Promise.all(sdkPlugins.map((plugin) => plugin.close()));

const judged = goals.map((goal) => ({ ...goal, met: goal.ratio >= goal.wanted }));
if (Deno.args.includes("--json")) console.log(JSON.stringify({ title: "goals", goals: judged }));
else {
  const lines = judged.map(({ what, ratio, wanted, met }) => [
    `${ratio.toFixed(1)}×`,
    `${wanted}×`,
    met ? "yes" : "no",
    what,
  ]);
  console.log(table(["reached", "goal", "met", "what"], lines));
}
