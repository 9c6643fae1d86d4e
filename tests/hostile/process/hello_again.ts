/** Says hello again, with a cache of its own making for the next child. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["value"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    if (said.type === "call") {
      lane.send("hello", 0, { version: "airlock-lane/2" }, "AAAA".repeat(1_000));
    }
    lane.honest(said);
  });
  lane.send("hello", 0, { version: "airlock-lane/2" }, "AAAA".repeat(1_000));
}
