/**
 * What a call costs in each JavaScript tier, one at a time, many at once and as one list, beside
 * messages without any host; and what it takes to start a guest.
 * Run: `deno task bench lanes` (with `--json` for a machine)
 *
 * @module
 */

import { type Extension, ExtensionHost } from "@airlock/host";
import { rawChild, type RawLane, rawWorker } from "./lanes/raw.ts";
import { measureStarts } from "./lanes/starts.ts";
import { type Candidate, measure, type Measurement, report } from "./measure.ts";

/** Calls at once, and entries of a list. */
const MANY = 100;

const FILES = { "add.js": "function add({ a, b }) { return { sum: a + b } }" };
const INPUT = { a: 20, b: 22 };
const TEXT = JSON.stringify(INPUT);
const INPUTS = Array.from({ length: MANY }, () => INPUT);
const TEXTS = Array.from({ length: MANY }, () => TEXT);

async function rawRows(lane: RawLane): Promise<readonly Candidate[]> {
  await lane.one(TEXT);
  return [
    repeat(`${lane.name}, serial`, 1, () => lane.one(TEXT)),
    repeat(`${lane.name}, ${MANY} at once`, MANY, () => lane.many(TEXTS)),
    repeat(`${lane.name}, list of ${MANY}`, MANY, () => lane.all(TEXTS)),
  ];
}

function rows(name: string, extension: Extension): readonly Candidate[] {
  return [
    repeat(`${name}, serial`, 1, () => extension.invoke("add", TEXT)),
    repeat(
      `${name}, ${MANY} at once`,
      MANY,
      () => Promise.all(TEXTS.map((text) => extension.invoke("add", text))),
    ),
    repeat(`${name}, list of ${MANY}`, MANY, () => extension.callAll("add", INPUTS)),
  ];
}

/** Counts each of `calls` that one run makes. */
function repeat(name: string, calls: number, run: () => Promise<unknown>): Candidate {
  return {
    name,
    async run(n) {
      for (let i = 0; i < n; i += calls) await run();
    },
  };
}

await using host = new ExtensionHost();
const load = (name: string, runtime: string, isolation?: "worker" | "process") =>
  host.load({ manifest: { name, runtime, module: "add.js" }, files: FILES }, {
    ...isolation ? { isolation } : {},
    limits: { concurrency: MANY },
  });
const worker = await load("worker", "js", "worker");
const process = await load("process", "js", "process");
const quickjs = await load("quickjs", "quickjs");
await using bareWorker = await rawWorker();
await using bareChild = rawChild();

const watched = repeat("raw worker, watched", 1, () => bareWorker.one(`guarded ${TEXT}`));
const workers = await measure([...await rawRows(bareWorker), watched, ...rows("worker", worker)]);
const processes = await measure([...await rawRows(bareChild), ...rows("process", process)]);
const interpreted = await measure(rows("QuickJS", quickjs));

const starts = await measureStarts();

/** A start may take so many times that of a child which imports `node:vm`. */
const START_RATIO = 1.2;
/** A start from the pool, in milliseconds. */
const WARM_MS = 1;

/** A call may cost so many times a message. */
const RATIO = 1.4;
/** A call in a list may cost so many microseconds. */
const LISTED = 1;

function goals(own: string, bare: string, measured: readonly Measurement[]): readonly string[][] {
  const micros = (name: string) => measured.find((one) => one.name === name)?.micros ?? NaN;
  const against = (how: string, base = how) => {
    const ratio = micros(`${own}, ${how}`) / micros(`${bare}, ${base}`);
    return [
      `${own}, ${how} ÷ ${bare}, ${base}`,
      `${ratio.toFixed(2)}×`,
      `≤ ${RATIO}×`,
      ratio <= RATIO ? "yes" : "NO",
    ];
  };
  const listed = micros(`${own}, list of ${MANY}`);
  return [
    against("serial"),
    ...own === "worker" ? [against("serial", "watched")] : [],
    against(`${MANY} at once`),
    [
      `${own}, list of ${MANY}`,
      `${listed.toFixed(2)} µs`,
      `< ${LISTED} µs`,
      listed < LISTED ? "yes" : "NO",
    ],
  ];
}

report("Calls in a worker", workers);
report("Calls in a child process", processes);
report("Calls in QuickJS", interpreted);
if (Deno.args.includes("--json")) console.log(JSON.stringify({ title: "Starts", starts }));
else {
  const { table } = await import("../examples/table.ts");
  const judged = [
    ...goals("worker", "raw worker", workers),
    ...goals("process", "raw child", processes),
    [
      `process start ÷ ${starts.bare.toFixed(1)} ms of a bare child`,
      `${(starts.cold / starts.bare).toFixed(2)}×`,
      `≤ ${START_RATIO}×`,
      starts.cold <= START_RATIO * starts.bare ? "yes" : "NO",
    ],
    [
      "process start from the pool",
      `${starts.warm.toFixed(2)} ms`,
      `< ${WARM_MS} ms`,
      starts.warm < WARM_MS ? "yes" : "NO",
    ],
  ];
  console.log(`\n${table(["goal", "measured", "wanted", "met"], judged)}`);
}
