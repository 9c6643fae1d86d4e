/** An extension that never returns is stopped, and the next one is served. @module */

import { ExtensionError, ExtensionHost } from "@airlock/host";

await using host = new ExtensionHost({ log: () => {} });
const looping = await host.load(new URL("extensions/endless-loop", import.meta.url));
const start = performance.now();
try {
  await looping.invoke("validate", "{}", { timeoutMs: 100 });
} catch (error) {
  if (!(error instanceof ExtensionError)) throw error;
  console.log(`${error.code} after ${Math.round(performance.now() - start)} ms`);
}
const good = await host.load(new URL("extensions/validate-quickjs", import.meta.url));
console.log(await good.call("validate", { email: "ada@example.com", age: 36 }));
