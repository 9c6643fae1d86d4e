/** Where modules come from: compiled ones, responses, and the same bytes many times over. @module */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { ExtensionError, ExtensionHost } from "../../../mod.ts";
import { DEFAULT_LIMITS } from "../../../runtime/limits.ts";
import { compileProgram } from "../../../runtime/wasm/compile.ts";
import { fixtureBytes, fixtureRequest } from "./load.ts";

const wasm = { headers: { "content-type": "application/wasm" } };

Deno.test("load() takes a compiled module, as often as it is handed over", async () => {
  const module = await WebAssembly.compile(await fixtureBytes("echo"));
  for (let time = 0; time < 2; time++) {
    await using host = new ExtensionHost();
    const ext = await host.load(module);
    assertEquals(new TextDecoder().decode(await ext.invoke("echo", "hello")), "hello");
    assertEquals([ext.engine, ext.abi, ext.stats().lastFuel], ["wasm", "base", 0]);
  }
});

Deno.test("load() takes a response whose body comes in pieces", async () => {
  const bytes = await fixtureBytes("echo");
  const pieces = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (let at = 0; at < bytes.length; at += 7) {
        controller.enqueue(bytes.slice(at, at + 7));
        if (at % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      controller.close();
    },
  });
  await using host = new ExtensionHost();
  const ext = await host.load(new Response(pieces, wasm));
  assertEquals(new TextDecoder().decode(await ext.invoke("echo", "hello")), "hello");
  assert(ext.stats().lastFuel > 0);
});

/** A body without an end; tells how much of it was taken, and whether its reader let go of it. */
function endless(
  piece: number,
): { readonly body: ReadableStream<Uint8Array>; sent: number; let: boolean } {
  const seen = {
    sent: 0,
    let: false,
    body: new ReadableStream<Uint8Array>({
      pull(controller) {
        seen.sent += piece;
        controller.enqueue(new Uint8Array(piece));
      },
      cancel() {
        seen.let = true;
      },
    }),
  };
  return seen;
}

Deno.test("load() lets go of a response that is larger than a module may be", async () => {
  const seen = endless(4 * 1024 * 1024);
  await using host = new ExtensionHost();
  const error = await host.load(new Response(seen.body, wasm)).catch((error) => error);
  assert(error instanceof ExtensionError, `${error}`);
  assertEquals([error.code, seen.let], ["unsupported", true]);
  assert(seen.sent < 80 * 1024 * 1024, `${seen.sent}`);
  assertEquals(host.extensions(), []);
});

Deno.test("load() lets go of a response that never ends when its signal fires", async () => {
  let isLet = false;
  const stalled = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([0, 0x61, 0x73, 0x6d])),
    cancel: () => void (isLet = true),
  });
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 20);
  await using host = new ExtensionHost();
  const { signal } = controller;
  const error = await host.load(new Response(stalled, wasm), { signal }).catch((error) => error);
  assertStrictEquals(error, reason);
  assertEquals(isLet, true);
});

Deno.test("load() refuses a response that was read, failed, or is cut short", async () => {
  const bytes = await fixtureBytes("echo");
  const read = new Response(bytes, wasm);
  await read.arrayBuffer();
  await using host = new ExtensionHost();
  for (
    const response of [
      read,
      new Response(null, wasm),
      new Response("no", { status: 500 }),
      new Response(bytes.slice(0, -3), wasm),
    ]
  ) {
    const error = await host.load(response).catch((error) => error);
    assert(error instanceof ExtensionError && error.code === "unsupported", `${error}`);
  }
});

Deno.test("modules of the same bytes and limits are compiled once, others are not", async () => {
  const compile = (name: string, memoryBytes = DEFAULT_LIMITS.memoryBytes, metering = true) => {
    const { request } = fixtureRequest(name, { limits: { memoryBytes } });
    return compileProgram({ ...request, metering });
  };
  const first = await compile("echo");
  const again = await compile("echo");
  assertStrictEquals(again.module, first.module);
  assertStrictEquals(again.shape, first.shape);
  const [one, two] = await Promise.all([compile("faults"), compile("faults")]);
  assertStrictEquals(one.module, two.module);
  for (
    const other of [
      await compile("faults"),
      await compile("echo", 2 * 65_536),
      await compile("echo", DEFAULT_LIMITS.memoryBytes, false),
    ]
  ) assert(other.module !== first.module);
});

Deno.test("extensions that share a module share nothing else", async () => {
  await using host = new ExtensionHost();
  const bytes = await fixtureBytes("faults");
  const [one, two] = await Promise.all(
    ["one", "two"].map((name) =>
      host.load({
        manifest: { name, runtime: "wasm", module: "m.wasm" },
        files: { "m.wasm": bytes },
      })
    ),
  );
  if (one === undefined || two === undefined) throw new TypeError("two were loaded");
  for (const expected of [1, 2, 3]) {
    assertEquals(await one.invoke("calls"), new Uint8Array([expected]));
  }
  assertEquals(await two.invoke("calls"), new Uint8Array([1]));
  await one.close();
  assertEquals(await two.invoke("calls"), new Uint8Array([2]));
});
