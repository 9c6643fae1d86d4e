/** Tests of cli/session.ts: what a command's host writes while somebody is asked. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Io } from "../../cli/main.ts";
import { withHost } from "../../cli/session.ts";
import { CapabilityRegistry } from "../../mod.ts";

const CHATTY = {
  manifest: { name: "chatty", runtime: "quickjs", module: "a.js" },
  files: { "a.js": 'export const f = () => console.log("airlock: an extension asks");' },
};
const GREETER = {
  manifest: {
    name: "greeter",
    runtime: "quickjs",
    module: "a.js",
    capabilities: [{ name: "env", names: ["AIRLOCK_T"] }],
  },
  files: { "a.js": "export const f = () => 1;" },
};

Deno.test("withHost() lets nothing that runs already write into a question", async () => {
  let err = "";
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  const io: Io = {
    out: () => Promise.resolve(),
    err(text) {
      err += text;
      if (err.includes("Allow it?")) asked.resolve();
    },
    readLine: () => answer.promise,
    input: new Blob([]).stream(),
    outIsTerminal: true,
    errIsTerminal: true,
    noColor: true,
    onInterrupt: () => () => {},
  };
  const capabilities = new CapabilityRegistry();
  const code = await withHost(io, { host: { capabilities } }, async ({ host }) => {
    const chatty = await host.load(CHATTY);
    const loading = host.load(GREETER);
    await asked.promise;
    await chatty.invoke("f");
    // what is typed sooner was typed before the question
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert(!err.includes("chatty"), err);
    answer.resolve("y");
    await loading;
    return 0;
  });
  assertEquals(code, 0, err);
  assertStringIncludes(err, "info [chatty] airlock: an extension asks");
});
