/**
 * A host of Extism plugins: one that counts vowels over all its calls, host functions over its blocks,
 * and a manifest that only asks. Run: `deno run --allow-read examples/extism_host.ts`
 *
 * @module
 */

import { ExtensionError, ExtensionHost, extismFunction } from "@airlock/host";
import { assertEquals, assertRejects } from "@std/assert";

await using host = new ExtensionHost();

// a plugin as it is: no manifest, no rebuild
const module = new URL("conventions/extism/count_vowels.wasm", import.meta.url);
const counter = (await host.load(module)).as("extism");
for (const text of ["Hello, World!", "aeiou"]) {
  console.log(await counter.callText("count_vowels", text));
}
assertEquals(JSON.parse(await counter.callText("count_vowels", "")).total, 8);
assertEquals(counter.functionExists("count_consonants"), false);

// an Extism manifest: what it allows itself, the operator is asked for
const data = await Deno.readFile(module);
const strict = await host.load({
  wasm: [{ data }],
  config: { vowels: "lo" },
  memory: { max_pages: 32, max_var_bytes: 1000 },
  timeout_ms: 100,
});
const answer = await strict.as("extism").callText("count_vowels", "Hello, World!");
console.log(answer);
assertEquals(JSON.parse(answer), { count: 5, total: 5, vowels: "lo" });

// functions of this program, over the handles that a plugin passes; they may wait
const greet = extismFunction("greet", async (blocks, name) => {
  await new Promise((resolve) => setTimeout(resolve, 10));
  return `Hello, ${blocks.text(BigInt(name))}, from ${blocks.context.hostContext}`;
});
const error = await assertRejects(
  () =>
    host.load({ wasm: [{ data, name: "greeter" }], allowed_hosts: ["api.example.com"] }, {
      hostFunctions: [greet],
    }),
);
console.log(error instanceof ExtensionError ? error.message : String(error));
