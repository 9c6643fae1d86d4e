/** Prints on the terminal without an end, and steers it. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["value"];

/** Self-contained. */
export function attack(lane: HostileLane): void {
  lane.onMessage((said) => {
    lane.honest(said);
    if (said.type !== "call" || lane.place === "worker") return;
    const bytes = new TextEncoder().encode(
      "\u001b[2J\u001b]0;owned\u0007victim: forged\r".repeat(2_000),
    );
    lane.forever(() => {
      try {
        Deno.stderr.writeSync(bytes);
      } catch { /* nobody reads it any more */ }
    });
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
