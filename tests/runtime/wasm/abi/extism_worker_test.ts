/** Host functions of Extism plugins that run in a worker: the blocks they are lent, and who they are told calls. @module */

import { assert, assertEquals } from "@std/assert";
import { extismFunction } from "../../../../mod.ts";
import { failureOf } from "../../../conformance/abi_suite.ts";
import { answers, loadPlugin } from "./extism_guest.ts";

const COUNT_VOWELS = new URL(
  "../../../../examples/conventions/extism/count_vowels.wasm",
  import.meta.url,
);

Deno.test("a plugin in a worker hands blocks to its host, and gets new ones", async () => {
  const freed: bigint[] = [];
  let context: unknown;
  await using loaded = await loadPlugin("plugin", {
    isolation: "worker",
    hostFunctions: answers(extismFunction("shout", (blocks, argument) => {
      context = blocks.context.hostContext;
      const unused = blocks.store("unused");
      const answer = blocks.store(blocks.text(BigInt(argument)).toUpperCase());
      assertEquals(blocks.text(answer), "MILK É");
      blocks.free(unused);
      freed.push(unused);
      return answer;
    })),
  });
  const { extension } = loaded;
  assertEquals([extension.isolation, extension.abi], ["worker", "extism"]);
  for (let i = 0; i < 3; i++) {
    const answer = await extension.invoke("shout_input", "milk é", { hostContext: i });
    assertEquals([new TextDecoder().decode(answer), context], ["MILK É", i]);
  }
  assertEquals([freed.length, extension.stats().restarts], [3, 0]);
});

Deno.test("a handle that a plugin in a worker did not hand over is no block", async () => {
  await using loaded = await loadPlugin("plugin", {
    isolation: "worker",
    hostFunctions: answers(
      extismFunction("shout", (blocks) => blocks.store(blocks.text(64n))),
      extismFunction("fetch_later", () => Promise.resolve(0n)),
    ),
  });
  const { extension } = loaded;
  const error = await failureOf(() => extension.invoke("shout_input", "x"));
  assertEquals(error.code, "bad-guest-data");
  assert(error.message.includes("0x40 lies in no block"), error.message);
});

Deno.test("an error of a host function reaches the caller of a plugin in a worker as it was", async () => {
  const own = new TypeError("the embedder's own");
  await using loaded = await loadPlugin("plugin", {
    isolation: "worker",
    hostFunctions: answers(extismFunction("shout", () => {
      throw own;
    })),
  });
  const error = await failureOf(() => loaded.extension.invoke("shout_input", "x"));
  assertEquals([error.code, error.cause], ["trap", own]);
});

Deno.test("variables of a plugin are the same in a worker, and so is the fuel of its calls", async () => {
  const answersOf = async (isolation: "inline" | "worker") => {
    await using loaded = await loadPlugin(COUNT_VOWELS, { isolation });
    const first = await loaded.call("count_vowels", "Milk and more");
    const second = await loaded.call("count_vowels", "Milk and more");
    assert(second.includes('"total":8'), second);
    return [first, second, loaded.extension.stats().fuel];
  };
  assertEquals(await answersOf("worker"), await answersOf("inline"));
});
