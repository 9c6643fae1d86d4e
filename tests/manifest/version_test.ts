/** One version in two places. @module */

import { VERSION } from "@airlock/host/manifest";
import { assertEquals } from "@std/assert";

Deno.test("VERSION is the version in deno.json", async () => {
  const config = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  assertEquals(VERSION, JSON.parse(config).version);
});
