/** One suite for every JavaScript tier; what differs is in javascript_tiers.ts. @module */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type Extension,
  ExtensionError,
  ExtensionHost,
  type LoadOptions,
  type LogRecord,
} from "@airlock/host";
import { NAME, nativeGuest } from "./javascript_native.ts";
import { type DifferenceName, DIFFERENCES, type TierName, TIERS } from "./javascript_tiers.ts";

const GUEST = new URL("../fixtures/javascript/guest.js", import.meta.url);

/** A loaded guest in one tier. */
interface World extends AsyncDisposable {
  readonly tier: TierName;
  readonly guest: Extension;
  readonly logs: readonly LogRecord[];
  /** What the table says of this tier. */
  answer(name: DifferenceName): string;
}

async function open(tier: TierName, options: LoadOptions = {}): Promise<World> {
  const logs: LogRecord[] = [];
  const native = nativeGuest();
  const host = new ExtensionHost({ native, warmProcesses: 0, log: (record) => logs.push(record) });
  const manifest = {
    name: NAME,
    runtime: tier === "worker" || tier === "process" ? "js" : tier,
    capabilities: ["kv", { name: "env", names: ["HOME"], optional: true }],
    config: { greeting: "hello", nested: { list: [1] } },
    ...tier === "native" ? {} : { module: "guest.js" },
  };
  const files = { "guest.js": await Deno.readTextFile(GUEST) };
  const guest = await host.load({ manifest, ...tier === "native" ? {} : { files } }, {
    grants: { kv: true },
    ...tier === "worker" || tier === "process" ? { isolation: tier } : {},
    ...options,
  });
  return {
    tier,
    guest,
    logs,
    answer: (name) => DIFFERENCES[name].answers[tier],
    [Symbol.asyncDispose]: () => host.close(),
  };
}

