/** The committed fixtures are built from the texts beside them. @module */

import { assertEquals } from "@std/assert";
import { buildFixtures } from "../../../tools/build_wat.ts";

Deno.test("fixtures are what their texts compile to, byte for byte", async () => {
  const built = await buildFixtures();
  assertEquals(built.length > 0, true);
  for (const { target, bytes } of built) {
    assertEquals(await Deno.readFile(target), bytes, `stale: ${target}`);
  }
});
