/** Says tens of thousands of times that it has ended, once it is asked to. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["value"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    if (said.type !== "close") return lane.honest(said);
    for (let i = 0; i < 30_000; i++) lane.send("closed");
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
