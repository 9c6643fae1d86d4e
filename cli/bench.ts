/** `airlock bench`: calls one function again and again, and tells what a call costs. @module */

import type { Extension } from "../mod.ts";
import type { Command, Invocation } from "./command.ts";
import { EXIT } from "./exit.ts";
import { CliError } from "./failure.ts";
import { print, printJson } from "./io.ts";
import { initialise, payloadOf } from "./run.ts";
import { withHost } from "./session.ts";
import { settingsOf } from "./settings.ts";

/** Milliseconds of calls where nobody says how many, and the most that can be asked for. */
const DURATION_MS = 1_000;
const LONGEST_MS = 600_000;
/** Part of that time for calls that are not counted: engines optimize what runs often. */
const WARM_UP = 0.2;
/** Calls that answer at once would keep the user's interrupt from being heard. */
const REST_AFTER_MS = 20;
/** Most calls whose times are kept: 8 MB. */
const MAX_SAMPLES = 1_000_000;

/** The command. */
export const benchCommand: Command = {
  name: "bench",
  operands: ["PATH", "FN", "[PAYLOAD]"],
  summary: "tell what one call of FN costs",
  notes: [
    "Calls FN one call after the other for a second, or as --duration says, and",
    "tells the time of a call, the fuel it used and the guest's memory. PAYLOAD",
    "is as for run: text, @FILE or - for standard input. The first call that",
    "fails ends it, with the exit code that run would give.",
  ],
  run,
};

/** What was measured. */
export interface BenchResult {
  readonly calls: number;
  /** Milliseconds from the file to an extension that can be called. */
  readonly loadMs: number;
  /** Microseconds of a call. */
  readonly micros: {
    readonly mean: number;
    readonly min: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Bytes of guest memory after the last call; 0 where that cannot be told. */
  readonly memoryBytes: number;
  /** Units of fuel of the cheapest and of the dearest call; `null` where they are not counted. */
  readonly fuel: { readonly min: number; readonly max: number } | null;
}

async function run({ operands, values, io }: Invocation): Promise<number> {
  const [path = "", fn = "", given = ""] = operands;
  const settings = await settingsOf(values);
  const duration = durationOf(values.text("duration"));
  const payload = await payloadOf(given, io);
  return await withHost(io, settings, async ({ host, signal }) => {
    const start = performance.now();
    const extension = await host.load(path, { ...settings.load, signal });
    const loadMs = performance.now() - start;
    await initialise(extension, fn, signal);
    const call = () => extension.invoke(fn, payload, { signal });
    await repeat(call, extension, duration * WARM_UP, signal);
    const measured = await repeat(call, extension, duration, signal);
    const result: BenchResult = { loadMs, ...measured };
    const { name, version, engine, isolation } = extension;
    if (values.has("json")) {
      await printJson(io, { ok: true, name, version, engine, isolation, function: fn, ...result });
    } else {
      await print(io, textOf(`${name} ${version} (${engine}, ${isolation})`, result));
    }
    return EXIT.ok;
  });
}

/** Calls until the time is over, at least once; a signal of the user ends it between two calls. */
async function repeat(
  call: () => Promise<Uint8Array>,
  extension: Extension,
  ms: number,
  signal: AbortSignal,
): Promise<Omit<BenchResult, "loadMs">> {
  const samples: number[] = [];
  let [least, most] = [Infinity, 0];
  const end = performance.now() + ms;
  let now = performance.now();
  let rested = now;
  do {
    if (now - rested > REST_AFTER_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      rested = performance.now();
    }
    signal.throwIfAborted();
    const start = performance.now();
    await call();
    now = performance.now();
    samples.push((now - start) * 1_000);
    const { lastFuel } = extension.stats();
    least = Math.min(least, lastFuel);
    most = Math.max(most, lastFuel);
  } while (now < end && samples.length < MAX_SAMPLES);
  const sorted = Float64Array.from(samples).sort();
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? NaN;
  return {
    calls: samples.length,
    micros: {
      mean: samples.reduce((sum, one) => sum + one, 0) / samples.length,
      min: at(0),
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
    },
    memoryBytes: extension.stats().memoryBytes,
    fuel: most === 0 ? null : { min: least, max: most },
  };
}

function textOf(what: string, { calls, loadMs, micros, memoryBytes, fuel }: BenchResult): string {
  const { mean, min, p50, p99, max } = micros;
  const rows = [
    ["extension", what],
    ["load", `${loadMs.toFixed(1)} ms`],
    ["calls", `${calls}, one after the other`],
    ["per call", `median ${time(p50)}, 99 % below ${time(p99)}, mean ${time(mean)}`],
    ["", `fastest ${time(min)}, slowest ${time(max)}`],
    ["memory", memoryBytes === 0 ? "not told" : `${Math.ceil(memoryBytes / 1024)} KiB`],
    ["fuel", fuelText(fuel)],
  ];
  return rows.map(([label = "", value]) => `${label.padEnd(12)}${value}\n`).join("");
}

function fuelText(fuel: BenchResult["fuel"]): string {
  if (fuel === null) return "not counted";
  return fuel.min === fuel.max
    ? `${fuel.min} units in every call`
    : `${fuel.min} to ${fuel.max} units`;
}

/** A duration with as many digits as mean something. */
function time(micros: number): string {
  if (micros < 100) return `${micros.toFixed(1)} µs`;
  return micros < 10_000 ? `${micros.toFixed(0)} µs` : `${(micros / 1_000).toFixed(1)} ms`;
}

function durationOf(text: string | undefined): number {
  if (text === undefined) return DURATION_MS;
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= LONGEST_MS) return value;
  throw new CliError(
    "usage",
    `Cannot use --duration as it must be 1 to ${LONGEST_MS} milliseconds: current value is "${text}"`,
  );
}
