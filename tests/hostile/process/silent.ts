/** Never says anything. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["timeout"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage(() => {});
}
