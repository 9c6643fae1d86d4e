/** Tests of cli/held_log.ts. @module */

import { assertEquals, assertRejects } from "@std/assert";
import { HeldLog } from "../../cli/held_log.ts";

Deno.test("during() keeps lines back, writes them afterwards, and counts a flood", async () => {
  const out: string[] = [];
  const log = new HeldLog((text) => out.push(text));
  log.write("1\n");
  const answer = await log.during(async () => {
    log.write("2\n");
    await Promise.resolve();
    assertEquals(out, ["1\n"]);
    return "yes";
  });
  log.write("3\n");
  assertEquals([answer, ...out], ["yes", "1\n", "2\n", "3\n"]);
  await assertRejects(() =>
    log.during(() => {
      for (let at = 0; at < 1_500; at++) log.write(`${at}\n`);
      throw new RangeError("gone");
    }), RangeError);
  assertEquals(out.length, 3 + 1_000 + 1);
  assertEquals(out.at(-1), "warn 500 lines of the log were dropped meanwhile\n");
});
