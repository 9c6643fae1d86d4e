/** Tests of runtime/extension.ts: the call boundary over any engine. @module */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type Call,
  ExtensionError,
  ExtensionHost,
  type LoadOptions,
  type Module,
  msgpack,
  type Payload,
  type Runtime,
} from "../../mod.ts";

type Invoke = (fn: string, payload: Payload, call: Call) => Uint8Array | Promise<Uint8Array>;

/** A host with one extension whose engine answers as `invoke` does. */
async function load(invoke: Invoke, options: LoadOptions = {}, module: Partial<Module> = {}) {
  const runtime: Runtime = {
    name: "custom",
    traits: {
      languages: [],
      authority: "none",
      loop: "cooperative",
      memory: "none",
      crash: "host",
      requires: [],
    },
    load: ({ manifest }) =>
      Promise.resolve({
        name: manifest.name,
        runtime: "custom",
        exports: [],
        invoke,
        close: () => {},
        ...module,
      }),
    close: () => Promise.resolve(),
  };
  const host = new ExtensionHost({ runtimes: [runtime], log: () => {} });
  const ext = await host.load({ manifest: { name: "ext", runtime: "custom" } }, options);
  return { host, ext, [Symbol.asyncDispose]: () => host.close() };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, ExtensionError)).code;
}

const echo: Invoke = (_fn, payload) =>
  typeof payload === "string" ? new TextEncoder().encode(payload) : payload.slice();

Deno.test("invoke() checks the payload before the engine sees it", async () => {
  let calls = 0;
  await using t = await load((...args) => (calls++, echo(...args)), {
    limits: { payloadBytes: 8 },
  });
  assertEquals((await t.ext.invoke("f", "12345678")).length, 8);
  assertEquals(await codeOf(t.ext.invoke("f", "123456789")), "payload-limit");
  assertEquals(await codeOf(t.ext.invoke("f", "ééééé")), "payload-limit");
  assertEquals(await codeOf(t.ext.invoke("f", new Uint8Array(9))), "payload-limit");
  await assertRejects(() => t.ext.invoke("f", 5 as never), TypeError);
  await assertRejects(() => t.ext.invoke("f", null as never), TypeError);
  assertEquals(calls, 1);
});

Deno.test("invoke() refuses a result over the limit", async () => {
  await using t = await load(() => new Uint8Array(9), { limits: { payloadBytes: 8 } });
  assertEquals(await codeOf(t.ext.invoke("f")), "payload-limit");
});

Deno.test("invoke() ends whatever the engine does", async () => {
  await using t = await load(() => new Promise(() => {}), { limits: { queueMs: 1 } });
  assertEquals(await codeOf(t.ext.invoke("f", "", { timeoutMs: 5 })), "timeout");
  const reason = new DOMException("stop", "AbortError");
  const cancel = new AbortController();
  const aborted = t.ext.invoke("f", "", { signal: cancel.signal });
  cancel.abort(reason);
  assertEquals(await aborted.catch((e) => e), reason);
  const pending = codeOf(t.ext.invoke("f"));
  await t.ext.close();
  assertEquals(await pending, "closed");
});

Deno.test("invoke() gives the shorter of the caller's and the extension's time", async () => {
  const seen: number[] = [];
  const note: Invoke = (_fn, _payload, { deadline }) => {
    seen.push(Math.round((deadline - performance.now()) / 100));
    return new Uint8Array();
  };
  await using t = await load(note, { limits: { timeoutMs: 1_000 } });
  await t.ext.invoke("f");
  await t.ext.invoke("f", "", { timeoutMs: 500 });
  await t.ext.invoke("f", "", { timeoutMs: 5_000 });
  assertEquals(seen, [10, 5, 10]);
  await assertRejects(() => t.ext.invoke("f", "", { timeoutMs: 0 }), RangeError);
  await using free = await load(note);
  await free.ext.invoke("f");
  await free.ext.invoke("f", "", { timeoutMs: 5_000 });
  assertEquals(seen.slice(3), [10, 50], "a default is no limit that somebody set");
});

Deno.test("invoke() does not start a call whose signal has fired", async () => {
  let calls = 0;
  await using t = await load((...args) => (calls++, echo(...args)));
  const reason = { mine: true };
  const caught = await t.ext.invoke("f", "", { signal: AbortSignal.abort(reason) }).catch((e) => e);
  assertEquals([caught, calls], [reason, 0]);
});

