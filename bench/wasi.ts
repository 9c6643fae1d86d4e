/**
 * WASI system calls, and a copy through a directory, against `node:wasi` in the same process:
 * `deno task bench wasi` (with `--json` for a machine). `bench/kernels/wasi.wasm` comes from the text
 * beside it. What the guest prints goes nowhere on both sides.
 *
 * @module
 */

import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { WASI } from "node:wasi";
import { ExtensionHost } from "@airlock/host";
import { table } from "../examples/table.ts";
import { measure } from "./measure.ts";

const KERNEL = new URL("./kernels/wasi.wasm", import.meta.url);
/** Calls of one function of the kernel. */
const CALLS = 100_000;
const COPIED_BYTES = 64 * 1024 * 1024;

/** Nanoseconds a call may take; a copy may take as long as the peer's. */
const GOALS: Readonly<Record<string, number | undefined>> = {
  yield: undefined,
  realtime: 150,
  monotonic: 150,
  random: 150,
  write: 150,
};

interface Row {
  readonly job: string;
  readonly airlock: number;
  readonly node: number;
  readonly unit: "ns" | "ms";
  readonly goal: string;
  readonly reached: boolean;
}

const directory = await Deno.makeTempDir({ prefix: "airlock-bench-" });
const nowhere = openSync(Deno.build.os === "windows" ? "NUL" : "/dev/null", "w");
await using host = new ExtensionHost({ log: () => {}, limits: { timeoutMs: null } });
try {
  await Deno.writeFile(join(directory, "in"), new Uint8Array(COPIED_BYTES).fill(7));
  const ours = await host.load(KERNEL, {
    preopens: { "/": { host: directory, write: true, bytes: null } },
    // what the guest prints stays in memory
    limits: { timeoutMs: null, operations: null, payloadBytes: 64 * 1024 * 1024 },
  });
  const module = new WebAssembly.Module(await Deno.readFile(KERNEL));
  const theirs = (job: string) => {
    const wasi = new WASI({ version: "preview1", preopens: { "/": directory }, stdout: nowhere });
    const imports = { wasi_snapshot_preview1: wasi.wasiImport } as WebAssembly.Imports;
    const instance = new WebAssembly.Instance(module, imports);
    wasi.initialize(instance);
    (instance.exports[job] as () => void)();
  };
  const side = async (job: string) =>
    await measure([
      {
        name: "node:wasi",
        run(n) {
          for (let i = 0; i < n; i++) theirs(job);
        },
      },
      {
        name: "airlock",
        async run(n) {
          for (let i = 0; i < n; i++) await ours.invoke(job);
        },
      },
    ]);
  const rows: Row[] = [];
  for (const [job, goal] of Object.entries(GOALS)) {
    const [peer, own] = await side(job);
    const [airlock, node] = [own, peer].map((each) => (each?.micros ?? NaN) * 1_000 / CALLS);
    const reached = (airlock ?? NaN) <= (goal ?? Infinity);
    const told = goal === undefined ? "" : `≤ ${goal} ns`;
    rows.push({ job, airlock: airlock ?? NaN, node: node ?? NaN, unit: "ns", goal: told, reached });
  }
  // what the host's own clock costs: no system call that looks at it can be faster
  const [clock] = await measure([{
    name: "performance.now()",
    run(n) {
      for (let i = 0; i < n; i++) performance.now();
    },
  }]);
  rows.push({
    ...{ job: "performance.now() alone", airlock: (clock?.micros ?? NaN) * 1_000, node: NaN },
    ...{ unit: "ns", goal: "", reached: true },
  });
  const [peer, own] = await side("copy");
  const [airlock, node] = [own, peer].map((each) => (each?.micros ?? NaN) / 1_000);
  rows.push({
    ...{ job: "copy 64 MiB", airlock: airlock ?? NaN, node: node ?? NaN, unit: "ms" },
    ...{ goal: "≥ 1× node:wasi", reached: (airlock ?? NaN) <= (node ?? NaN) },
  });
  if (Deno.args.includes("--json")) console.log(JSON.stringify(rows, null, 2));
  else {
    console.log(table(
      ["job", "Airlock", "node:wasi", "goal", "reached"],
      rows.map(({ job, airlock, node, unit, goal, reached }) => [
        ...[
          job,
          `${airlock.toFixed(1)} ${unit}`,
          Number.isNaN(node) ? "" : `${node.toFixed(1)} ${unit}`,
          goal,
        ],
        goal === "" ? "" : reached ? "yes" : "no",
      ]),
    ));
  }
} finally {
  closeSync(nowhere);
  await Deno.remove(directory, { recursive: true });
}
