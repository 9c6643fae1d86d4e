/** Tests of the probe that looks how much stack is left. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { requireStack } from "../../capabilities/stack_room.ts";

/** Frames of plain recursion between the first failure of the probe and the end of the stack. */
function framesLeft(): { readonly total: number; readonly left: number } {
  let deepest = 0;
  let failed: number | undefined;
  function fall(depth: number): void {
    deepest = depth;
    if (failed === undefined) {
      try {
        requireStack();
      } catch {
        failed = depth;
      }
    }
    fall(depth + 1);
  }
  assertThrows(() => fall(0), RangeError);
  return { total: deepest, left: failed === undefined ? 0 : deepest - failed };
}

/** Of such a frame as of `fall`; interpreted ones are larger. */
const SMALLEST_FRAME = 64;

Deno.test("requireStack() fails while some 32 KiB of the stack are left, before and after optimization", () => {
  for (const calls of [0, 200_000]) {
    for (let i = 0; i < calls; i++) requireStack();
    const { total, left } = framesLeft();
    assert(left > 32 * 1024 / 256, `${left} of ${total} frames`);
    assert(left < 2 * 32 * 1024 / SMALLEST_FRAME, `${left} of ${total} frames`);
    assert(left < total / 10);
  }
  assertEquals(requireStack(), undefined);
});
