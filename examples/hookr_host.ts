/**
 * A host of Hookr plugins: typed functions in both directions, and one that the plugin has to wait for.
 * Run: `deno run --allow-read examples/hookr_host.ts`
 *
 * @module
 */

import { ExtensionHost, hostFunction, msgpack } from "@airlock/host";
import { assertEquals } from "@std/assert";

interface Person {
  readonly name: string;
}

interface Greeting {
  readonly greeting: string;
  readonly vowels: number;
}

/** The plugin calls this as if it answered at once. */
const wordFor = hostFunction("word_for", async ({ name }: Person) => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return name === "Ada" ? "Good morning" : "Hello";
}, { codec: msgpack });

await using host = new ExtensionHost();
const plugin = await host.load(new URL("conventions/hookr/simple.wasm", import.meta.url), {
  hostFunctions: [wordFor],
});

const greet = plugin.fn<Person, Greeting>("greet", { codec: msgpack });
for (const name of ["Ada", "Grace"]) {
  const { greeting, vowels } = await greet({ name });
  console.log(`${greeting} (${vowels} vowels)`);
}
assertEquals(await greet({ name: "Ada" }), { greeting: "Good morning, Ada!", vowels: 2 });

// more functions can come while it runs
plugin.registerHostFunction("echo", (payload) => payload);
const echo = new TextDecoder().decode(await plugin.invoke("echo", "and back again"));
console.log(`echo: ${echo}`);
assertEquals(echo, "and back again");
