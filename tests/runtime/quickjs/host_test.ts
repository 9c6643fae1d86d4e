/** QuickJS guests and their host: operations, waiting, revoking, logging. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Capability, defineCapability } from "../../../capabilities/capability.ts";
import { CapabilityError } from "../../../capabilities/errors.ts";
import { Fault } from "../../../runtime/errors.ts";
import { callOf, load } from "./guest.ts";

/** Waits, counts who waits, and tells when it was told to stop. */
function waiting(): {
  readonly capability: Capability<never, never>;
  readonly aborted: unknown[];
  most: number;
} {
  let now = 0;
  const seen = { aborted: [] as unknown[], most: 0 };
  const capability = defineCapability<object, undefined>({
    name: "test.wait",
    summary: "waits",
    parse: () => ({ ok: true, grant: {} }),
    operations: {
      ms: {
        params: ["ms", "value"],
        call: async ({ ms, value }, { signal }) => {
          seen.most = Math.max(seen.most, ++now);
          try {
            await new Promise<void>((resolve, reject) => {
              const timer = setTimeout(resolve, Number(ms));
              signal?.addEventListener("abort", () => {
                clearTimeout(timer);
                seen.aborted.push(signal.reason);
                reject(signal.reason);
              });
            });
          } finally {
            now--;
          }
          return value;
        },
      },
      fail: {
        params: ["kind"],
        call: ({ kind }) => {
          if (kind === "os") {
            return Promise.reject(
              Object.assign(new Error("open /srv/host/x"), { code: "ENOENT" }),
            );
          }
          return Promise.reject(new Error("no such record"));
        },
      },
    },
  });
  return Object.assign(seen, { capability: capability as unknown as Capability<never, never> });
}

const WAIT = { asks: ["test.wait"], grants: { "test.wait": true } } as const;

Deno.test("airlock operations answer through promises; log, clock and random at once", async () => {
  await using guest = await load(
    `
    async function f() {
      const set = airlock.kv.set("a", new Uint8Array([1, 2, 255]));
      const before = set instanceof Promise;
      await set;
      const got = await airlock.kv.get("a");
      return { before, got: [...got], bytes: got instanceof Uint8Array, list: await airlock.kv.list(), none: await airlock.kv.get("b"),
        now: typeof airlock.clock.now(), random: airlock.random.bytes(4).length };
    }`,
    { asks: ["kv"], grants: { kv: true } },
  );
  assertEquals(JSON.parse(await guest.call("f")), {
    before: true,
    got: [1, 2, 255],
    bytes: true,
    list: ["a"],
    none: null,
    now: "number",
    random: 4,
  });
});

Deno.test("console reaches the log with its level", async () => {
  await using guest = await load(`
    console.log("loading", 1);
    function f() { console.warn({ a: [1, "x"] }); console.error(new TypeError("bad")); }`);
  await guest.call("f");
  assertEquals(guest.logs.map(({ level, extension }) => [level, extension]), [
    ["info", "guest"],
    ["warn", "guest"],
    ["error", "guest"],
  ]);
  assertEquals(guest.logs[0]?.message, "loading 1");
  assertStringIncludes(guest.logs[2]?.message ?? "", "TypeError: bad");
});

Deno.test("what is not granted is not there; what is revoked rejects, and fails the call", async () => {
  await using guest = await load(
    `
    function has() { return [typeof airlock.kv, typeof airlock.env] }
    async function use() { return await airlock.kv.list() }
    async function caught() { try { await airlock.kv.list() } catch (e) { return [e.name, e.code, e.capability] } }`,
    { asks: ["kv"], grants: { kv: true } },
  );
  assertEquals(await guest.call("has"), '["object","undefined"]');
  assertEquals(await guest.call("use"), "[]");
  guest.revoke("kv");
  assertEquals(await guest.call("caught"), '["AirlockError","revoked","kv"]');
  const error = await assertRejects(async () => await guest.call("use"), CapabilityError);
  assertEquals([error.code, error.capability], ["revoked", "kv"]);
});

