/** The one door: what passes, what is refused, and how it opens and closes. @module */

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { defineCapability, type OperationContext } from "../../capabilities/capability.ts";
import { CapabilityRegistry } from "../../capabilities/catalog.ts";
import { CapabilityError, NeedsAsyncError } from "../../capabilities/errors.ts";
import type { CapabilityErrorCode } from "../../capabilities/errors.ts";
import { ask, open } from "./open.ts";

/** A capability that tells how it was reached and whether it is open. */
function echo(trace: string[] = []) {
  return defineCapability({
    name: "echo.deep",
    aliases: ["parrot"],
    summary: "",
    parse: () => ({ ok: true, grant: "the grant" }),
    operations: {
      now: { params: ["value"], callSync: ({ value }) => value },
      later: { params: ["value"], call: ({ value }) => Promise.resolve(value) },
      context: {
        params: [],
        callSync: (
          _,
          { extension, grant, state, chain },
        ) => [extension.name, `${grant}`, `${state}`, chain],
      },
      fail: {
        params: [],
        callSync: () => {
          throw new RangeError("out of paper");
        },
      },
    },
    setup: ({ extension }) => {
      trace.push("setup");
      return `state of ${extension.name}`;
    },
    teardown: (state) => void trace.push(`teardown ${state}`),
  });
}

const registry = new CapabilityRegistry().gated(echo());
const granted = { registry, asks: [ask("parrot")], granted: { "echo.deep": true } } as const;

function codeOf(run: () => unknown): CapabilityErrorCode {
  return assertThrows(run, CapabilityError).code;
}

Deno.test("openBroker() gives the granted operations and the Always ones, nothing else", async () => {
  await using notes = await open(granted);
  assertEquals(notes.broker.list(), [
    "clock",
    "config",
    "echo.deep",
    "events",
    "log",
    "random",
    "var",
  ]);
  const surface = notes.broker.calls.surface.filter(({ capability }) => capability === "echo.deep");
  assertEquals(surface.map(({ operation, params, sync }) => [operation, params, sync]), [
    ["now", ["value"], true],
    ["later", ["value"], false],
    ["context", [], true],
    ["fail", [], true],
  ]);
  assert(Object.isFrozen(notes.broker.calls.surface));
});

Deno.test("calls.call() and callSync() reach an operation with its grant, state and chain", async () => {
  await using notes = await open(granted);
  const { calls } = notes.broker;
  const expected = ["notes", "the grant", "state of notes"];
  assertEquals(calls.callSync("echo.deep.context", {}), [...expected, []]);
  assertEquals(await calls.call("echo.deep.context", {}, { chain: ["a", "b"] }), [
    ...expected,
    ["a", "b"],
  ]);
  assertEquals(await calls.call("echo.deep.later", { value: 7 }), 7);
});

Deno.test("calls.callSync() throws NeedsAsyncError for an operation that has to wait", async () => {
  await using notes = await open(granted);
  const error = assertThrows(() => notes.sync("echo.deep.later"), NeedsAsyncError);
  assertEquals([error.code, error.operation], ["needs-async", "echo.deep.later"]);
});

Deno.test("calls.callSync() passes on what an operation throws", async () => {
  await using notes = await open(granted);
  assertThrows(() => notes.sync("echo.deep.fail"), RangeError, "out of paper");
  await assertRejects(() => notes.broker.calls.call("echo.deep.fail", {}), RangeError);
});

Deno.test("calls.callSync() denies what was not granted and does not know the rest", async () => {
  await using notes = await open({ registry });
  const error = assertThrows(() => notes.sync("echo.deep.now"), CapabilityError);
  assertEquals([error.code, error.capability, error.grant], ["denied", "echo.deep", "echo.deep"]);
  for (
    const name of ["log.shout", "nothing.at.all", "log", "", ".", "__proto__.x", "log.__proto__"]
  ) {
    assertEquals(codeOf(() => notes.sync(name)), "missing-capability", name);
  }
});

Deno.test("calls.callSync() finds nothing under an alias or an inherited name", async () => {
  await using notes = await open(granted);
  for (const name of ["parrot.now", "echo.deep.constructor", "echo.deep.toString"]) {
    assertEquals(codeOf(() => notes.sync(name)), "missing-capability", name);
  }
});

