/** Tests of runtime/native/. @module */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ExtensionError,
  ExtensionHost,
  json,
  type NativeContext,
  NativeRegistry,
  registerNative,
} from "../../../mod.ts";

const MATH = { manifest: { name: "math", runtime: "native", config: { base: 2 } } };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, ExtensionError)).code;
}

Deno.test("native functions take bytes or values, and answer at once or later", async () => {
  const native = new NativeRegistry()
    .register("math:echo", (payload) => payload)
    .register("math:later", async (payload) => await Promise.resolve(payload.toReversed()))
    .register("math:double", (n: number) => 2 * n, { codec: json })
    .register("math:text", () => "é");
  await using host = new ExtensionHost({ native });
  const math = await host.load(MATH);
  assertEquals(await math.invoke("echo", "ab"), new TextEncoder().encode("ab"));
  assertEquals(await math.invoke("later", "ab"), new TextEncoder().encode("ba"));
  assertEquals(await math.call("double", 21), 42);
  assertEquals(math.invokeSync("text"), new TextEncoder().encode("é"));
  assertEquals([...math.exports], ["double", "echo", "later", "text"]);
});

Deno.test("a native function's own buffer is not its caller's", async () => {
  const own = new TextEncoder().encode("own");
  const native = new NativeRegistry().register("math:own", () => own);
  await using host = new ExtensionHost({ native });
  const math = await host.load(MATH);
  (await math.invoke("own")).fill(0);
  assertEquals(await math.invoke("own"), new TextEncoder().encode("own"));
});

Deno.test("a native function is looked up at the call: registering again replaces it", async () => {
  const native = new NativeRegistry();
  await using host = new ExtensionHost({ native });
  const math = await host.load(MATH);
  assertEquals(await codeOf(math.invoke("one")), "unknown-function");
  native.register("math:one", () => "1");
  assertEquals(await math.invoke("one"), new TextEncoder().encode("1"));
  native.register("math:one", () => "2");
  assertEquals(await math.invoke("one"), new TextEncoder().encode("2"));
});

Deno.test("the context has config, log, signal and the granted operations", async () => {
  const records: string[] = [];
  let seen: NativeContext | undefined;
  const native = new NativeRegistry().register("math:look", async (_payload, context) => {
    seen = context;
    context.log.info("looked");
    await context.airlock.var?.set?.("k", "v");
    return await context.airlock.var?.get?.("k") as Uint8Array;
  });
  await using host = new ExtensionHost({ native, log: (record) => records.push(record.message) });
  const math = await host.load(MATH, { config: { extra: 1 } });
  assertEquals(await math.invoke("look"), new TextEncoder().encode("v"));
  assertEquals(seen?.config, { base: 2, extra: 1 });
  assertEquals(records, ["looked"]);
  assertEquals(seen?.airlock.env, undefined);
  assert(Object.isFrozen(seen?.airlock));
});

Deno.test("what an operation answers a native function with is the function's own", async () => {
  const native = new NativeRegistry().register("math:keep", (_payload, { airlock }) => {
    airlock.var?.set?.("k", "kept");
    (airlock.var?.get?.("k") as Uint8Array).fill(0);
    return airlock.var?.get?.("k") as Uint8Array;
  });
  await using host = new ExtensionHost({ native });
  const math = await host.load(MATH);
  assertEquals(await math.invoke("keep"), new TextEncoder().encode("kept"));
});

Deno.test("a thrown error is a guest-error with the cause; its text stays out of the message", async () => {
  const cause = new RangeError("secret detail");
  const native = new NativeRegistry().register("math:fail", () => {
    throw cause;
  }).register("math:reject", () => Promise.reject(cause));
  await using host = new ExtensionHost({ native });
  const math = await host.load(MATH);
  for (const fn of ["fail", "reject"]) {
    const error = await assertRejects(() => math.invoke(fn), ExtensionError);
    assertEquals([error.code, error.cause, error.guest], [
      "guest-error",
      cause,
      "RangeError: secret detail",
    ]);
    assert(!error.message.includes("secret"));
  }
});

Deno.test("a call that never ends is ended by timeout, signal and close; the function can see it", async () => {
  const signals: AbortSignal[] = [];
  const native = new NativeRegistry().register("math:hang", (_payload, { signal }) => {
    signals.push(signal);
    return new Promise<string>(() => {});
  });
  await using host = new ExtensionHost({ native });
  const math = await host.load(MATH);
  assertEquals(await codeOf(math.invoke("hang", "", { timeoutMs: 20 })), "timeout");
  const reason = new Error("enough");
  const cancel = new AbortController();
  const aborted = math.invoke("hang", "", { signal: cancel.signal });
  cancel.abort(reason);
  assertEquals(await aborted.catch((error) => error), reason);
  assert(signals.every((signal) => signal.aborted));
  const closed = codeOf(math.invoke("hang"));
  await math.close();
  assertEquals(await closed, "closed");
});

Deno.test("invokeSync() refuses a promise with needs-async", async () => {
  const native = new NativeRegistry().register("math:later", () => Promise.reject(new Error("x")));
  await using host = new ExtensionHost({ native });
  const math = await host.load(MATH);
  assertEquals(assertThrows(() => math.invokeSync("later"), ExtensionError).code, "needs-async");
});

Deno.test("bad payloads and results are told apart", async () => {
  const native = new NativeRegistry()
    .register("math:double", (n: number) => 2 * n, { codec: json })
    .register("math:wrong", () => 1 as never);
  await using host = new ExtensionHost({ native });
  const math = await host.load(MATH);
  assertEquals(await codeOf(math.invoke("double", "{")), "bad-payload");
  assertEquals(await codeOf(math.invoke("wrong")), "bad-guest-data");
});

Deno.test("registerNative() is process-wide, refuses another owner and can be undone", async () => {
  const owner = {};
  const unregister = registerNative("shared:one", () => "1", { owner });
  try {
    assertThrows(() => registerNative("shared:one", () => "2"), TypeError, "shared:one");
    registerNative("shared:one", () => "3", { owner });
    await using host = new ExtensionHost();
    const shared = await host.load({ manifest: { name: "shared", runtime: "native" } });
    assertEquals(await shared.invoke("one"), new TextEncoder().encode("3"));
    unregister(); // replaced meanwhile: nothing to take back
    assertEquals(await shared.invoke("one"), new TextEncoder().encode("3"));
  } finally {
    registerNative("shared:one", () => "", { owner })();
  }
});

Deno.test("register() refuses a name that is not extension:function", () => {
  for (const name of ["", "a", ":a", "a:"]) {
    assertThrows(() => new NativeRegistry().register(name, () => ""), TypeError);
  }
});
