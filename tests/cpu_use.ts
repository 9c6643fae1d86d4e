/** How busy this process is, its threads included: what "stopped" has to mean. @module */

import { assert } from "@std/assert";
import process from "node:process";

/** Share of one processor used during the next `ms` milliseconds. */
export async function cpuUse(ms: number): Promise<number> {
  const [before, start] = [process.cpuUsage(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - start);
}

/** Looks after the first: a collector or a compiler may still be at work then, for a moment. */
const LOOKS = 20;

/** Waits until less than `share` of a processor is used; what was not stopped never lets that come true. */
export async function assertIdle(share = 0.5): Promise<void> {
  let used = await cpuUse(50);
  for (let look = 0; used >= share && look < LOOKS; look++) used = await cpuUse(100);
  assert(used < share, `${used} of a processor is used, for ${LOOKS * 100} ms`);
}
