/** Answers, then floods its host with acknowledgements for nothing, while nobody calls. @module */

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
    const types = ["aborted", "result", "error", "ready", "hello", "linked", "link", "host"];
    lane.forever(() => {
      for (let i = 0; i < 2_000; i++) {
        lane.send(types[i % types.length] ?? "", i + 10, { version: "airlock-lane/2" });
      }
    });
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
