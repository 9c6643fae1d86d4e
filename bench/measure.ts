/** Side-by-side timing: rounds of every candidate in both orders, medians, ratios to the first. @module */

import { table } from "../examples/table.ts";

/** One thing to time: runs `n` calls. */
export interface Candidate {
  readonly name: string;
  readonly run: (n: number) => Promise<void> | void;
}

/** What came out for one candidate. */
export interface Measurement {
  readonly name: string;
  /** Median over the rounds, in microseconds a call. */
  readonly micros: number;
  /** Against the first candidate: the median over the rounds. */
  readonly ratio: number;
}

/** Rounds of each candidate; half of them in reverse order. */
const ROUNDS = 14;
/** Milliseconds a round should take. */
const ROUND_MS = 40;

/** Times all candidates side by side. */
export async function measure(candidates: readonly Candidate[]): Promise<readonly Measurement[]> {
  const runs = await Promise.all(candidates.map(() => [] as number[]));
  const counts: number[] = [];
  for (const candidate of candidates) counts.push(await calibrate(candidate));
  for (let round = 0; round < ROUNDS; round++) {
    const order = candidates.map((_, i) => round % 2 === 0 ? i : candidates.length - 1 - i);
    for (const i of order) {
      const candidate = candidates[i];
      const count = counts[i] ?? 1;
      if (candidate) runs[i]?.push(await time(candidate, count) / count);
    }
  }
  const [first = []] = runs;
  return candidates.map(({ name }, i) => {
    const times = runs[i] ?? [];
    return {
      name,
      micros: median(times) * 1_000,
      // round by round: what else the machine does then slows both alike
      ratio: median(times.map((time, round) => time / (first[round] ?? NaN))),
    };
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

async function calibrate(candidate: Candidate): Promise<number> {
  let count = 1;
  await time(candidate, 10);
  while (await time(candidate, count) < ROUND_MS / 4) count *= 2;
  await time(candidate, count * 4); // warm
  const each = await time(candidate, count) / count;
  return Math.max(1, Math.round(ROUND_MS / each));
}

async function time({ run }: Candidate, count: number): Promise<number> {
  const start = performance.now();
  await run(count);
  return performance.now() - start;
}

/** Prints a table, or JSON when the program was started with `--json`. */
export function report(title: string, measurements: readonly Measurement[]): void {
  if (Deno.args.includes("--json")) {
    console.log(JSON.stringify({ title, measurements }));
    return;
  }
  const [base] = measurements;
  const rows = measurements.map(({ name, micros, ratio }) => [
    name,
    micros.toFixed(2),
    `${ratio.toFixed(2)}×`,
  ]);
  console.log(`${title}\n${table(["", "median µs", `÷ ${base?.name}`], rows)}`);
}
