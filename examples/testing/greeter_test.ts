/**
 * How an extension's author tests it: load it with capabilities of the test's own, and look at
 * its calls, its denials and its log. Run: `deno test -A examples/testing`
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import {
  CapabilityError,
  CapabilityRegistry,
  defineCapability,
  ExtensionHost,
  type GrantOptions,
} from "@airlock/host";

const GREETER = new URL("greeter", import.meta.url);

/** A host whose `translate` and log belong to the test. */
async function load(grants: GrantOptions) {
  const words: string[] = [];
  const log: string[] = [];
  const translate = defineCapability({
    name: "translate",
    summary: "Translates words",
    parse: () => ({ ok: true, grant: {} }),
    operations: {
      word: {
        params: ["text"],
        call: ({ text }) => {
          words.push(String(text));
          return Promise.resolve("bonjour");
        },
      },
    },
  });
  const host = new ExtensionHost({
    capabilities: new CapabilityRegistry().gated(translate),
    log: ({ message }) => log.push(message),
  });
  try {
    return { host, words, log, greeter: await host.load(GREETER, { grants }) };
  } catch (error) {
    await host.close();
    throw error;
  }
}

Deno.test("greet() counts and logs", async () => {
  const { host, greeter, log } = await load({ kv: true });
  await using _ = host;
  assertEquals(await greeter.call("greet", { name: "Ada" }), { text: "hello, Ada", times: 1 });
  assertEquals(await greeter.call("greet", { name: "Ada" }), { text: "hello, Ada", times: 2 });
  assertEquals(log, ["greeting Ada", "greeting Ada"]);
});

Deno.test("greet() asks the translator where it is granted", async () => {
  const { host, greeter, words } = await load({ kv: true, translate: true });
  await using _ = host;
  assertEquals(await greeter.call("greet", { name: "Ada" }), { text: "bonjour, Ada", times: 1 });
  assertEquals(words, ["hello"]);
});

Deno.test("the greeter does not load without its store", async () => {
  const error = await assertRejects(() => load({}), CapabilityError);
  assertEquals([error.code, error.capability], ["denied", "kv"]);
});