Deno.test("invokeSync() needs an engine that can", async () => {
  await using t = await load(echo);
  assertEquals(assertThrows(() => t.ext.invokeSync("f"), ExtensionError).code, "needs-async");
  await using s = await load(echo, {}, { invokeSync: echo as Module["invokeSync"] & Invoke });
  assertEquals(s.ext.invokeSync("f", "a"), new TextEncoder().encode("a"));
});

Deno.test("call() and fn() go through codecs and the caller's guard", async () => {
  await using t = await load(echo);
  assertEquals(await t.ext.call("f", { a: 1 }), { a: 1 });
  assertEquals(await t.ext.call("f", undefined), undefined);
  const isNumber = (value: unknown): value is number => typeof value === "number";
  assertEquals(await t.ext.call("f", 1, { output: isNumber }), 1);
  assertEquals(await codeOf(t.ext.call("f", "1", { output: isNumber })), "bad-guest-data");
  const same = t.ext.fn<unknown, unknown>("f", { codec: msgpack });
  assertEquals(await same({ b: new Uint8Array([1]) }), { b: new Uint8Array([1]) });
  await assertRejects(() => t.ext.call("f", 1n), TypeError);
});

Deno.test("call() tells a result that its codec cannot read", async () => {
  await using t = await load(() => new TextEncoder().encode("{"));
  assertEquals(await codeOf(t.ext.call("f")), "bad-guest-data");
});

Deno.test("stats() counts calls, failures and those in flight", async () => {
  const gate = Promise.withResolvers<Uint8Array>();
  await using t = await load((fn) => fn === "wait" ? gate.promise : new Uint8Array());
  const waiting = t.ext.invoke("wait");
  await t.ext.invoke("f");
  assertEquals([t.ext.stats().calls, t.ext.stats().active], [2, 1]);
  gate.reject(new TypeError("x"));
  await assertRejects(() => waiting, TypeError);
  assertEquals([t.ext.stats().failures, t.ext.stats().active], [1, 0]);
});

Deno.test("guest text is clipped and stays out of the message", async () => {
  const { Fault } = await import("../../runtime/errors.ts");
  await using t = await load(() => {
    throw new Fault("guest-error", "", { guest: "x".repeat(10_000) });
  });
  const error = await assertRejects(() => t.ext.invoke("f"), ExtensionError);
  assertEquals(error.guest.length, 4096);
  assert(!error.message.includes("xx"));
  assertEquals([error.extension, error.fn], ["ext", "f"]);
});

Deno.test("callAll() is one call where the engine takes lists, else one for each", async () => {
  const each = (_: string, payloads: string) => new TextEncoder().encode(payloads);
  await using listed = await load(() => new TextEncoder().encode("no"), {}, { invokeEach: each });
  assertEquals(await listed.ext.callAll("f", [1, "b", null]), [1, "b", null]);
  assertEquals(listed.ext.stats().calls, 1);
  const isNumber = (value: unknown): value is number => typeof value === "number";
  assertEquals(
    await codeOf(listed.ext.callAll("f", ["1"], { output: isNumber })),
    "bad-guest-data",
  );
  await assertRejects(() => listed.ext.callAll("f", "ab" as unknown as string[]), TypeError);
  await using single = await load(echo);
  assertEquals(await single.ext.callAll("f", [1, "b", { c: 2 }]), [1, "b", { c: 2 }]);
  assertEquals(single.ext.stats().calls, 3);
  const packed = await single.ext.callAll("f", [new Uint8Array([1])], { codec: msgpack });
  assertEquals(packed, [new Uint8Array([1])]);
});

Deno.test("callAll() has one deadline, and a guest cannot give too few results", async () => {
  await using short = await load(echo, {}, {
    invokeEach: () => new TextEncoder().encode("[1]"),
  });
  assertEquals(await codeOf(short.ext.callAll("f", [1, 2])), "bad-guest-data");
  await using slow = await load(async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return echo(...args);
  });
  const code = await codeOf(slow.ext.callAll("f", [1, 2, 3, 4, 5], { timeoutMs: 80 }));
  assertEquals([code, slow.ext.stats().calls < 5], ["timeout", true]);
});