Deno.test("calls.refused() gives the lasting refusal without an error, and records it", async () => {
  await using notes = await open({ registry });
  const { calls } = notes.broker;
  assertStrictEquals(calls.refused?.("log.info"), undefined);
  const refusal = calls.refused?.("echo.deep.now");
  assertEquals(refusal?.code, "denied");
  assertStrictEquals(calls.refused?.("echo.deep.now"), refusal);
  assertEquals(notes.audit.map(({ outcome }) => outcome), ["denied", "denied"]);
});

Deno.test("calls.callSync() stops a loop of operations at the budget of its call", async () => {
  await using notes = await open(granted);
  const { calls } = notes.broker;
  const budget = { operations: 3 };
  const again = () => calls.callSync("echo.deep.now", { value: 1 }, { budget });
  assertEquals([again(), again(), again()], [1, 1, 1]);
  for (let i = 0; i < 1_000; i++) assertEquals(codeOf(again), "quota");
  // the flood is in the audit once
  assertEquals(notes.audit.map(({ outcome }) => outcome), [
    "allowed",
    "allowed",
    "allowed",
    "quota",
  ]);
  // another call has its own budget
  assertEquals(calls.callSync("echo.deep.now", { value: 2 }, { budget: { operations: 1 } }), 2);
});

Deno.test("calls.callSync() counts by the second where no budget is given", async () => {
  await using notes = await open({ ...granted, limits: { operations: 5 } });
  const results = Array.from({ length: 8 }, () => {
    try {
      return notes.sync("echo.deep.now", { value: "ok" });
    } catch (error) {
      return (error as CapabilityError).code;
    }
  });
  assertEquals(results, ["ok", "ok", "ok", "ok", "ok", "quota", "quota", "quota"]);
});

Deno.test("calls.callSync() counts refused operations too, and audits a flood of them once", async () => {
  await using notes = await open({ registry, limits: { operations: 5 } });
  for (let i = 0; i < 1_000; i++) assertEquals(codeOf(() => notes.sync("echo.deep.now")), "denied");
  assertEquals(notes.audit.length, 6);
});

Deno.test("calls.callSync() refuses arguments that are too large, too deep or too many", async () => {
  await using notes = await open({ ...granted, limits: { payloadBytes: 1_000 } });
  const nested = JSON.parse("[".repeat(100) + "]".repeat(100));
  const big = [
    "x".repeat(1_000),
    "é".repeat(500),
    new Uint8Array(1_001),
    Array(200).fill(0),
    nested,
    { ["k".repeat(1_001)]: 1 },
    Array(4_000_000_000),
  ];
  for (const value of big) {
    assertEquals(codeOf(() => notes.sync("echo.deep.now", { value })), "quota");
  }
  assertEquals(notes.sync("echo.deep.now", { value: "é".repeat(490) }), "é".repeat(490));
});

Deno.test("calls.call() rejects with the reason of a signal that fired before", async () => {
  await using notes = await open(granted);
  const reason = { stop: true };
  const options = { signal: AbortSignal.abort(reason) };
  const { calls } = notes.broker;
  for (const name of ["echo.deep.now", "echo.deep.later"]) {
    assertStrictEquals(await calls.call(name, {}, options).catch((error) => error), reason);
  }
  try {
    calls.callSync("echo.deep.now", {}, options);
    assert(false);
  } catch (error) {
    assertStrictEquals(error, reason);
  }
});

Deno.test("openBroker() closes what it opened when a setup fails", async () => {
  const trace: string[] = [];
  const broken = defineCapability({
    name: "zzz",
    summary: "",
    parse: () => ({ ok: true, grant: null }),
    operations: { get: { params: [], callSync: () => null } },
    setup: () => Promise.reject(new Error("no room")),
  });
  const both = new CapabilityRegistry().gated(echo(trace)).gated(broken);
  await assertRejects(
    () => open({ registry: both, asks: [ask("echo.deep"), ask("zzz")], granted: "all" }),
    Error,
    "no room",
  );
  assertEquals(trace, ["setup", "teardown state of notes"]);
});

