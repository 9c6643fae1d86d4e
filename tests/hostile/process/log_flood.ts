/** Answers, then logs without an end, also under names that are no log's. @module */

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
    const names = ["log.info", "log.error", "fs.read", "log.nope", "log."];
    lane.forever(() => {
      for (let i = 0; i < 2_000; i++) {
        lane.send(
          "log",
          0,
          { operation: names[i % names.length] },
          '{"message":"\\u001b[2Jvictim: forged"}',
        );
      }
    });
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
