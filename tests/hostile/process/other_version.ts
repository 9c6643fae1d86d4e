/** Claims another version. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["trap"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.send("hello", 0, { version: "airlock-lane/999", __proto__: null });
}
