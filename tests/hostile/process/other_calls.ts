/** Answers calls that were never made, and its own again and again. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["value"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  const earlier: number[] = [];
  lane.onMessage((said) => {
    if (said.type === "call") {
      for (const id of [0, 1_000_000, 4_294_967_295, said.id + 1, ...earlier]) {
        lane.send("result", id, undefined, '"forged"');
        lane.send("error", id, { code: "closed", operation: 1 }, "forged");
        lane.send("aborted", id);
      }
      lane.send("results", 0, { ids: [said.id + 2, said.id + 2], lengths: [1, 1] }, "12");
      earlier.push(said.id);
    }
    lane.honest(said);
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