Deno.test("a failed operation tells its message, never the host's paths", async () => {
  const { capability } = waiting();
  await using guest = await load(
    "async function f(kind) { try { await airlock.test.wait.fail(kind) } catch (e) { return e.name + ': ' + e.message } }",
    { ...WAIT, capabilities: [capability] },
  );
  assertEquals(await guest.call("f", '"own"'), '"AirlockError: no such record"');
  assertEquals(await guest.call("f", '"os"'), '"AirlockError: the operation failed"');
});

Deno.test("calls interleave while they wait, up to the limit, and the rest waits its turn", async () => {
  const wait = waiting();
  await using guest = await load(
    "async function f(n) { return await airlock.test.wait.ms(20, n) }",
    {
      ...WAIT,
      capabilities: [wait.capability],
      limits: { concurrency: 3 },
    },
  );
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, n) => guest.call("f", String(n))),
  );
  assertEquals(results, ["0", "1", "2", "3", "4", "5", "6", "7"]);
  assertEquals(wait.most, 3);
});

Deno.test("a call that waits too long for its turn is busy", async () => {
  const wait = waiting();
  await using guest = await load(
    "async function f(n) { return await airlock.test.wait.ms(300, n) }",
    {
      ...WAIT,
      capabilities: [wait.capability],
      limits: { concurrency: 1, queueMs: 30 },
    },
  );
  const first = guest.call("f", "1");
  assertEquals((await assertRejects(() => guest.call("f", "2"), Fault)).code, "busy");
  assertEquals(await first, "1");
  assertEquals(await guest.call("f", "3"), "3");
});

Deno.test("a call that is over its deadline while it waits leaves the guest alive and aborts its operation", async () => {
  const wait = waiting();
  await using guest = await load(
    "let n = 0; async function f(ms) { n++; await airlock.test.wait.ms(ms); n += 10; return n }",
    { ...WAIT, capabilities: [wait.capability] },
  );
  const fault = await assertRejects(() => guest.call("f", "5000", { ms: 30 }), Fault);
  assertEquals(fault.code, "timeout");
  assertEquals(wait.aborted.length, 1);
  assertEquals(await guest.call("f", "1"), "12");
  assertEquals(guest.module.restarts, 0);
});

