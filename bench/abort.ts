/**
 * How late each way not to end is stopped, at a limit of 100 ms, and whether the processor is idle
 * 20 ms after. Run: `deno task bench abort` (`--json` for a machine).
 *
 * @module
 */

import process from "node:process";
import { type Extension, ExtensionError, ExtensionHost, type LoadOptions } from "@airlock/host";
import wabt from "wabt";
import { table } from "../examples/table.ts";

const LIMIT_MS = 100;
const ROUNDS = 5;
/** What stopping may take beyond the limit, in each tier. */
const GOAL_MS = { wasm: 5, "wasm worker": 5, worker: 5, process: 10, quickjs: 5 } as const;
/** The processor has to be idle so long after. */
const IDLE_AFTER_MS = 20;
const WATCHED_MS = 50;

type Tier = keyof typeof GOAL_MS;

interface Row {
  readonly tier: Tier;
  readonly loop: string;
  /** Medians: milliseconds beyond the limit, by the clock, and what this process worked beyond it. */
  readonly late: number;
  readonly lateWork: number;
  /** Share of one processor in use afterwards. */
  readonly busy: number;
}

const SCRIPTS: Readonly<Record<string, string>> = {
  "for (;;)": "function f() { for (;;); }",
  "recursion": "function f() { const g = (n) => n < 1 ? 1 : g(n - 1) + g(n - 1); return g(60) }",
  "await 0": "async function f() { for (;;) await 0 }",
  "pattern": 'function f() { return /^(a+)+$/.test("a".repeat(60) + "b") }',
};

async function loops(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const text = await Deno.readTextFile(new URL("./kernels/loops.wat", import.meta.url));
  const module = parseWat("loops.wat", text, { exceptions: true, tail_call: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}

/** Three failures within ten seconds close some extensions: `load` gives a new one for each round. */
async function judge(
  tier: Tier,
  loop: string,
  fn: string,
  load: (round: number) => Extension | Promise<Extension>,
): Promise<Row> {
  const [late, work, busy]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const extension = await load(round);
    const [begin, before] = [performance.now(), process.cpuUsage()];
    const error = await extension.invoke(fn, "0", { timeoutMs: LIMIT_MS }).catch((error) => error);
    const elapsed = performance.now() - begin;
    const used = process.cpuUsage(before);
    if (!(error instanceof ExtensionError) || error.code !== "timeout") {
      throw new TypeError(`${tier}: ${loop} ended otherwise: ${error}`);
    }
    late.push(elapsed - LIMIT_MS);
    work.push((used.user + used.system) / 1_000 - LIMIT_MS);
    await new Promise((resolve) => setTimeout(resolve, IDLE_AFTER_MS));
    busy.push(await share(WATCHED_MS));
  }
  const median = (of: number[]) => of.sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN;
  return { tier, loop, late: median(late), lateWork: median(work), busy: median(busy) };
}

async function share(ms: number): Promise<number> {
  const [before, begin] = [process.cpuUsage(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - begin);
}

const rows: Row[] = [];
await using host = new ExtensionHost({ log: () => {} });
const bytes = await loops();
for (const [tier, load] of [["wasm", {}], ["wasm worker", { isolation: "worker" }]] as const) {
  const name = tier.replace(" ", "-");
  const extension = await host.load({ name, bytes }, { runtime: "wasm", ...load as LoadOptions });
  for (const fn of extension.exports) rows.push(await judge(tier, fn, fn, () => extension));
}
for (const [loop, script] of Object.entries(SCRIPTS)) {
  for (
    const [tier, options] of [
      ["quickjs", { runtime: "quickjs" }],
      ["worker", { isolation: "worker" }],
      ["process", { isolation: "process" }],
    ] as const
  ) {
    // inside one built-in a worker cannot be stopped: the README says so
    if (tier === "worker" && loop === "pattern") continue;
    const runtime = tier === "quickjs" ? "quickjs" : "js";
    const load = (round: number) =>
      host.load({
        manifest: {
          name: `${tier}-${rows.length}-${round}`,
          runtime,
          module: "f.js",
          exports: ["f"],
        },
        files: { "f.js": script },
      }, options as LoadOptions);
    rows.push(await judge(tier, loop, "f", load));
  }
}

if (Deno.args.includes("--json")) {
  console.log(JSON.stringify({ limitMs: LIMIT_MS, goalMs: GOAL_MS, rows }));
} else {
  console.log(`stopped at ${LIMIT_MS} ms`);
  console.log(table(
    ["tier", "loop", "late by", "goal", "work beyond", "busy after"],
    rows.map(({ tier, loop, late, lateWork, busy }) => [
      tier,
      loop,
      `${late.toFixed(1)} ms`,
      `${GOAL_MS[tier]} ms`,
      `${lateWork.toFixed(1)} ms`,
      `${(busy * 100).toFixed(0)} %`,
    ]),
  ));
}
