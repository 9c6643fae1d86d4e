/** Results as text: of any length, from any engine, and only where they are text. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ExtensionError,
  ExtensionHost,
  extismFunction,
  type LoadOptions,
  type LoadTarget,
} from "../../mod.ts";
import { answers, loadPlugin } from "./wasm/abi/extism_guest.ts";

const TEXTS = [
  "",
  "a",
  "x".repeat(255),
  "x".repeat(256),
  "x".repeat(257),
  "x".repeat(255) + "é",
  "日本語 𝄞",
  "\ufeffmark",
  "\0\x7f",
  "é".repeat(3_000),
];

const WAYS: { readonly [title: string]: LoadOptions } = {
  "on this thread": {},
  "in a worker": { isolation: "worker" },
  "that may be suspended": {
    hostFunctions: answers(extismFunction("fetch_later", async (_, handle) => await handle)),
  },
};

for (const [title, options] of Object.entries(WAYS)) {
  Deno.test(`invokeText() gives the text that an Extism plugin ${title} gave`, async () => {
    await using loaded = await loadPlugin("plugin", options);
    for (const text of TEXTS) assertEquals(await loaded.extension.invokeText("echo", text), text);
    const several = ["a", "b", "c"].map((text) => loaded.extension.invokeText("echo", text));
    assertEquals(await Promise.all(several), ["a", "b", "c"]);
  });

  Deno.test(`invokeText() of a plugin ${title} refuses what is no text, and the plugin goes on`, async () => {
    await using loaded = await loadPlugin("plugin", options);
    const { extension } = loaded;
    for (const bytes of [Uint8Array.of(0xff), new Uint8Array(300).fill(0xc3)]) {
      const error = await assertRejects(() => extension.invokeText("echo", bytes), ExtensionError);
      assertEquals(error.code, "bad-guest-data");
      assertEquals(await extension.invoke("echo", bytes), bytes);
    }
    const failed = await assertRejects(
      () => extension.invokeText("fail_with", "no"),
      ExtensionError,
    );
    assertEquals([failed.code, failed.guest], ["guest-error", "no"]);
    assertEquals(extension.stats().restarts, 0);
    assertEquals(extension.stats().active, 0);
  });
}

Deno.test("invokeText() holds to the payload limit", async () => {
  await using loaded = await loadPlugin("lying", { limits: { payloadBytes: 100 } });
  assertEquals((await loaded.extension.invokeText("output_input", "x".repeat(100))).length, 100);
  const tooLong = () => loaded.extension.invokeText("output_input", "é".repeat(51));
  assertEquals((await assertRejects(tooLong, ExtensionError)).code, "payload-limit");
});

Deno.test("invokeText() gives the text of every engine's bytes", async () => {
  const targets: readonly [LoadTarget, LoadOptions, string][] = [
    [new URL("../../examples/extensions/validate-as/", import.meta.url), {}, '{"age":25}'],
    [{ name: "a.js", bytes: "function validate() { return 'é' }" }, { runtime: "quickjs" }, "1"],
  ];
  for (const [target, options, input] of targets) {
    await using host = new ExtensionHost({ log: () => {} });
    const extension = await host.load(target, options);
    const text = await extension.invokeText("validate", input);
    assertEquals(text, new TextDecoder().decode(await extension.invoke("validate", input)));
    assert(text.length > 0);
  }
});
