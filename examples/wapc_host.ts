/**
 * A host of waPC guests: one call handler that sees binding, namespace and operation, and may wait.
 * Run: `deno run --allow-read examples/wapc_host.ts`
 *
 * @module
 */

import { ExtensionError, ExtensionHost } from "@airlock/host";
import { assertEquals } from "@std/assert";

await using host = new ExtensionHost();
const guest = await host.load(new URL("conventions/wapc/relay.wasm", import.meta.url), {
  async callHandler(payload, { binding, namespace, operation }) {
    await new Promise((resolve) => setTimeout(resolve, 10)); // the guest stands still meanwhile
    const text = new TextDecoder().decode(payload);
    if (operation === "upper") return text.toUpperCase();
    if (operation === "lower") return text.toLowerCase();
    throw new TypeError(`nobody answers ${binding}/${namespace}/${operation}`);
  },
});

for (const operation of ["upper", "lower"]) {
  const answer = new TextDecoder().decode(await guest.invoke(operation, "Ada Lovelace"));
  console.log(`${operation}: ${answer}`);
}
assertEquals(await guest.invoke("upper", "é"), new TextEncoder().encode("É"));

try {
  await guest.invoke("title", "ada");
} catch (error) {
  if (!(error instanceof ExtensionError)) throw error;
  console.log(`${error.code}: ${error.guest}`);
  assertEquals(error.guest, "nobody answers text/case/title");
}
