/** The watchdog. @module */

import { assert, assertEquals } from "@std/assert";
import { makeGuard } from "../../../runtime/script/guard.ts";

Deno.test("makeGuard() stops a loop near its time and lets other code end", () => {
  const guard = makeGuard();
  let ran = 0;
  assertEquals(guard(() => ran++, 1_000), true);
  const start = performance.now();
  assertEquals(
    guard(() => {
      for (;;);
    }, 40),
    false,
  );
  const took = performance.now() - start;
  assert(took >= 39 && took < 500, String(took));
  assertEquals(guard(() => ran++, 1_000), true);
  assertEquals(ran, 2);
});

Deno.test("makeGuard() never lets the termination out when a run ends next to its deadline", async () => {
  const guard = makeGuard();
  let stopped = 0;
  for (let i = 0; i < 60; i++) {
    const ms = 8 + i % 4;
    // Ends between 3 ms before and 3 ms after the deadline.
    const end = performance.now() + ms - 3 + i / 10;
    const inTime = guard(() => {
      while (performance.now() < end);
    }, ms);
    if (!inTime) stopped++;
    // Code of the host: a termination that got out would end it.
    await Promise.resolve().then(() => JSON.parse("[1]"));
  }
  assert(stopped > 30, String(stopped));
});