Deno.test("an aborted call rejects with its reason and aborts its operation", async () => {
  const wait = waiting();
  await using guest = await load(
    "async function f(ms) { return await airlock.test.wait.ms(ms, 1) }",
    {
      ...WAIT,
      capabilities: [wait.capability],
    },
  );
  const controller = new AbortController();
  const reason = new Error("enough");
  const pending = guest.call("f", "5000", { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 10);
  const error = await assertRejects(() => pending, Error);
  assert(error === reason);
  assertEquals(wait.aborted, [reason]);
  assertEquals(await guest.call("f", "1"), "1");
});

Deno.test("when one call ends the realm, those that wait in it are lost", async () => {
  const wait = waiting();
  await using guest = await load(
    "async function f(ms) { return await airlock.test.wait.ms(ms, 1) }\nfunction loop() { for (;;); }",
    { ...WAIT, capabilities: [wait.capability] },
  );
  const waitingCall = assertRejects(() => guest.call("f", "5000"), Fault);
  const fault = await assertRejects(() => guest.call("loop", "", { ms: 50 }), Fault);
  assertEquals(fault.code, "timeout");
  assertEquals((await waitingCall).code, "lost");
  assertEquals(wait.aborted.length, 1);
  assertEquals(await guest.call("f", "1"), "1");
});

Deno.test("between calls the guest stands still", async () => {
  const wait = waiting();
  await using guest = await load(
    `
    let ticks = 0, answered = 0;
    setInterval(() => ticks++, 1);
    function start() { airlock.test.wait.ms(5).then(() => answered++); }
    function read() { return [ticks > 0, answered] }
    let warm; const promise = airlock.test.wait.ms(5, "warm").then((value) => warm = value);
    async function warmed() { await promise; return warm }`,
    { ...WAIT, capabilities: [wait.capability] },
  );
  assertEquals(await guest.call("warmed"), '"warm"');
  await guest.call("start");
  await new Promise((resolve) => setTimeout(resolve, 40));
  // The answer was held back; it is heard with the next call.
  assertEquals(await guest.call("read"), "[true,1]");
});

Deno.test("a guest that calls itself through the host is a cycle", async () => {
  let again: () => unknown = () => undefined;
  const capability = defineCapability<object, undefined>({
    name: "test.again",
    summary: "calls back",
    parse: () => ({ ok: true, grant: {} }),
    operations: {
      log: { params: [], callSync: () => undefined, call: async () => String(await again()) },
    },
  }) as unknown as Capability<never, never>;
  await using guest = await load(
    "function f() { return 1 }\nasync function g() { return await airlock.test.again.log() }",
    { asks: ["test.again"], grants: { "test.again": true }, capabilities: [capability] },
  );
  again = async () => new TextDecoder().decode(await guest.module.invoke("f", "", callOf()));
  assertEquals(await guest.call("g"), '"1"');
});

Deno.test("the web's small globals are there", async () => {
  await using guest = await load(`
    async function f() {
      const order = [];
      queueMicrotask(() => order.push("micro"));
      const cancelled = setTimeout(() => order.push("no"), 1);
      clearTimeout(cancelled);
      await new Promise((resolve) => setTimeout((a) => { order.push(a); resolve() }, 2, "timer"));
      const url = new URL("../b?x=1#h", "http://u@example.com:8080/a/c");
      return {
        order, text: new TextDecoder().decode(new TextEncoder().encode("é☃")), base: atob(btoa("hi")),
        clone: structuredClone({ a: [new Date(0), new Map([[1, 2]])] }).a[1].get(1),
        random: crypto.getRandomValues(new Uint8Array(8)).length, uuid: crypto.randomUUID().length,
        url: [url.pathname, url.host, url.hash], now: performance.now() >= 0,
      };
    }`);
  assertEquals(JSON.parse(await guest.call("f")), {
    order: ["micro", "timer"],
    text: "é☃",
    base: "hi",
    clone: 2,
    random: 8,
    uuid: 36,
    url: ["/b", "example.com:8080", "#h"],
    now: true,
  });
});

Deno.test("a flood of logs, timers and operations is bounded", async () => {
  await using guest = await load(
    `
    function logs() { for (let i = 0; i < 2e4; i++) console.log("x".repeat(1000)); return 1 }
    function timers() { let n = 0; try { for (;; n++) setTimeout(() => {}, 1e9) } catch (e) { return [n, e.name] } }
    async function operations() { const all = []; for (let i = 0; i < 5000; i++) all.push(airlock.kv.get("a").then(() => 1, () => 0)); return (await Promise.all(all)).length }`,
    { asks: ["kv"], grants: { kv: true } },
  );
  await guest.call("logs", "", { ms: 10_000 });
  assert(guest.logs.length < 1_000);
  assertEquals(await guest.call("operations", "", { ms: 10_000 }), "5000");
  assertEquals(await guest.call("timers"), '[1000,"RangeError"]');
});

Deno.test("arguments that wait are bounded in bytes, too", async () => {
  const wait = waiting();
  await using guest = await load(
    `async function attack() {
      const big = "x".repeat(1e6);
      const ends = await Promise.all(Array.from({ length: 40 }, () =>
        airlock.test.wait.ms(50, big).then((got) => got.length, ({ code }) => code)));
      return [ends.filter((end) => end === 1e6).length, ends.filter((end) => end === "quota").length];
    }
    async function whole() { return (await airlock.test.wait.ms(1, "x".repeat(1e7))).length }`,
    {
      asks: ["test.wait"],
      grants: { "test.wait": true },
      capabilities: [wait.capability],
    },
  );
  assertEquals(await guest.call("attack", "", { ms: 20_000 }), "[8,32]");
  assert(wait.most <= 8);
  assertEquals(await guest.call("whole", "", { ms: 20_000 }), "10000000");
});

Deno.test("a refused operation that answers at once fails the call as the refusal that it is", async () => {
  await using guest = await load(`
    function flood() { for (;;) airlock.clock.now() }
    function caught() { try { flood() } catch (e) { return [e.name, e.code, e.capability] } }`);
  const budget = () => ({ ...callOf(), budget: { operations: 3 } });
  const refused = await assertRejects(
    async () => await guest.module.invoke("flood", "", budget()),
    CapabilityError,
  );
  assertEquals([refused.code, refused.capability], ["quota", "clock"]);
  const seen = await guest.module.invoke("caught", "", budget());
  assertEquals(new TextDecoder().decode(seen), '["AirlockError","quota","clock"]');
});
