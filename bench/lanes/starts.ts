/** How long a guest's process takes to start: new, from the pool, and a bare child beside them. @module */

import { childCommand } from "../../runtime/process/command.ts";
import { ProcessPool } from "../../runtime/process/pool.ts";
import { processTools } from "../../runtime/process/requirements.ts";
import type { Fault } from "../../runtime/errors.ts";

const LIMITS = { memoryBytes: 64 * 1024 * 1024, payloadBytes: 1024 * 1024 };

/** Starts of each kind; the median counts. */
const ROUNDS = 15;

/** Milliseconds in which a child is surely ready. */
const SETTLE_MS = 400;

/** What came out, in milliseconds. */
export interface Starts {
  /** A child that imports `node:vm` and says one byte, started as guests are. */
  readonly bare: number;
  readonly cold: number;
  readonly warm: number;
}

/** Times them in turns. */
export async function measureStarts(): Promise<Starts> {
  const bare: number[] = [];
  const cold: number[] = [];
  const warm: number[] = [];
  const none = new ProcessPool(0);
  const one = new ProcessPool(1);
  await lane(one);
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 2 === 0) bare.push(await bareChild());
    cold.push(await lane(none));
    if (round % 2 === 1) bare.push(await bareChild());
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    warm.push(await lane(one));
  }
  await one.close();
  return { bare: median(bare), cold: median(cold), warm: median(warm) };
}

async function lane(pool: ProcessPool): Promise<number> {
  const start = performance.now();
  const hello = Promise.withResolvers<void>();
  const opened = pool.open({
    message: () => hello.resolve(),
    ended: (reason: Fault) => hello.reject(reason),
    printed() {},
  }, LIMITS);
  await hello.promise;
  const took = performance.now() - start;
  await opened.kill();
  return took;
}

async function bareChild(): Promise<number> {
  const program =
    `import "node:vm"; Deno.stdout.writeSync(new Uint8Array(1)); Deno.stdin.readSync(new Uint8Array(1))`;
  const url = `data:text/javascript,${encodeURIComponent(program)}`;
  const tools = await processTools();
  const start = performance.now();
  const child = childCommand(tools, LIMITS.memoryBytes, url).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  const took = performance.now() - start;
  child.kill("SIGKILL");
  await Promise.all([child.status, reader.cancel(), child.stderr.cancel(), child.stdin.abort()]);
  return took;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN;
}
