/** Reports again and again that its load failed, so that its host parses its file each time. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["value"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  let begun = false;
  lane.onMessage((said) => {
    lane.honest(said);
    if (said.type !== "call" || begun) return;
    begun = true;
    lane.forever(() => {
      for (let i = 0; i < 2_000; i++) {
        lane.send("error", 0, { code: "bad-guest-data", path: "index.js" }, "x");
      }
    });
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
