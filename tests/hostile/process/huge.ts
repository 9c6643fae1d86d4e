/** Announces a message of four gigabytes, and sends headers of megabytes. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["trap"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    if (said.type !== "call") return lane.honest(said);
    if (lane.place === "worker") return lane.raw("4,1," + "[".repeat(5_000_000));
    if (said.body === '"first"') lane.raw(new Uint8Array([255, 255, 255, 255, 4, 0, 0, 0, 1]));
    else lane.send("result", said.id, [...Array(30_000)].map(() => []), "1");
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
