/** How busy this process is, its threads included: what "stopped" has to mean. @module */

import process from "node:process";

/** Share of one processor used during the next `ms` milliseconds. */
export async function cpuUse(ms: number): Promise<number> {
  const [before, start] = [process.cpuUsage(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - start);
}
