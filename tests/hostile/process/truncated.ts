/** Sends the half of a message, and then nothing. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["timeout", "trap"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    if (said.type !== "call") return lane.honest(said);
    lane.raw(lane.place === "process" ? new Uint8Array([0, 0, 1, 0, 4, 0, 0]) : "4,1");
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