async function errorOf(promise: Promise<unknown>): Promise<ExtensionError> {
  return await assertRejects(() => promise, ExtensionError);
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Every case, for every tier. */
const CASES: { readonly [claim: string]: (tier: TierName) => Promise<void> } = {
  "values go in and out, large and foreign ones too": async (tier) => {
    await using world = await open(tier);
    const values = [
      null,
      true,
      -0.5,
      "",
      "äö€😀\u0000\u2028",
      [1, [2, { a: null }]],
      { "": 1, ["__proto__"]: 2, toJSON: "x" },
      "x".repeat(1_000_000),
    ];
    for (const value of values) assertEquals(await world.guest.call("echo", value), value);
    assertEquals(await world.guest.call("later", { a: ["ä"] }), { a: ["ä"] });
    assertEquals(decode(await world.guest.invoke("echo", '"\\ud83d\\ude00"')), '"😀"');
  },

  "bytes that are no JSON": async (tier) => {
    await using world = await open(tier);
    for (const bytes of [Uint8Array.of(0xff), new TextEncoder().encode("{")]) {
      if (world.answer("payload") === "taken as they are") {
        assertEquals(await world.guest.invoke("raw", bytes), bytes);
      } else {
        assertEquals((await errorOf(world.guest.invoke("echo", bytes))).code, "bad-payload");
      }
    }
  },

  "an empty payload, and no result": async (tier) => {
    await using world = await open(tier);
    assertEquals(`\`${await world.guest.call("what")}\``, world.answer("empty"));
    const none = decode(await world.guest.invoke("none"));
    assertEquals(none === "" ? "nothing" : `\`${none}\``, world.answer("nothing"));
  },

  "invokeSync()": async (tier) => {
    await using world = await open(tier);
    if (world.answer("sync") === "yes") {
      assertEquals(decode(world.guest.invokeSync("echo", "[1]")), "[1]");
      const waits = assertThrows(() => world.guest.invokeSync("wait", "20000"), ExtensionError);
      assertEquals(waits.code, "needs-async");
    } else {
      const { code } = assertThrows(() => world.guest.invokeSync("echo"), ExtensionError);
      assertEquals(`\`${code}\``, world.answer("sync"));
    }
  },

  "errors are the guest's own words, and never the message": async (tier) => {
    await using world = await open(tier);
    for (const fn of ["fail", "failLater"]) {
      const error = await errorOf(world.guest.call(fn, "secret"));
      assertEquals([error.code, error.extension, error.fn], ["guest-error", NAME, fn]);
      assert(error.guest.includes("TypeError: no secret"), error.guest);
      assert(!error.message.includes("secret"), error.message);
    }
    assertEquals((await errorOf(world.guest.call("throwText"))).guest.trim(), "only text");
    for (const fn of ["gone", "toString", "eval", "constructor", "__proto__"]) {
      assertEquals((await errorOf(world.guest.call(fn))).code, "unknown-function", fn);
    }
  },

  "calls interleave where they wait": async (tier) => {
    await using world = await open(tier, { limits: { concurrency: 3 } });
    const crowd = await Promise.all(
      Array.from({ length: 7 }, () => world.guest.call<number>("crowd", 20)),
    );
    const limited = world.answer("crowd").startsWith("`limits.concurrency`");
    assertEquals(Math.max(...crowd), limited ? 3 : 7);
  },

  "an aborted call rejects with its reason, and the guest lives on": async (tier) => {
    await using world = await open(tier);
    assertEquals(await world.guest.call("next"), 1);
    const controller = new AbortController();
    const waiting = world.guest.call("wait", 20_000, { signal: controller.signal });
    await pause(30);
    controller.abort("enough");
    assertEquals(await waiting.catch((reason) => reason), "enough");
    assertEquals(await world.guest.call("next"), 2);
    const early = world.guest.call("next", null, { signal: AbortSignal.abort("early") });
    assertEquals(await early.catch((reason) => reason), "early");
  },

  "a call that waits too long": async (tier) => {
    await using world = await open(tier);
    assertEquals(await world.guest.call("next"), 1);
    const { code } = await errorOf(world.guest.call("wait", 20_000, { timeoutMs: 80 }));
    const next = await world.guest.call("next");
    const what = next === 2 ? "the guest lives on" : "a new guest";
    assertEquals(`\`${code}\`; ${what}`, world.answer("timeout"));
    assertEquals(world.guest.stats().restarts, next === 2 ? 0 : 1);
  },

  "a promise that nothing can settle": async (tier) => {
    await using world = await open(tier);
    const began = performance.now();
    const { code } = await errorOf(world.guest.call("never", null, { timeoutMs: 1_000 }));
    const when = performance.now() - began < 900 ? "at once" : "at the deadline";
    assertEquals(`\`${code}\` ${when}`, world.answer("unsettled"));
  },

  "an endless loop": async (tier) => {
    if (tier === "native") return assertEquals(DIFFERENCES.loop.answers.native, "stops the host");
    await using world = await open(tier);
    const other = errorOf(world.guest.call("wait", 20_000));
    await pause(20);
    const loop = await errorOf(world.guest.call("loop", null, { timeoutMs: 100 }));
    assertEquals(
      `\`${loop.code}\`; others in flight \`${(await other).code}\`; a new guest`,
      world.answer("loop"),
    );
    assertEquals([await world.guest.call("next"), world.guest.stats().restarts], [1, 1]);
  },

  "close() ends calls in flight": async (tier) => {
    await using world = await open(tier);
    const waiting = errorOf(world.guest.call("wait", 20_000));
    await pause(20);
    await world.guest.close();
    assertEquals((await waiting).code, "closed");
    assertEquals((await errorOf(world.guest.call("next"))).code, "closed");
  },

  "configuration, granted operations and logs": async (tier) => {
    await using world = await open(tier, { config: { greeting: "salut" } });
    const config = { greeting: "salut", nested: { list: [1] } };
    assertEquals(await world.guest.call("settings"), [config, true]);
    assertEquals(await world.guest.call("granted"), ["object", "undefined"]);
    assertEquals(await world.guest.call("keep", "värde"), "värde");
    const promised = await world.guest.call("promised");
    assertEquals(promised, world.answer("operations").startsWith("through a promise"));
    assertEquals(await world.guest.call("say", "ä"), null);
    for (let i = 0; i < 100 && world.logs.length === 0; i++) await pause(5);
    assertEquals(world.logs.map(({ extension, level, message }) => [extension, level, message]), [
      [NAME, "warn", "said ä"],
    ]);
  },

  "payloads and results end at their limit": async (tier) => {
    await using world = await open(tier, { limits: { payloadBytes: 10_000 } });
    assertEquals(
      (await errorOf(world.guest.call("echo", "x".repeat(20_000)))).code,
      "payload-limit",
    );
    assertEquals((await errorOf(world.guest.call("big", 20_000))).code, "payload-limit");
    assertEquals(await world.guest.call("big", 3), "xxx");
  },

  "a file that cannot be parsed": async (tier) => {
    if (tier === "native") return;
    await using world = await open(tier);
    await using host = new ExtensionHost({ warmProcesses: 0 });
    const { runtime } = world.guest;
    const broken = { manifest: { name: "b", runtime, module: "b.js" }, files: { "b.js": "\n(;" } };
    const { code, guest } = await errorOf(
      host.load(
        broken,
        world.guest.isolation === "inline" ? {} : { isolation: world.guest.isolation },
      ),
    );
    assertEquals(`\`${code}\``, world.answer("syntax"));
    assert(guest.includes("b.js:2:"), guest);
  },

  "memorySize, and lists of calls": async (tier) => {
    await using world = await open(tier);
    await world.guest.call("echo", 1);
    assertEquals(world.guest.memorySize > 0 ? "the heap's bytes" : "0", world.answer("memory"));
    const before = world.guest.stats().calls;
    assertEquals(await world.guest.callAll("later", ["a", null, 3]), ["a", null, 3]);
    const calls = world.guest.stats().calls - before;
    assertEquals(
      calls === 1 ? "one call for the list" : "one call for each entry",
      world.answer("list"),
    );
    const { code, guest } = await errorOf(world.guest.callAll("fail", ["a", "b"]));
    assertEquals([code, guest.includes("no a")], ["guest-error", true]);
  },
};

for (const [claim, run] of Object.entries(CASES)) {
  Deno.test(`JavaScript tiers: ${claim}`, async (t) => {
    for (const tier of TIERS) await t.step(tier, () => run(tier));
  });
}
