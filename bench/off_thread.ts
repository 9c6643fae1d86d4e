/**
 * WebAssembly off the host's thread: what a call costs, how many threads work at once, and how late
 * everything that never ends is stopped, on either thread.
 * Run: `deno task bench off_thread` (with `--json` for a machine)
 *
 * @module
 */

import { ExtensionError, ExtensionHost } from "@airlock/host";
import { table } from "../examples/table.ts";
import { cpuUse } from "../tests/cpu_use.ts";
import { loadAttacker } from "../tests/hostile/wasm_guests.ts";
import { baseModule } from "../tests/runtime/wasm/lane/guest.ts";
import { type Candidate, measure, type Measurement, report } from "./measure.ts";

const RUST = new URL("../examples/extensions/validate-rust/", import.meta.url);
const RECORD = '{"email":"Foo@Example.COM ","age":25}';

/** A call that works for some 20 ms. */
const WORK = `(local.set 0 (i32.const 30000000))
  (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))`;
const CORES = navigator.hardwareConcurrency;
/** What n threads have to do of n times the work of one. */
const SHARE = 0.8;

/** Milliseconds that an endless guest gets, how late it may be, and when the processor has to be idle. */
const LIMIT_MS = 100;
const LATE_MS = 5;
const IDLE_AFTER_MS = 20;
const ROUNDS = 5;
const ATTACKERS = new URL("../tests/hostile/resources/", import.meta.url);

async function calls(): Promise<readonly Measurement[]> {
  await using host = new ExtensionHost();
  const inline = await host.load(RUST);
  await using other = new ExtensionHost();
  const lane = await other.load(RUST, { isolation: "worker" });
  return await measure([inline, lane].map((extension) => ({
    name: extension.isolation,
    async run(n) {
      for (let i = 0; i < n; i++) await extension.invoke("validate", RECORD);
    },
  })));
}

/** One call for each core, by one thread and by as many: ours, and workers without any host. */
async function parallel(): Promise<readonly Measurement[]> {
  await using host = new ExtensionHost();
  const bytes = baseModule({ work: WORK });
  const lanes = await Promise.all(
    [1, CORES].map((instances) =>
      host.load({ name: `work${instances}.wasm`, bytes }, {
        isolation: "worker",
        limits: { instances },
      })
    ),
  );
  const module = await WebAssembly.compile(bytes);
  const bare = Array.from({ length: CORES }, () => bareWorker());
  await Promise.all(bare.map(({ send }) => send(module)));
  const each = <T>(run: (core: number) => Promise<T>) =>
    Promise.all(Array.from({ length: CORES }, (_, core) => run(core)));
  const rows = lanes.map((extension, i): Candidate => ({
    name: `${i === 0 ? 1 : CORES} of our threads`,
    run: (n) => times(n, () => each(() => extension.invoke("work"))),
  }));
  const bareRows = [1, CORES].map((count): Candidate => ({
    name: `${count} bare threads`,
    run: (n) => times(n, () => each((core) => bare[core % count]?.send(null) ?? never())),
  }));
  try {
    return await measure([...rows, ...bareRows]);
  } finally {
    for (const { worker } of bare) worker.terminate();
  }
}

async function times(n: number, run: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < n; i++) await run();
}

function never(): never {
  throw new TypeError("there is a worker for each core");
}

/** A worker whose jobs wait for each other. */
function bareWorker() {
  const worker = new Worker(new URL("./lanes/bare_wasm.ts", import.meta.url), { type: "module" });
  let last: Promise<unknown> = Promise.resolve();
  const send = (message: WebAssembly.Module | null) =>
    last = last.then(() =>
      new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage(message);
      })
    );
  return { worker, send };
}

interface Stop {
  readonly attacker: string;
  readonly tier: string;
  /** Milliseconds beyond the limit: the median of some rounds, and the worst. */
  readonly late: number;
  readonly worst: number;
  /** Share of one processor used afterwards. */
  readonly cpu: number;
}

async function stops(): Promise<readonly Stop[]> {
  const found: Stop[] = [];
  const names = [...Deno.readDirSync(ATTACKERS)].map(({ name }) => name)
    .filter((name) => name.endsWith(".wat")).sort();
  // those that end a load are timed by it, and a worker's load begins with its worker
  for (const name of names.filter((name) => !/^loop_in_(?:start|initialize)/.test(name))) {
    for (const isolation of ["inline", "worker"] as const) {
      const late: number[] = [];
      let cpu = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await using attacker = await loadAttacker(`../resources/${name}`, {
          isolation,
          limits: { operations: 1e9 },
        });
        await attacker.extension.invoke("fine");
        const begin = performance.now();
        try {
          await attacker.extension.invoke("attack", "attack", { timeoutMs: LIMIT_MS });
        } catch (error) {
          if (!(error instanceof ExtensionError) || error.code !== "timeout") throw error;
        }
        late.push(performance.now() - begin - LIMIT_MS);
        await new Promise((resolve) => setTimeout(resolve, IDLE_AFTER_MS));
        cpu = Math.max(cpu, await cpuUse(30));
      }
      late.sort((a, b) => a - b);
      const tier = isolation === "inline" ? "wasm" : "wasm worker";
      const [median = NaN, worst = NaN] = [late[ROUNDS >> 1], late.at(-1)];
      found.push({ attacker: name, tier, late: median, worst, cpu });
    }
  }
  return found;
}

report("validate in Rust, one call after the other", await calls());
const work = await parallel();
report(`${CORES} calls at once that work some 20 ms each`, work);
const late = await stops();
const [one = NaN, all = NaN, bareOne = NaN, bareAll = NaN] = work.map(({ micros }) => micros);
const [speedup, bareSpeedup] = [one / all, bareOne / bareAll];
if (Deno.args.includes("--json")) {
  console.log(JSON.stringify({ title: "Stops", late, speedup, bareSpeedup, cores: CORES }));
} else {
  console.log(
    `\n${CORES} threads do ${speedup.toFixed(2)} times the work of one; wanted ≥ ${
      (SHARE * CORES).toFixed(2)
    }: ${speedup >= SHARE * CORES ? "met" : "NOT MET"} (bare threads do ${
      bareSpeedup.toFixed(2)
    } times as much on this machine now)\n`,
  );
  const rows = late.map(({ attacker, tier, late, worst, cpu }) => [
    attacker,
    tier,
    `${late.toFixed(2)} ms`,
    `${worst.toFixed(2)} ms`,
    `${(cpu * 100).toFixed(0)} %`,
    late <= LATE_MS ? "yes" : "NO",
  ]);
  console.log(
    table(["never ends", "tier", "late", "worst", "processor", `≤ ${LATE_MS} ms`], rows),
  );
}
