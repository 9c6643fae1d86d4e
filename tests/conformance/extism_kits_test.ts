/**
 * Plugins built here and now with Extism's own kits. The one for AssemblyScript is a plain package;
 * `tools/extism_kits.ts` builds the others where their compilers are, and hands them in by name.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ExtensionError } from "../../mod.ts";
import { buildKit } from "../../tools/extism_kits.ts";
import { loadPlugin } from "../runtime/wasm/abi/extism_guest.ts";
import { kitSuite } from "./extism_kit_suite.ts";

let assembly: Promise<Uint8Array> | undefined;

kitSuite({ kit: "AssemblyScript", bytes: () => assembly ??= buildKit("assembly") });

Deno.test("a kit that writes past its block ends with its call, and the plugin goes on", async () => {
  const bytes = await (assembly ??= buildKit("assembly"));
  const hostFunctions = { shout: () => "" };
  await using loaded = await loadPlugin({ name: "plugin.wasm", bytes }, { hostFunctions });
  assertEquals(await loaded.call("say", "plain"), "plain");
  const error = await assertRejects(() => loaded.call("say", "é"), ExtensionError);
  assertEquals(error.code, "bad-guest-data");
  assertEquals(await loaded.call("say", "goes on"), "goes on");
});

for (const argument of Deno.args) {
  const [name = "", path = ""] = argument.split("=");
  const bytes = () => Deno.readFile(path);
  if (name === "go_command") commandSuite(bytes);
  else kitSuite({ kit: name, bytes });
}

function commandSuite(bytes: () => Promise<Uint8Array>): void {
  Deno.test("a command on Extism's kit for Go runs once a call", async () => {
    await using loaded = await loadPlugin({ name: "command.wasm", bytes: await bytes() });
    assertEquals(await loaded.call("_start", "a"), "a 1 1");
    assertEquals(await loaded.call("_start", "b"), "b 1 2");
    const error = await assertRejects(() => loaded.call("_start", "fail"), ExtensionError);
    assertEquals([error.code, error.guest], ["guest-error", "as it was told"]);
  });
}
