/**
 * What metering costs: five jobs and the worst loops, each module as it was compiled against the same
 * module metered; and how fast modules are rewritten. Run: `deno run -A bench/metering.ts`
 * (with `--json` for a machine). `bench/kernels/kernels.wasm` comes from the C file beside it.
 *
 * @module
 */

import { table } from "../examples/table.ts";
import { Meter } from "../runtime/wasm/meter.ts";
import { readSections, SECTION } from "../runtime/wasm/rewrite/declarations.ts";
import { rewrite } from "../runtime/wasm/rewrite/rewrite.ts";
import { guestEndingTrap } from "../runtime/wasm/trap.ts";
import { measure } from "./measure.ts";

const KERNELS = new URL("./kernels/kernels.wasm", import.meta.url);
const LARGE = new URL("../examples/extensions/validate-go/validate.wasm", import.meta.url);
const OPTIONS = { memoryPages: 1024, tableEntries: 100_000, metering: true };

/** Each job with the argument that makes a call take a part of a millisecond. */
const JOBS: Readonly<Record<string, number>> = {
  fib: 24,
  sieve: 2,
  matmul: 1,
  sha256: 4,
  json: 200,
};
const LOOPS: Readonly<Record<string, number>> = { fnv: 10, count: 10, chase: 20, leaf: 40 };

type Job = (rounds: number) => number;

async function kernels() {
  const bytes = await Deno.readFile(KERNELS);
  const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const { bytes: rewritten, added } = rewrite(bytes, OPTIONS);
  const metered = new WebAssembly.Instance(new WebAssembly.Module(rewritten)).exports;
  const meter = new Meter({
    deadline: Infinity,
    stopReason: undefined,
    end() {
      throw guestEndingTrap();
    },
  });
  if (added.meter !== undefined) meter.add(metered, added.meter);
  return { plain, metered, meter };
}

const { plain, metered, meter } = await kernels();

/** How many times as long the metered job takes. */
async function overhead(job: string, rounds: number): Promise<number> {
  const [bare, counted] = [plain[job] as Job, metered[job] as Job];
  if (!Object.is(bare(rounds), counted(rounds))) throw new TypeError(`${job} differs`);
  const [, second] = await measure([
    {
      name: "plain",
      run(n) {
        for (let i = 0; i < n; i++) bare(rounds);
      },
    },
    {
      name: "metered",
      run(n) {
        for (let i = 0; i < n; i++) {
          meter.begin(Infinity);
          counted(rounds);
        }
      },
    },
  ]);
  return second?.ratio ?? NaN;
}

/** Megabytes of code section a second: the median of warm runs. */
async function rewritingSpeed(): Promise<number> {
  const bytes = await Deno.readFile(LARGE);
  const code = readSections(bytes).find(({ id }) => id === SECTION.code);
  const times = Array.from({ length: 15 }, () => {
    const start = performance.now();
    rewrite(bytes, OPTIONS);
    return performance.now() - start;
  }).slice(5).sort((a, b) => a - b);
  return ((code?.end ?? 0) - (code?.start ?? 0)) / (times[times.length >> 1] ?? NaN) / 1_000;
}

const jobs: [string, number][] = [];
const loops: [string, number][] = [];
for (const [job, rounds] of Object.entries(JOBS)) jobs.push([job, await overhead(job, rounds)]);
for (const [loop, rounds] of Object.entries(LOOPS)) {
  loops.push([loop, await overhead(loop, rounds)]);
}
const ratios = jobs.map(([, ratio]) => ratio);
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
const worst = Math.max(...ratios);
const speed = await rewritingSpeed();

if (Deno.args.includes("--json")) {
  console.log(JSON.stringify({ jobs, loops, mean, worst, megabytesPerSecond: speed }));
} else {
  const rows = [
    ...jobs,
    ["geometric mean (goal ≤ 1.2)", mean],
    ["worst (goal ≤ 1.5)", worst],
    ...loops,
  ]
    .map(([what, ratio]) => [`${what}`, `${Number(ratio).toFixed(2)}×`]);
  console.log(`metered ÷ plain\n${table(["", "time"], rows)}`);
  console.log(`rewriting: ${speed.toFixed(0)} MB of code section a second (goal ≥ 60)`);
}
