/** Drivers that have much to do let others have a turn. @module */

import { assert, assertEquals } from "@std/assert";
import { Stretch } from "../../../runtime/drivers/stretch.ts";

Deno.test("Stretch.yield() lets timers run after 5 ms of work, and not before", async () => {
  const stretch = new Stretch();
  let turns = 0;
  const timer = setInterval(() => turns++);
  try {
    stretch.restart();
    await stretch.yield();
    assertEquals(turns, 0);
    for (let round = 0; round < 3; round++) {
      const end = performance.now() + 6;
      while (performance.now() < end);
      await stretch.yield();
    }
  } finally {
    clearInterval(timer);
  }
  assert(turns >= 2, `${turns} turns`);
});
