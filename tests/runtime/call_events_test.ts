/** Events of one call reach whoever made it, in every tier and through other extensions. @module */

import { assertEquals } from "@std/assert";
import { ExtensionHost, type Isolation, json, NativeRegistry } from "../../mod.ts";

const TIERS = ["native", "quickjs", "worker", "process"] as const;

const SOURCE = `
export async function run(next) {
  await airlock.events.emit("Before", { next });
  if (next) await airlock.extensions.call("peer", "run", "null");
  return "done";
}
`;

for (const tier of TIERS) {
  Deno.test(`onEvent() hears the events of its own call in ${tier}, its peers' included`, async () => {
    const native = new NativeRegistry().register("asker:run", async (next, { airlock }) => {
      await airlock["events"]?.["emit"]?.("Before", {});
      if (next) await airlock["extensions"]?.["call"]?.("peer", "run", "null");
      return "done";
    }, { codec: json });
    const all: string[] = [];
    await using host = new ExtensionHost({
      native,
      log: () => {},
      onEvent: ({ extension }) => void all.push(extension),
    });
    const files = { "a.js": SOURCE };
    await host.load({ manifest: { name: "peer", runtime: "quickjs", module: "a.js" }, files });
    const lanes: Partial<Record<typeof tier, Isolation>> = { worker: "worker", process: "process" };
    const { [tier]: isolation } = lanes;
    const extension = await host.load({
      manifest: {
        name: "asker",
        runtime: isolation ? "js" : tier,
        capabilities: ["extensions"],
        ...tier === "native" ? {} : { module: "a.js" },
      },
      files,
    }, { grants: { extensions: { names: ["peer"] } }, ...isolation ? { isolation } : {} });
    const heard: string[] = [];
    const call = (next: boolean, options: object) =>
      extension.call("run", next, { timeoutMs: 10_000, ...options });
    await call(true, {
      onEvent: (event: { extension: string }) => void heard.push(event.extension),
    });
    assertEquals(heard, ["asker", "peer"]);
    await call(false, {});
    assertEquals(heard, ["asker", "peer"]);
    assertEquals(all, ["asker", "peer", "asker"]);
  });
}
