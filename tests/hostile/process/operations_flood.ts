/** Asks for more at a time than any realm can. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["trap", "lost", "timeout"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    if (said.type !== "call") return lane.honest(said);
    for (let id = 1; id < 100_000; id++) {
      lane.send("host", id, { call: said.id, operation: "var.get" }, '{"key":"k"}');
    }
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
