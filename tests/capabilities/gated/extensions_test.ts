/** Tests of capabilities/gated/extensions.ts: what a grant covers, and what never gets to another extension. @module */

import { assertEquals, assertRejects } from "@std/assert";
import type { PeerCallOptions, Peers } from "../../../capabilities/services.ts";
import { CapabilityError, OperationError } from "../../../capabilities/errors.ts";
import { ask, open } from "../open.ts";

interface Seen {
  readonly calls: (readonly [string, string, unknown, PeerCallOptions])[];
  readonly peers: Peers;
}

function recording(): Seen {
  const calls: Seen["calls"] = [];
  return {
    calls,
    peers: {
      call(name, fn, payload, options) {
        calls.push([name, fn, payload, options]);
        return Promise.resolve(new Uint8Array([1]));
      },
    },
  };
}

const ARGS = { name: "mail", fn: "send", payload: "hi" };

Deno.test("extensions.call() hands over caller, chain and deadline of the call it comes from", async () => {
  const { calls, peers } = recording();
  await using notes = await open({
    peers,
    asks: [ask("extensions", { names: ["mail"] })],
    granted: { extensions: true },
  });
  const answer = await notes.broker.calls.call("extensions.call", ARGS, {
    chain: ["web", "notes"],
    deadline: 17,
  });
  assertEquals(answer, new Uint8Array([1]));
  const [name, fn, payload, options] = calls[0] ?? [];
  const { caller, chain, deadline } = options ?? {};
  assertEquals([name, fn, payload, caller, deadline], ["mail", "send", "hi", "notes", 17]);
  assertEquals(chain, ["web", "notes"]);
  // a tier that leaves its own extension out of the chain does not shorten it
  await notes.broker.calls.call("extensions.call", ARGS, { chain: ["web"] });
  assertEquals(calls[1]?.[3].chain, ["web", "notes"]);
  assertEquals(notes.audit.at(-1)?.summary, "mail.send");
});

Deno.test("extensions.call() is refused outside of a call, where no chain would bind it", async () => {
  const { calls, peers } = recording();
  await using notes = await open({
    peers,
    asks: [ask("extensions", { names: ["mail"] })],
    granted: { extensions: true },
  });
  await assertRejects(() => notes.broker.calls.call("extensions.call", ARGS), CapabilityError);
  await assertRejects(
    () => notes.broker.calls.call("extensions.call", ARGS, { chain: [] }),
    CapabilityError,
  );
  assertEquals(calls, []);
});

Deno.test("extensions.call() covers the granted names and functions, asked and granted", async () => {
  const { calls, peers } = recording();
  await using notes = await open({
    peers,
    asks: [ask("extensions", { names: ["mail", "log"], functions: ["send", "drop"] })],
    granted: { extensions: { names: ["mail", "admin"], functions: ["send"] } },
  });
  const chain = ["notes"];
  const call = (args: { readonly [name: string]: unknown }) =>
    notes.broker.calls.call("extensions.call", args as never, { chain });
  await call(ARGS);
  for (const [name, fn] of [["admin", "send"], ["log", "send"], ["mail", "drop"]]) {
    const error = await assertRejects(() => call({ ...ARGS, name, fn }), CapabilityError);
    assertEquals(error.code, "denied");
  }
  for (
    const wrong of [{ name: "*" }, { name: 1 }, { fn: "" }, { fn: "a\nb" }, { payload: 5 }, {
      name: "x".repeat(300),
    }]
  ) {
    await assertRejects(() => call({ ...ARGS, ...wrong }), TypeError);
  }
  assertEquals(calls.length, 1);
});

Deno.test("extensions.call() without a host says so", async () => {
  await using notes = await open({
    asks: [ask("extensions", { names: ["mail"] })],
    granted: { extensions: true },
  });
  const error = await assertRejects(
    () => notes.broker.calls.call("extensions.call", ARGS, { chain: ["notes"] }),
    OperationError,
  );
  assertEquals(error.code, "unavailable");
});
