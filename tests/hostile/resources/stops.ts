/** A program that stops a loop by its deadline and by an abort, looks at the processor, and ends by closing its host. @module */

import { assertEquals } from "@std/assert";
import { ExtensionHost } from "../../../mod.ts";
import { assertIdle } from "../../cpu_use.ts";

const [tier = "", closes = ""] = Deno.args;
const text = await Deno.readTextFile(new URL("../javascript/loop_plain.js", import.meta.url));
const host = new ExtensionHost({
  log: () => {},
  ...tier === "quickjs" ? {} : { isolation: tier as "worker" | "process" },
});
const loaded = await host.load({
  manifest: { name: "looping", runtime: tier === "quickjs" ? tier : "js", module: "a.js" },
  files: { "a.js": `${text}\nfunction ping() { return "pong" }` },
}, { limits: { timeoutMs: 1_000 } });
const codeOf = (error: { readonly code?: string }) => error.code ?? String(error);

assertEquals(await loaded.call("attack", null, { timeoutMs: 100 }).catch(codeOf), "timeout");
await assertIdle();
assertEquals(await loaded.call("ping"), "pong");
if (tier !== "quickjs") {
  // an inline guest holds the thread that an abort would come from
  const signal = AbortSignal.timeout(100);
  assertEquals(await loaded.call("attack", null, { signal }).catch((e) => e), signal.reason);
  await assertIdle();
  assertEquals(await loaded.call("ping"), "pong");
}
if (closes === "looping" && tier !== "quickjs") void loaded.call("attack").catch(codeOf);
await host.close();
console.log("closed");
