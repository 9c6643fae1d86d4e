/**
 * The same Extism plugin and input in this host and in Extism's own JavaScript SDK, in one process:
 * `deno run -A bench/extism.ts` (with `--json` for a machine)
 *
 * @module
 */

import { ExtensionHost, extismFunction } from "@airlock/host";
import { type Candidate, measure, report } from "./measure.ts";

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
  call(fn: string, input: string): Promise<{ text(): string } | null>;
  close(): Promise<void>;
}

const SENTENCE = "The quick brown fox jumps over the dog."; // 39 bytes
const LONG = SENTENCE.repeat(256); // 9,984 bytes
const shout = (text: string) => text.toUpperCase();

const read = (path: string) => Deno.readFile(new URL(path, import.meta.url));
const vowels = await read("../examples/conventions/extism/count_vowels.wasm");
const text = await read("../tests/fixtures/extism/count_vowels.wasm");
const talks = await read("../tests/fixtures/extism/plugin.wasm");

const { createPlugin }: Sdk = await import(SDK);
const functions: SdkOptions["functions"] = {
  "extism:host/user": {
    shout: (blocks, handle: bigint) => blocks.store(shout(blocks.read(handle)?.text() ?? "")),
    fetch_later: (_, handle: bigint) => handle,
    nothing: () => {},
  },
  math: { join: (_, handle: bigint) => handle },
};
const sdk = (data: Uint8Array, runInWorker = false) =>
  createPlugin({ wasm: [{ data }] }, {
    useWasi: false,
    runInWorker,
    nodeWorkerArgs: { execArgv: [] },
    functions,
  });

await using host = new ExtensionHost({ log: () => {} });
const counter = (await host.load({ name: "count_vowels.wasm", bytes: vowels })).as("extism");
const speaker = (await host.load({ name: "plugin.wasm", bytes: talks }, {
  hostFunctions: [
    extismFunction("shout", (blocks, handle) => blocks.store(shout(blocks.text(BigInt(handle))))),
    extismFunction("fetch_later", (_, handle) => handle),
    extismFunction("nothing", () => {}),
    extismFunction("math/join", (_, handle) => handle),
  ],
})).as("extism");
const farSpeaker = (await host.load({ name: "far_plugin.wasm", bytes: talks }, {
  isolation: "worker",
  hostFunctions: [
    extismFunction("shout", (blocks, handle) => blocks.store(shout(blocks.text(BigInt(handle))))),
    extismFunction("fetch_later", (_, handle) => handle),
    extismFunction("nothing", () => {}),
    extismFunction("math/join", (_, handle) => handle),
  ],
})).as("extism");
const lean = (await host.load({ name: "count_vowels_wat.wasm", bytes: text })).as("extism");
const sdkCounter = await sdk(vowels);
const sdkLean = await sdk(text);
const sdkSpeaker = await sdk(talks);
const sdkWorker = await sdk(talks, true);

async function check(name: string, expected: RegExp, answer: Promise<string>): Promise<void> {
  const text = await answer;
  if (!expected.test(text)) throw new TypeError(`${name} answered ${text}`);
}

const airlock = (
  plugin: typeof counter,
  fn: string,
  input: string,
  name = "Airlock, inline",
): Candidate => ({
  name,
  async run(n) {
    for (let i = 0; i < n; i++) await plugin.call(fn, input);
  },
});
const theirs = (name: string, plugin: SdkPlugin, fn: string, input: string): Candidate => ({
  name,
  async run(n) {
    for (let i = 0; i < n; i++) await plugin.call(fn, input);
  },
});

await check("Airlock", /"count":10/, counter.callText("count_vowels", SENTENCE));
await check("Airlock", /QUICK/, speaker.callText("shout_input", SENTENCE));
await check("Airlock", /QUICK/, farSpeaker.callText("shout_input", SENTENCE));
for (const plugin of [sdkSpeaker, sdkWorker]) {
  const answer = plugin.call("shout_input", SENTENCE);
  await check("the SDK", /QUICK/, answer.then((output) => output?.text() ?? ""));
}

report(
  "count_vowels in AssemblyScript, 39 bytes in, one variable read and written",
  await measure([
    airlock(counter, "count_vowels", SENTENCE),
    theirs("Extism SDK, inline", sdkCounter, "count_vowels", SENTENCE),
  ]),
);
report(
  "count_vowels in WebAssembly text, 39 bytes in, byte by byte",
  await measure([
    airlock(lean, "count_vowels", SENTENCE),
    theirs("Extism SDK, inline", sdkLean, "count_vowels", SENTENCE),
  ]),
);
report(
  "echo, 39 bytes in and out",
  await measure([
    airlock(speaker, "echo", SENTENCE),
    theirs("Extism SDK, inline", sdkSpeaker, "echo", SENTENCE),
    theirs("Extism SDK, worker", sdkWorker, "echo", SENTENCE),
  ]),
);
report(
  "echo, 9,984 bytes in and out",
  await measure([
    airlock(speaker, "echo", LONG),
    theirs("Extism SDK, inline", sdkSpeaker, "echo", LONG),
    theirs("Extism SDK, worker", sdkWorker, "echo", LONG),
  ]),
);
report(
  "one host function, 39 bytes to and fro",
  await measure([
    airlock(speaker, "shout_input", SENTENCE),
    theirs("Extism SDK, inline", sdkSpeaker, "shout_input", SENTENCE),
    theirs("Extism SDK, worker", sdkWorker, "shout_input", SENTENCE),
  ]),
);
report(
  "one host function, both off the host's thread",
  await measure([
    airlock(farSpeaker, "shout_input", SENTENCE, "Airlock, worker"),
    theirs("Extism SDK, worker", sdkWorker, "shout_input", SENTENCE),
  ]),
);
await Promise.all([sdkCounter, sdkLean, sdkSpeaker, sdkWorker].map((plugin) => plugin.close()));
