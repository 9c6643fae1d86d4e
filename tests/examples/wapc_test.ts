/** The waPC example: its guest, its host, and both sides of the guest's bounds. @module */

import { assertEquals, assertRejects } from "@std/assert";
import { ExtensionError, ExtensionHost } from "../../mod.ts";
import { runExample } from "./run_example.ts";

const RELAY = new URL("../../examples/conventions/wapc/relay.wasm", import.meta.url);

Deno.test("examples/wapc_host.ts runs as it is", async () => {
  const { code, out, err } = await runExample("wapc_host", ["--allow-read"]);
  assertEquals(code, 0, err);
  assertEquals(
    out,
    "upper: ADA LOVELACE\nlower: ada lovelace\nguest-error: nobody answers text/case/title\n",
  );
});

Deno.test("the relay takes what it has room for, both ways, and refuses one byte more", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  let answer = new Uint8Array();
  const relay = await host.load(RELAY, { callHandler: () => answer });
  assertEquals(await relay.invoke("x".repeat(1024), new Uint8Array(63_488)), answer);
  answer = new Uint8Array(65_536).fill(7);
  assertEquals(await relay.invoke("x"), answer);
  const tooLong = async (operation: string, payload: Uint8Array) => {
    const error = await assertRejects(() => relay.invoke(operation, payload), ExtensionError);
    assertEquals([error.code, error.guest], ["guest-error", "too long"]);
  };
  await tooLong("x".repeat(1025), new Uint8Array());
  await tooLong("x", new Uint8Array(63_489));
  answer = new Uint8Array(65_537);
  await tooLong("x", new Uint8Array());
});
