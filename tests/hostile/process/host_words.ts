/** Says what only its host may say, and that it has ended when it has not. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["trap", "timeout", "lost"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    if (said.type !== "call") return lane.honest(said);
    for (const type of ["closed", "call", "load", "evaluate", "reply", "close"]) {
      lane.send(type, said.id);
    }
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
