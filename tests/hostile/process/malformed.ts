/** Sends what is no message. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["trap"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    if (said.type !== "call") return lane.honest(said);
    if (lane.place === "process") {
      lane.raw(new Uint8Array([0, 0, 0, 9, 200, 0, 0, 0, 0, 0, 0, 0, 0]));
    } else {lane.raw({
        type: "result",
        id: said.id,
        get head() {
          return {};
        },
        body: "1",
      });}
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
