/** Tests of the process-wide cap on memories, with a real flood in a process that it would end. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Fault } from "../../../runtime/errors.ts";
import {
  claimMemories,
  HELD_MEMORIES,
  LIVE_MEMORIES,
  releaseMemories,
} from "../../../runtime/live_memories.ts";

Deno.test("a flood of instances ends with memory-limit and not with the process", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fromFileUrl(new URL("./memory_flood.ts", import.meta.url))],
    signal: AbortSignal.timeout(60_000),
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), [
    [LIVE_MEMORIES, "memory-limit"],
    [LIVE_MEMORIES, "memory-limit"],
    "served",
    "still there",
  ]);
});

Deno.test("claimMemories() counts what was given up until it is collected", () => {
  const owners: object[] = [];
  let given = 0;
  const count = 100;
  // whoever keeps what it gave up uses up the room of all
  const fault = assertThrows(() => {
    for (; given <= HELD_MEMORIES; given += count) {
      claimMemories(count);
      const owner = {};
      owners.push(owner);
      releaseMemories(count, owner);
    }
  }, Fault);
  assertEquals([fault.code, given <= HELD_MEMORIES], ["memory-limit", true]);
  assertEquals(owners.length, given / count);
});
