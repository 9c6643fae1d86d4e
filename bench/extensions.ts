/**
 * A thousand extensions in one host: how long they take to load, and what each holds. Every one has a
 * directory and a manifest of its own. Run: `deno task bench extensions` (`--json` for a machine,
 * `--count N` for another number). Memory is measured in processes of their own. Beside them stand the
 * bare modules and instances of the engine, without any host: what a load costs at least.
 *
 * @module
 */

import { ExtensionHost } from "@airlock/host";
import { fromFileUrl, join } from "@std/path";
import process from "node:process";
import { table } from "../examples/table.ts";

const MODULE = new URL("../examples/extensions/validate-c/validate.wasm", import.meta.url);
const PAYLOAD = '{"email":"Foo@Example.COM ","age":25}';
const COUNT = 1_000;
const LAZY_COUNT = 10_000;
/** Runs of each kind; the median is told. */
const RUNS = 3;

/** What one process saw. */
interface Seen {
  readonly ms: number;
  /** Of the processor, on all threads: what other programs do is not in it. */
  readonly cpuMs: number;
  /** Resident; the engine's heap grows while it loads, once and for all, and that is in it. */
  readonly bytesEach: number;
  /** In use on the heaps. */
  readonly heapEach: number;
}

/** `same`: all modules have the same bytes; `distinct`: no two do. */
type Modules = "same" | "distinct";

async function makeDirectories(root: string, count: number, modules: Modules): Promise<void> {
  const wasm = await Deno.readFile(MODULE);
  for (let at = 0; at < count; at++) {
    const name = `validate-${String(at).padStart(5, "0")}`;
    const directory = join(root, name);
    await Deno.mkdir(directory, { recursive: true });
    const manifest = {
      name,
      version: `1.0.${at}`,
      runtime: "wasm",
      module: "validate.wasm",
      exports: ["validate"],
    };
    await Deno.writeTextFile(join(directory, "extension.json"), JSON.stringify(manifest));
    const own = modules === "same" ? [] : custom(String(at).padStart(5, "0"));
    await Deno.writeFile(
      join(directory, "validate.wasm"),
      new Uint8Array(await new Blob([wasm, new Uint8Array(own)]).arrayBuffer()),
    );
  }
}

/** A custom section named "n" that says `text`. */
function custom(text: string): number[] {
  return [0, text.length + 2, 1, 0x6e, ...new TextEncoder().encode(text)];
}

/** Loads all of `root`, and calls the last one; `lazy`: nothing of them is started. */
async function load(root: string, lazy: boolean): Promise<Seen> {
  const gc = (globalThis as { readonly gc?: () => void }).gc;
  await using host = new ExtensionHost({ log: () => {} });
  const [first] = [...Deno.readDirSync(root)].map(({ name }) => name).sort();
  // the first one pays for what all share
  const warm = await host.load(join(root, first ?? ""), { lazy });
  await warm.invoke("validate", PAYLOAD);
  await warm.close();
  gc?.();
  const before = Deno.memoryUsage();
  const start = performance.now();
  const used = process.cpuUsage();
  const extensions = await host.loadDir(root, { lazy });
  const cpuMs = cpuSince(used);
  const ms = performance.now() - start;
  gc?.();
  const after = Deno.memoryUsage();
  const heap = after.heapUsed + after.external - before.heapUsed - before.external;
  if (extensions.failures.length > 0) throw extensions.failures[0];
  const last = [...extensions.values()].at(-1);
  const answer = new TextDecoder().decode(await last?.invoke("validate", PAYLOAD));
  if (!answer.includes("foo@example.com")) throw new TypeError(`the last one answered ${answer}`);
  const count = extensions.size;
  return { ms, cpuMs, bytesEach: (after.rss - before.rss) / count, heapEach: heap / count };
}

function cpuSince(start: { readonly user: number; readonly system: number }): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

/** What the engine itself takes for the same modules and one instance of each. */
async function bare(root: string): Promise<Seen> {
  const gc = (globalThis as { readonly gc?: () => void }).gc;
  const names = [...Deno.readDirSync(root)].map(({ name }) => name).sort();
  const instances: WebAssembly.Instance[] = [];
  gc?.();
  const before = Deno.memoryUsage();
  const start = performance.now();
  const used = process.cpuUsage();
  for (const name of names) {
    const bytes = await Deno.readFile(join(root, name, "validate.wasm"));
    instances.push(new WebAssembly.Instance(new WebAssembly.Module(bytes)));
  }
  const cpuMs = cpuSince(used);
  const ms = performance.now() - start;
  gc?.();
  const after = Deno.memoryUsage();
  const count = instances.length;
  const heap = after.heapUsed + after.external - before.heapUsed - before.external;
  return { ms, cpuMs, bytesEach: (after.rss - before.rss) / count, heapEach: heap / count };
}

/** What is measured in a process of its own. */
type Kind = "all" | "lazy" | "bare";

async function inProcess(root: string, kind: Kind): Promise<Seen> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--v8-flags=--expose-gc", fromFileUrl(import.meta.url)],
      ...["--load", root, `--${kind}`],
    ],
  }).output();
  if (code !== 0) throw new TypeError(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function median(count: number, modules: Modules, kind: Kind): Promise<Seen> {
  const root = await Deno.makeTempDir({ prefix: "airlock-bench-" });
  try {
    await makeDirectories(root, count, modules);
    const runs: Seen[] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await inProcess(root, kind));
    const middle = (of: (seen: Seen) => number) =>
      runs.map(of).sort((a, b) => a - b)[RUNS >> 1] ?? NaN;
    return {
      ms: middle(({ ms }) => ms),
      cpuMs: middle(({ cpuMs }) => cpuMs),
      bytesEach: middle(({ bytesEach }) => bytesEach),
      heapEach: middle(({ heapEach }) => heapEach),
    };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const loadAt = Deno.args.indexOf("--load");
if (loadAt >= 0) {
  const root = Deno.args[loadAt + 1] ?? "";
  const seen = Deno.args.includes("--bare")
    ? await bare(root)
    : await load(root, Deno.args.includes("--lazy"));
  console.log(JSON.stringify(seen));
} else {
  const countAt = Deno.args.indexOf("--count");
  const count = countAt < 0 ? COUNT : Number(Deno.args[countAt + 1]);
  const many = countAt < 0 ? LAZY_COUNT : count;
  const results = {
    "same module": await median(count, "same", "all"),
    "distinct modules": await median(count, "distinct", "all"),
    "same module, lazy": await median(many, "same", "lazy"),
    "distinct modules, lazy": await median(count, "distinct", "lazy"),
    "distinct modules, bare": await median(count, "distinct", "bare"),
  };
  if (Deno.args.includes("--json")) {
    console.log(JSON.stringify({ count, many, goal: { ms: 600, bytesEach: 25_000 }, results }));
  } else {
    const rows = Object.entries(results).map(([what, { ms, cpuMs, bytesEach, heapEach }]) => [
      what,
      `${what === "same module, lazy" ? many : count}`,
      `${ms.toFixed(0)} ms`,
      `${cpuMs.toFixed(0)} ms`,
      `${(bytesEach / 1_000).toFixed(1)} KB`,
      `${(heapEach / 1_000).toFixed(1)} KB`,
    ]);
    console.log(`loading them all (goal for ${COUNT}: below 600 ms, below 25 KB each)`);
    console.log(
      table(["", "extensions", "time", "processor", "resident each", "heaps each"], rows),
    );
  }
}
