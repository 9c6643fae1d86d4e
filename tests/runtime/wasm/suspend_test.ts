/** Guests that wait for the host, one call at a time in each instance. @module */

import { assert, assertEquals } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import type { Module } from "../../../runtime/contract.ts";
import type { Abi, Guest, HostFunction, Instances } from "../../../runtime/wasm/abi/contract.ts";
import { callFor, faultOf, loadFixture } from "./load.ts";

/** A convention for tests: the payload's length goes in, a number comes out as text. */
function testAbi(instances: Instances, ask: (guest: Guest) => Omit<HostFunction, "type">): Abi {
  return {
    name: "test",
    instances,
    looksFor: "the export test_call",
    detect: ({ exports }) => exports.some(({ name }) => name === "test_call") ? "yes" : undefined,
    requires: [{ name: "test_call", kind: "function", type: "(i32) -> i32" }],
    operation: "(i32) -> i32",
    reserved: [],
    starts: true,
    bind: (guest, { unknownFunction }) => ({
      imports: { test: { ask: { type: "(i32) -> i32", ...ask(guest) } } },
      invoke(fn, payload) {
        const entry = guest.entry(fn);
        if (entry === undefined) throw unknownFunction(fn);
        const answer = entry(payload.length);
        const text = (value: unknown) => new TextEncoder().encode(`${value}`);
        return guest.suspends ? Promise.resolve(answer).then(text) : text(answer);
      },
    }),
  };
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function load(
  instances: Instances,
  ask: (guest: Guest) => Omit<HostFunction, "type">,
  limits: { queueMs?: number; instances?: number } = {},
) {
  return loadFixture("suspend", { abis: [testAbi(instances, ask)], limits });
}

async function text(module: Module, fn: string, payload = "", ms?: number): Promise<string> {
  return new TextDecoder().decode(await module.invoke(fn, payload, callFor(ms)));
}

const doubling = () => ({ wait: async (_: AbortSignal, n: number) => (await delay(5), n * 2) });

Deno.test("a guest waits for an asynchronous host function as if it were synchronous", async () => {
  await using guest = await load("one", doubling);
  assertEquals(await text(guest.module, "test_call", "four"), "8");
});

Deno.test("a synchronous host function needs no promise", async () => {
  await using guest = await load("one", () => ({ run: (n: number) => n + 1 }));
  assertEquals(guest.text("test_call", "abc"), "4");
});

Deno.test("calls of a stateful guest wait for each other and never meet in one instance", async () => {
  await using guest = await load("one", doubling);
  const calls = ["a", "bb", "ccc", "dddd"].map((payload) =>
    text(guest.module, "test_call", payload)
  );
  assertEquals(await Promise.all(calls), ["2", "4", "6", "8"]);
  assertEquals(guest.module.restarts, 0);
});

Deno.test("a pool of eight runs eight calls at a time and the rest after them", async () => {
  let inside = 0;
  let most = 0;
  await using guest = await load("pool", () => ({
    wait: async (_: AbortSignal, n: number) => {
      most = Math.max(most, ++inside);
      await delay(10);
      inside--;
      return n;
    },
  }), { instances: 8 });
  const calls = Array.from(
    { length: 40 },
    (_, n) => text(guest.module, "test_call", "x".repeat(n)),
  );
  assertEquals(await Promise.all(calls), Array.from({ length: 40 }, (_, n) => `${n}`));
  assertEquals(most, 8);
  assertEquals(guest.module.memorySize, 8 * 65_536);
});

Deno.test("a call that waits too long for an instance is busy", async () => {
  await using guest = await load("one", () => ({ wait: async () => (await delay(200), 1) }), {
    queueMs: 20,
  });
  const first = text(guest.module, "test_call");
  assertEquals((await faultOf(() => text(guest.module, "test_call"))).code, "busy");
  assertEquals(await first, "1");
});

Deno.test("time in the queue does not count as time of the call", async () => {
  await using guest = await load("one", () => ({ wait: async () => (await delay(150), 1) }));
  const calls = [1, 2, 3].map(() => text(guest.module, "test_call", "", 300));
  assertEquals(await Promise.all(calls), ["1", "1", "1"]);
});

Deno.test("the deadline ends a suspended guest, even inside catch_all, and tells the operation", async () => {
  let reason: unknown;
  await using guest = await load("one", () => ({
    wait: (signal: AbortSignal) => {
      signal.addEventListener("abort", () => reason = signal.reason);
      return new Promise<number>(() => {});
    },
  }));
  for (const fn of ["test_call", "test_catch"]) {
    reason = undefined;
    const fault = await faultOf(() => guest.module.invoke(fn, "", callFor(30)));
    assertEquals(fault.code, "timeout");
    assert(reason instanceof Fault);
  }
  assertEquals(guest.module.restarts, 1);
});

Deno.test("an aborted call rejects with the signal's own reason", async () => {
  await using guest = await load("one", () => ({ wait: () => new Promise<number>(() => {}) }));
  const controller = new AbortController();
  const reason = new Error("not needed any more");
  const result = guest.module.invoke("test_catch", "", callFor(5_000, controller.signal));
  controller.abort(reason);
  assertEquals(await Promise.resolve(result).catch((error) => error), reason);
});

Deno.test("a host function that fails ends the guest with its own fault", async () => {
  const fault = new Fault("guest-error", "refused");
  const ways: readonly Omit<HostFunction, "type">[] = [
    { wait: () => Promise.reject(fault) },
    {
      wait: () => {
        throw fault;
      },
    },
    {
      run: () => {
        throw fault;
      },
    },
  ];
  for (const way of ways) {
    await using guest = await load("pool", () => way);
    for (const fn of ["test_call", "test_catch"]) {
      assertEquals(await faultOf(() => guest.module.invoke(fn, "", callFor())), fault);
    }
  }
});

Deno.test("close() ends suspended calls and those that wait for an instance", async () => {
  const guest = await load("one", () => ({ wait: () => new Promise<number>(() => {}) }));
  const first = faultOf(() => guest.module.invoke("test_catch", "", callFor(60_000)));
  const second = faultOf(() => guest.module.invoke("test_call", "", callFor(60_000)));
  await guest.module.close();
  assertEquals([(await first).code, (await second).code], ["closed", "closed"]);
  assertEquals(guest.module.memorySize, 0);
});

Deno.test("a stateful guest that breaks three times stays closed until it is loaded again", async () => {
  await using guest = await load("one", () => ({
    run: () => {
      throw new Fault("trap");
    },
  }));
  for (let i = 0; i < 3; i++) {
    assertEquals((await faultOf(() => guest.bytes("test_call"))).code, "trap");
  }
  assertEquals((await faultOf(() => guest.bytes("test_call"))).code, "closed");
});

Deno.test("invokeSync() of a guest that may wait says so", async () => {
  await using guest = await load("one", doubling);
  assertEquals((await faultOf(() => guest.bytes("test_call"))).code, "needs-async");
  assertEquals(await text(guest.module, "test_call", "ok"), "4");
});

Deno.test("a host function that calls its own guest meets another instance or none", async () => {
  const modules: Module[] = [];
  const inner: string[] = [];
  const ask = () => ({
    run: (n: number) => {
      if (n > 1) return n;
      try {
        const nested = modules[0]?.invokeSync?.("test_call", "xx", callFor());
        inner.push(new TextDecoder().decode(nested));
      } catch (error) {
        inner.push(error instanceof Fault ? error.code : "?");
      }
      return n;
    },
  });
  for (const kind of ["pool", "one"] as const) {
    await using guest = await load(kind, ask);
    modules[0] = guest.module;
    assertEquals(guest.text("test_call", "x"), "1");
  }
  assertEquals(inner, ["2", "busy"]);
});

Deno.test("a convention of programs runs each call in a fresh instance", async () => {
  const command: Abi = {
    name: "command",
    instances: "fresh",
    looksFor: "the export _start",
    detect: () => "it has a start function",
    requires: [],
    operation: undefined,
    reserved: [],
    starts: false,
    bind: (guest) => ({
      imports: {},
      invoke(fn, payload) {
        const entry = guest.fn("_start");
        if (entry === undefined) throw new Fault("unknown-function");
        guest.program.setArgs(["command", fn]);
        guest.program.setInput(new TextEncoder().encode(`${payload}`));
        const take = guest.program.captureOutput(100);
        const status = guest.runToExit(entry);
        return new TextEncoder().encode(`${new TextDecoder().decode(take())} ${status}`);
      },
    }),
  };
  await using guest = await loadFixture("command", { abis: [command] });
  assertEquals(await text(guest.module, "greet", "hello"), "hello 5");
  assertEquals(await text(guest.module, "greet", "again!"), "again! 6");
  assertEquals(guest.err, ["arguments: 2", "arguments: 2"]);
  const long = await faultOf(() => text(guest.module, "greet", "x".repeat(101)));
  assertEquals(long.code, "payload-limit");
});
