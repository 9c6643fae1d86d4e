/**
 * Loads, runs and closes again and again, and then calls a million times: memory must stay flat. Prints
 * it now and then, and exits 1 where it grows. Run: `deno task soak` (`--cycles N`, `--calls N`,
 * `--failures N`, `--json` for a machine).
 *
 * @module
 */

import { type Extension, ExtensionHost, json, NativeRegistry } from "@airlock/host";
import { table } from "../examples/table.ts";

const EXTENSIONS = new URL("../examples/extensions/", import.meta.url);
const PAYLOAD = '{"email":"Foo@Example.COM ","age":25}';
const ANSWER = '{"ok":true,"email":"foo@example.com","age":25}';

const CYCLES = 1_000;
const CALLS = 1_000_000;
const FAILURES = 20_000;
/** Samples of each phase; the first half is for warming up. */
const SAMPLES = 20;
const WARM_UP = 0.5;
/**
 * What memory may grow from the first samples to the last: the engine's own heaps breathe. A leak of one
 * WASM memory a cycle would be 32 MB, of 16 bytes a call 8 MB.
 */
const GROWTH_BYTES = 8_000_000;

interface Sample {
  readonly done: number;
  readonly rss: number;
  readonly heap: number;
}

interface Phase {
  readonly name: string;
  readonly samples: readonly Sample[];
  /** Bytes by which the heap in use grew between the early and the late samples. */
  readonly heapGrowth: number;
  readonly rssGrowth: number;
  readonly flat: boolean;
}

const gc = (globalThis as { readonly gc?: () => void }).gc;

async function sample(done: number): Promise<Sample> {
  for (let i = 0; i < 3; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { rss, heapUsed, external } = Deno.memoryUsage();
  return { done, rss, heap: heapUsed + external };
}

/** Runs `count` of `work` with samples in between, and judges them. */
async function phase(
  name: string,
  count: number,
  work: (from: number, to: number) => Promise<void>,
): Promise<Phase> {
  const samples: Sample[] = [];
  const step = Math.max(1, Math.floor(count / SAMPLES));
  for (let done = 0; done < count; done += step) {
    await work(done, Math.min(count, done + step));
    samples.push(await sample(Math.min(count, done + step)));
  }
  const settled = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const least = (of: readonly Sample[], key: "rss" | "heap") =>
    Math.min(...of.map((one) => one[key]));
  const growth = (key: "rss" | "heap") =>
    least(settled.slice(-third), key) - least(settled.slice(0, third), key);
  const [heapGrowth, rssGrowth] = [growth("heap"), growth("rss")];
  const flat = heapGrowth < GROWTH_BYTES && rssGrowth < GROWTH_BYTES;
  return { name, samples, heapGrowth, rssGrowth, flat };
}

const native = new NativeRegistry().register(
  "validate-native:validate",
  (input: unknown) => input,
  {
    codec: json,
  },
);
const NAMES = ["validate-rust", "validate-as", "validate-c", "validate-quickjs"];

async function cycle(at: number): Promise<void> {
  await using host = new ExtensionHost({ native, log: () => {} });
  const name = NAMES[at % NAMES.length] ?? "";
  const extension = await host.load(new URL(name, EXTENSIONS));
  await check(extension);
  await extension.close();
}

async function check(extension: Extension): Promise<void> {
  const answer = new TextDecoder().decode(await extension.invoke("validate", PAYLOAD));
  if (answer !== ANSWER) throw new TypeError(`${extension.name} answered ${answer}`);
}

function option(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(name);
  return at < 0 ? otherwise : Number(Deno.args[at + 1]);
}

const phases = [
  await phase("load, run, close", option("--cycles", CYCLES), async (from, to) => {
    for (let at = from; at < to; at++) await cycle(at);
  }),
];
await using host = new ExtensionHost({ log: () => {} });
const rust = await host.load(new URL("validate-rust", EXTENSIONS));
phases.push(
  await phase("invoke", option("--calls", CALLS), async (from, to) => {
    for (let at = from; at < to; at++) await rust.invoke("validate", PAYLOAD);
  }),
);
phases.push(
  await phase(
    "calls that fail, each with its instance",
    option("--failures", FAILURES),
    async (from, to) => {
      for (let at = from; at < to; at++) {
        const failed = await rust.invoke("validate", PAYLOAD, { fuel: 50 }).catch((error) => error);
        if (failed?.code !== "out-of-fuel") throw new TypeError(`it did not fail: ${failed}`);
      }
    },
  ),
);
await check(rust);

if (Deno.args.includes("--json")) {
  console.log(JSON.stringify({ growthBytes: GROWTH_BYTES, phases }));
} else {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  for (const { name, samples, heapGrowth, rssGrowth, flat } of phases) {
    const rows = samples.filter((_, at) => at % 4 === 3).map(({ done, rss, heap }) => [
      `${done}`,
      mb(rss),
      mb(heap),
    ]);
    console.log(`${name}\n${table(["done", "resident", "heaps"], rows)}`);
    console.log(
      `${flat ? "flat" : "GROWS"}: resident ${mb(rssGrowth)}, heaps ${
        mb(heapGrowth)
      } after warming up\n`,
    );
  }
}
Deno.exitCode = phases.every(({ flat }) => flat) ? 0 : 1;
