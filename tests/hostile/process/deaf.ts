/** Answers what it has read, and reads no more. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["timeout", "trap", "lost"];

/** Self-contained. Only a process can stop reading. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    lane.honest(said);
    if (said.type === "evaluate") { for (;;); }
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