Deno.test("close() tears down in reverse order, once, and tells the first failure", async () => {
  const trace: string[] = [];
  const named = (name: string) =>
    defineCapability({
      name,
      summary: "",
      parse: () => ({ ok: true, grant: null }),
      operations: { get: { params: [], callSync: () => null } },
      setup: () => void trace.push(`setup ${name}`),
      teardown: () => {
        trace.push(`teardown ${name}`);
        throw new Error(`${name} is stuck`);
      },
    });
  const three = new CapabilityRegistry({ builtIns: false });
  for (const name of ["a", "b", "c"]) three.gated(named(name));
  const asks = [ask("a"), ask("b"), ask("c")];
  const { broker } = await open({ registry: three, asks, granted: "all" });
  await assertRejects(() => broker.close(), Error, "c is stuck");
  await broker.close().catch(() => {});
  assertEquals(trace, ["setup a", "setup b", "setup c", "teardown c", "teardown b", "teardown a"]);
});

Deno.test("close() makes every operation fail", async () => {
  const notes = await open(granted);
  await notes.broker.close();
  assertEquals(codeOf(() => notes.sync("echo.deep.now")), "revoked");
  assertEquals(codeOf(() => notes.sync("log.info", { message: "x" })), "revoked");
  await assertRejects(
    () => notes.broker.calls.call("echo.deep.later", {}),
    CapabilityError,
    "closed",
  );
  assertEquals([notes.broker.list(), notes.broker.calls.surface], [[], []]);
  const [bound] = (await import("../../capabilities/grant.ts")).resolveGrants({
    extension: "notes",
    asks: [],
    granted: {},
    registry,
  }).bound;
  assert(bound);
  await assertRejects(() => notes.broker.add(bound), TypeError, "closed");
});

Deno.test("revoke() takes effect at the next operation, by name or alias", async () => {
  await using notes = await open(granted);
  assert(notes.broker.has("parrot"));
  notes.broker.revoke("parrot");
  notes.broker.revoke("echo.deep");
  assertEquals(codeOf(() => notes.sync("echo.deep.now")), "revoked");
  assertEquals(notes.broker.calls.refused?.("echo.deep.now")?.code, "revoked");
  assertEquals([notes.broker.has("echo.deep"), notes.broker.has("log")], [false, true]);
  assert(!notes.broker.calls.surface.some(({ capability }) => capability === "echo.deep"));
});

Deno.test("revoke() says so when there is nothing to take back", async () => {
  await using notes = await open({ registry });
  for (const name of ["echo.deep", "nett", "__proto__"]) {
    assertThrows(() => notes.broker.revoke(name), TypeError, "does not have it");
  }
});

Deno.test("add() binds a capability while the extension runs, and again after it was revoked", async () => {
  const trace: string[] = [];
  const own = new CapabilityRegistry().gated(echo(trace));
  const { resolveGrants } = await import("../../capabilities/grant.ts");
  const bound = resolveGrants({
    extension: "notes",
    asks: [ask("parrot")],
    granted: "all",
    registry: own,
  }).bound.find(({ name }) => name === "echo.deep");
  assert(bound);
  await using notes = await open({ registry: own });
  assertEquals(codeOf(() => notes.sync("echo.deep.now", { value: 1 })), "denied");
  await notes.broker.add(bound);
  assertEquals(notes.sync("echo.deep.now", { value: 1 }), 1);
  await assertRejects(() => notes.broker.add(bound), TypeError, "bound already");
  notes.broker.revoke("echo.deep");
  await notes.broker.add(bound);
  assertEquals(notes.sync("echo.deep.now", { value: 2 }), 2);
  assertEquals(trace, ["setup", "teardown state of notes", "setup"]);
});

Deno.test("an operation cannot change its shared context", async () => {
  let seen: OperationContext | undefined;
  const spy = defineCapability({
    name: "spy",
    summary: "",
    parse: () => ({ ok: true, grant: null }),
    operations: {
      look: {
        params: [],
        callSync: (_, context) => {
          seen = context;
          return null;
        },
      },
    },
  });
  const own = new CapabilityRegistry().gated(spy);
  await using notes = await open({ registry: own, asks: [ask("spy")], granted: "all" });
  notes.sync("spy.look");
  assert(seen && Object.isFrozen(seen) && Object.isFrozen(seen.extension));
});
