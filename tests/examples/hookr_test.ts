/** The Hookr example: its plugin, its host, and the command on the bare module. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import fc from "fast-check";
import { ExtensionError, ExtensionHost, hostFunction, msgpack } from "../../mod.ts";
import { capture } from "../cli/capture.ts";

const SIMPLE = new URL("../../examples/conventions/hookr/simple.wasm", import.meta.url);

const wordFor = hostFunction("word_for", ({ name }: { name: string }) => `${name.length}:`, {
  codec: msgpack,
});

Deno.test("airlock run counts the vowels of a text with a bare Hookr plugin", async () => {
  const { code, out, err } = await capture(["run", fromFileUrl(SIMPLE), "vowel", "hello"]);
  assertEquals([code, out, err], [0, "2", "info [simple] simple is ready\n"]);
});

Deno.test("airlock run exits 5 with the guest's words when a Hookr plugin fails", async () => {
  for (
    const [fn, words] of [
      ["echo", "no handler registered for operation 'echo'"],
      ["greet", "greet takes {name}"],
      ["consonant", "no operation consonant"],
    ]
  ) {
    const { code, out, err } = await capture(["run", fromFileUrl(SIMPLE), fn ?? "", "x"]);
    assertEquals([code, out], [5, ""]);
    assertStringIncludes(err, `the guest says: ${words}`);
  }
});

Deno.test("airlock inspect tells the convention of a bare Hookr plugin", async () => {
  const { code, out } = await capture(["inspect", fromFileUrl(SIMPLE)]);
  assertEquals(code, 0);
  assertStringIncludes(out, "hookr");
  assertStringIncludes(out, 'it exports "__plugin_call"');
});

Deno.test("the example plugin greets with the host's word, whatever the name", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  const plugin = await host.load(SIMPLE, { hostFunctions: [wordFor] });
  const greet = plugin.fn<{ name: string }, unknown>("greet", { codec: msgpack });
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 400, unit: "grapheme" }), async (name) => {
      const vowels = name.match(/[aeiou]/gi)?.length ?? 0;
      assertEquals(await greet({ name }), { greeting: `${name.length}:, ${name}!`, vowels });
    }),
    { numRuns: 100 },
  );
});

Deno.test("the example plugin refuses payloads that are none of its own", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  const plugin = await host.load(SIMPLE, { hostFunctions: [wordFor] });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 30 }), async (payload) => {
      const code = await plugin.invoke("greet", payload).then(
        () => "ok",
        (error) => error instanceof ExtensionError ? error.code : "host",
      );
      assertEquals(code === "guest-error" || code === "ok", true, code);
    }),
    { numRuns: 200 },
  );
  assertEquals(plugin.stats().restarts, 0);
});

Deno.test("the example host runs as it is", async () => {
  await import("../../examples/hookr_host.ts");
});
