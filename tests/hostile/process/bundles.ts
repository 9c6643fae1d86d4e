/** Bundles results whose lengths lie. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["trap"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  const lies = [{ ids: { length: 1e9 }, lengths: [] }, { ids: ["__proto__"], lengths: [3] }];
  lane.onMessage((said) => {
    if (said.type !== "call") return lane.honest(said);
    lane.send("results", 0, lies[said.body === '"first"' ? 0 : 1], "123");
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
