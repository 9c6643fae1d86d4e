/** The public surface is what was written down: nothing leaves the package unseen. @module */

import { assertEquals } from "@std/assert";
import { NAMES_FILE, publicNames } from "../../tools/public_names.ts";

Deno.test("public_names.txt is what tools/public_names.ts writes", async () => {
  assertEquals(
    (await Deno.readTextFile(NAMES_FILE)).split("\n"),
    (await publicNames()).split("\n"),
  );
});
