/** Operations that wait: aborted, revoked, closed, and too many. @module */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { defineCapability, type HostValue } from "../../capabilities/capability.ts";
import { CapabilityRegistry } from "../../capabilities/catalog.ts";
import { CapabilityError } from "../../capabilities/errors.ts";
import { ask, open } from "./open.ts";

/** Operations that wait until the test lets them go. */
function waiting() {
  const signals: AbortSignal[] = [];
  const answers: ((value: HostValue) => void)[] = [];
  const trace: string[] = [];
  const capability = defineCapability({
    name: "slow",
    summary: "",
    parse: () => ({ ok: true, grant: null }),
    operations: {
      polite: {
        params: ["id"],
        call: (_, { signal }) =>
          new Promise((resolve, reject) => {
            if (signal) signals.push(signal);
            answers.push(resolve);
            signal?.addEventListener("abort", () => {
              trace.push("stopped");
              reject(signal.reason);
            });
          }),
      },
      deaf: { params: ["id"], call: () => new Promise((resolve) => answers.push(resolve)) },
      curious: {
        params: [],
        async call(_, context) {
          await new Promise<HostValue>((resolve) => answers.push(resolve));
          if (context.signal) signals.push(context.signal);
          return "late";
        },
      },
    },
    teardown: () => void trace.push("teardown"),
  });
  const registry = new CapabilityRegistry().gated(capability);
  const options = { registry, asks: [ask("slow")], granted: "all" } as const;
  return { signals, answers, trace, options };
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}

Deno.test("call() rejects with signal.reason at once, and tells the operation", async () => {
  const { signals, options } = waiting();
  await using notes = await open(options);
  for (const operation of ["slow.polite", "slow.deaf"]) {
    const controller = new AbortController();
    const pending = notes.broker.calls.call(operation, {}, { signal: controller.signal });
    controller.abort("enough");
    assertStrictEquals(await reasonOf(pending), "enough");
  }
  assertEquals(signals.map(({ aborted, reason }) => [aborted, reason]), [[true, "enough"]]);
  assertEquals(notes.audit.map(({ outcome }) => outcome), ["abandoned", "abandoned"]);
  assert(performance.now() > 0);
});

Deno.test("call() drops the late result of an operation that was stopped", async () => {
  const { answers, signals, options } = waiting();
  await using notes = await open(options);
  const controller = new AbortController();
  const pending = notes.broker.calls.call("slow.curious", {}, { signal: controller.signal });
  controller.abort("enough");
  assertStrictEquals(await reasonOf(pending), "enough");
  answers[0]?.(null);
  await new Promise((resolve) => setTimeout(resolve, 0));
  // a signal that is looked at late has fired already
  assertEquals(signals.map(({ aborted }) => aborted), [true]);
  assertEquals(notes.audit.map(({ outcome }) => outcome), ["abandoned"]);
});

Deno.test("call() leaves no listener on the caller's signal", async () => {
  const { answers, options } = waiting();
  await using notes = await open(options);
  const { signal } = new AbortController();
  let listeners = 0;
  const watched = new Proxy(signal, {
    get(target, key) {
      if (key === "addEventListener") listeners++;
      if (key === "removeEventListener") listeners--;
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const pending = notes.broker.calls.call("slow.deaf", {}, { signal: watched });
  answers[0]?.("done");
  assertEquals(await pending, "done");
  assertEquals(listeners, 0);
});

Deno.test("revoke() rejects what is in flight of that capability only, with revoked", async () => {
  const { trace, options, answers } = waiting();
  await using notes = await open(options);
  const { calls } = notes.broker;
  const polite = calls.call("slow.polite", { id: 1 });
  const deaf = calls.call("slow.deaf", { id: 2 });
  notes.broker.revoke("slow");
  for (const pending of [polite, deaf]) {
    const error = await assertRejects(() => pending, CapabilityError);
    assertEquals([error.code, error.capability], ["revoked", "slow"]);
  }
  // what it holds is closed once the operations are over
  assertEquals(trace, ["stopped"]);
  answers[1]?.(null);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(trace, ["stopped", "teardown"]);
  assertEquals(notes.audit.map(({ outcome, summary }) => [outcome, summary]), [
    ["revoked", "1"],
    ["revoked", "2"],
  ]);
});

Deno.test("close() rejects what is in flight and does not wait long for the deaf", async () => {
  const { trace, options } = waiting();
  const notes = await open(options);
  const pending = [
    notes.broker.calls.call("slow.polite", {}),
    notes.broker.calls.call("slow.deaf", {}),
  ];
  const start = performance.now();
  const closing = notes.broker.close();
  for (const each of pending) {
    assertEquals((await assertRejects(() => each, CapabilityError)).code, "revoked");
  }
  assert(performance.now() - start < 500);
  await closing;
  assert(performance.now() - start < 3_000);
  assertEquals(trace, ["stopped", "teardown"]);
  assertEquals(notes.audit.map(({ outcome }) => outcome), ["abandoned", "abandoned"]);
});

Deno.test("call() refuses a flood of operations that wait", async () => {
  const { answers, options } = waiting();
  await using notes = await open({ ...options, audit: undefined });
  const { calls } = notes.broker;
  const pending = Array.from({ length: 1_024 }, () => calls.call("slow.deaf", {}));
  assertEquals(
    (await assertRejects(() => calls.call("slow.deaf", {}), CapabilityError)).code,
    "quota",
  );
  for (const answer of answers) answer(1);
  await Promise.all(pending);
  const one = calls.call("slow.deaf", {});
  answers.at(-1)?.(2);
  assertEquals(await one, 2);
});

Deno.test("an abandoned operation keeps its place until it is really over", async () => {
  const { answers, options } = waiting();
  await using notes = await open({ ...options, audit: undefined });
  const { calls } = notes.broker;
  const controller = new AbortController();
  const { signal } = controller;
  const pending = Array.from({ length: 1_024 }, () => calls.call("slow.deaf", {}, { signal }));
  controller.abort("enough");
  await Promise.allSettled(pending);
  assertEquals(
    (await assertRejects(() => calls.call("slow.deaf", {}), CapabilityError)).code,
    "quota",
  );
  for (const answer of answers) answer(1);
});
