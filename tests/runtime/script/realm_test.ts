/** The prelude and the realm it makes, in this thread. @module */

import { constants, createContext, runInContext } from "node:vm";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Ask, Post } from "../../../runtime/script/prelude.ts";
import { makeAnswers } from "../../../runtime/script/lane_answers.ts";
import { openRealm, type Realm } from "../../../runtime/script/realm.ts";
import { ESCAPE } from "./escape_walk.ts";

/** A realm in this thread, with its posts and its log. */
interface Opened {
  readonly realm: Realm;
  readonly posts: Parameters<Post>[];
  readonly log: string[];
}

const SURFACE = JSON.stringify([
  { capability: "test", operation: "echo", params: ["value"], sync: false },
  { capability: "random", operation: "bytes", params: ["length"], sync: true },
]);

function open(script: string, config: unknown = {}): Opened {
  const posts: Parameters<Post>[] = [];
  const log: string[] = [];
  const ask: Ask = makeAnswers({
    now: () => 1_700_000_000_000,
    monotonic: () => performance.now(),
    randomFill: (bytes) => bytes.fill(7),
    files: new Map(),
    logBytes: 1e6,
    log: (operation, args) => log.push(`${operation} ${JSON.parse(args).message}`),
  });
  const realm = openRealm((...post) => posts.push(post), ask);
  realm.enter("surface", 0, SURFACE, JSON.stringify(config));
  realm.prepare("index.js", script);
  realm.runScript();
  assertEquals(posts.pop(), ["ready", 0, 0, "", ""]);
  return { realm, posts, log };
}

/** The result of the expression, evaluated in a new realm after `before`. */
function value(expression: string, before = ""): unknown {
  const { realm, posts } = open(`${before}\nfunction run() { return ${expression} }`);
  realm.enter("call", 1, "run", "");
  const [kind, , , , body] = posts.pop() ?? [];
  assertEquals(kind, "result", `${expression}: ${body}`);
  return JSON.parse(body ?? "");
}

Deno.test("a realm gives guests the globals that are promised, and no others", () => {
  const names = value("Object.getOwnPropertyNames(globalThis)") as string[];
  const extra = [
    "TextEncoder",
    "TextDecoder",
    "URL",
    "URLSearchParams",
    "console",
    "crypto",
    "performance",
    "queueMicrotask",
    "structuredClone",
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "atob",
    "btoa",
    "airlock",
  ];
  for (const name of extra) assert(names.includes(name), name);
  const odd = names.filter((name) => /^[a-z]/.test(name) && !extra.includes(name));
  assertEquals(odd.sort(), [
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "escape",
    "eval",
    "globalThis",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "run",
    "undefined",
    "unescape",
  ]);
  for (const gone of ["WebAssembly", "SharedArrayBuffer", "FinalizationRegistry", "WeakRef"]) {
    assert(!names.includes(gone), gone);
  }
  assertEquals(value("typeof Atomics.waitAsync"), "undefined");
});

Deno.test("TextEncoder and TextDecoder of a realm do what the platform's do", () => {
  const texts = [
    "",
    "plain",
    "äöü€",
    "😀🏳️‍🌈",
    "\ud800 alone \udc00",
    "\u0000\u007f\u0080\u07ff\u0800\uffff",
  ];
  const encoded = value(
    `${JSON.stringify(texts)}.map((text) => Array.from(new TextEncoder().encode(text)))`,
  );
  assertEquals(encoded, texts.map((text) => Array.from(new TextEncoder().encode(text))));
  const streams = [
    [0xef, 0xbb, 0xbf, 0x61],
    [0xf0, 0x9f, 0x98, 0x80],
    [0xc0, 0x80, 0x61],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x9f, 0x98],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf0, 0x28, 0x8c, 0xbc],
    [0x80, 0xff, 0xfe, 0x62],
    [0xe2, 0x82, 0x41],
  ];
  const decoded = value(
    `${JSON.stringify(streams)}.map((bytes) => new TextDecoder().decode(new Uint8Array(bytes)))`,
  );
  assertEquals(decoded, streams.map((bytes) => new TextDecoder().decode(Uint8Array.from(bytes))));
  const strict = value(
    `${JSON.stringify(streams)}.map((bytes) => { try {
      return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes)) } catch (e) { return e.name } })`,
  );
  const platform = streams.map((bytes) => {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
    } catch (error) {
      return (error as Error).name;
    }
  });
  assertEquals(strict, platform);
  const streamed = value(`(() => {
    const decoder = new TextDecoder();
    let out = "";
    for (const byte of [0xef, 0xbb, 0xbf, 0xf0, 0x9f, 0x98, 0x80, 0xe2]) {
      out += decoder.decode(new Uint8Array([byte]), { stream: true });
    }
    return out + decoder.decode();
  })()`);
  assertEquals(streamed, "😀\ufffd");
});

Deno.test("atob() and btoa() of a realm do what the platform's do", () => {
  const every = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  // long ones are written in pieces of 256 characters, 192 bytes each
  const long = [191, 192, 193, 384, 1_000].map((size) => every.repeat(4).slice(0, size));
  const texts = ["", "a", "ab", "abc", "\u00ff\u0000", "hello world", ...long];
  assertEquals(value(`${JSON.stringify(texts)}.map(btoa)`), texts.map(btoa));
  const encoded = [
    "",
    "YQ==",
    "YQ",
    " Y Q = = ",
    "YWI=",
    "Y",
    "YQ=",
    "Y===",
    "*",
    "YWJj=",
    "YWJjZA==",
    ...long.map(btoa),
  ];
  const platform = encoded.map((text) => {
    try {
      return atob(text);
    } catch {
      return null;
    }
  });
  const guest = value(
    `${JSON.stringify(encoded)}.map((text) => { try { return atob(text) } catch { return null } })`,
  );
  assertEquals(guest, platform);
});

Deno.test("bytes of a realm are written whole whatever its guest does to arrays and views", () => {
  const written = value(`(() => {
    const taken = [];
    for (const proto of [Array.prototype, Object.prototype]) {
      for (const key of [0, 1, 255]) {
        Object.defineProperty(proto, key, { set(value) { taken.push(value) }, configurable: true });
      }
    }
    String.fromCharCode = () => "forged";
    const text = btoa("x".repeat(500));
    for (const proto of [Array.prototype, Object.prototype]) for (const key of [0, 1, 255]) delete proto[key];
    return [text, taken.length];
  })()`);
  assertEquals(written, [btoa("x".repeat(500)), 0]);
});

Deno.test("structuredClone() of a realm copies what can be copied", () => {
  const found = value(`(() => {
    const a = { list: [1, , 3], map: new Map([[{ k: 1 }, new Set([1])]]), date: new Date(5), re: /x/gi,
      bytes: new Uint8Array([1, 2, 3]).subarray(1), view: new DataView(new ArrayBuffer(4), 1, 2),
      boxed: Object("text"), error: new RangeError("r", { cause: 1 }), nothing: undefined, big: 1n };
    a.self = a;
    const b = structuredClone(a);
    const refuses = (x) => { try { structuredClone(x); return false } catch (e) { return e.name } };
    return [b !== a, b.self === b, b.list.length, 1 in b.list, [...b.map.keys()][0].k, [...b.map.values()][0].has(1),
      b.date.getTime(), String(b.re), Array.from(b.bytes), b.view.byteOffset, b.boxed.valueOf(),
      b.error instanceof RangeError, b.error.cause, "nothing" in b, String(b.big),
      refuses(() => {}), refuses(Symbol()), refuses(Promise.resolve())];
  })()`);
  assertEquals(found, [
    true,
    true,
    3,
    false,
    1,
    true,
    5,
    "/x/gi",
    [2, 3],
    1,
    "text",
    true,
    1,
    true,
    "1",
    "DataCloneError",
    "DataCloneError",
    "DataCloneError",
  ]);
});

Deno.test("URL and URLSearchParams of a realm do what the platform's do", () => {
  const steps = `(() => {
    const out = [];
    const u = new URL("../b?q=1&q=2#h", "https://user:pw@example.com:8080/a/c/d");
    out.push(u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash);
    u.port = "99999999"; u.pathname = "/ä b"; u.hash = ""; u.searchParams.append("z", "a&b=c ~'()!*");
    out.push(u.href, String(u), JSON.stringify(u), u.searchParams.getAll("q"), u.searchParams.get("nope"));
    u.search = "?x=%zz&y=+"; out.push(u.searchParams.get("x"), u.searchParams.get("y"), u.searchParams.size);
    const p = new URLSearchParams([["b", "1"], ["a", "2"], ["b", "0"]]);
    p.sort(); p.set("c", "3"); p.delete("b", "1"); out.push(p.toString(), [...p], [...p.keys()], p.has("a", "2"));
    out.push(new URLSearchParams({ k: "ü" }).toString(), URL.canParse("nope"), URL.canParse("x", "a:b/"), URL.parse("nope"));
    try { new URL("nope") } catch (e) { out.push(e instanceof TypeError) }
    try { u.href = "nope" } catch (e) { out.push(e instanceof TypeError) }
    return out;
  })()`;
  // The same text here and there: what the platform answers is what a guest must get.
  const platform = new Function(`return ${steps}`)() as unknown;
  assertEquals(value(steps), JSON.parse(JSON.stringify(platform)));
});

Deno.test("a realm goes on working when guest code pollutes every intrinsic", async () => {
  // The guest breaks its own promises: a lane hears of that, and so does this test.
  const ignore = (event: Event) => event.preventDefault();
  addEventListener("unhandledrejection", ignore);
  const { realm, posts, log } = open(
    `const evil = () => { throw new Error("evil") };
    const { ownKeys, getOwnPropertyDescriptor, defineProperty } = { ...Reflect, ...Object,
      ownKeys: Reflect.ownKeys, getOwnPropertyDescriptor: Object.getOwnPropertyDescriptor, defineProperty: Object.defineProperty };
    const stay = { constructor: 1, length: 1, name: 1, prototype: 1, __proto__: null };
    const targets = [];
    const names = ownKeys(globalThis);
    for (let i = 0; i < names.length; i++) {
      const holder = globalThis[names[i]];
      if (holder === globalThis || names[i] === "airlock" || !holder) continue;
      targets[targets.length] = holder;
      targets[targets.length] = holder.prototype;
    }
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i];
      if ((typeof target !== "object" && typeof target !== "function") || !target) continue;
      const keys = ownKeys(target);
      for (let k = 0; k < keys.length; k++) {
        const key = keys[k];
        if (stay[key]) continue;
        const { configurable, writable } = getOwnPropertyDescriptor(target, key);
        if (!configurable && !writable) continue;
        try { target[key] = evil } catch {}
      }
    }
    const hooks = ["0", "1", "get", "set", "value", "then", "$bytes", "code", "message", "resolve"];
    for (let i = 0; i < hooks.length; i++) {
      try { defineProperty(Object.prototype, hooks[i], { __proto__: null, get: evil, set: evil, configurable: true }) } catch {}
    }
    var run = async (x) => { const y = await airlock.test.echo([x, x]); return y };
    var sum = (x) => ({ __proto__: null, sum: x.a[0] + x.a[1] });`,
  );
  realm.enter("call", 1, "run", '{"deep":[1,{"x":null}]}');
  assertEquals(posts.shift(), [
    "host",
    1,
    1,
    "test.echo",
    '{"value":[{"deep":[1,{"x":null}]},{"deep":[1,{"x":null}]}]}',
  ]);
  realm.enter("reply", 1, true, '{"$bytes":"AQID"}');
  assertEquals(posts.pop()?.[1], 1);
  realm.enter("call", 2, "nope", "1");
  assertEquals(posts.pop()?.slice(0, 4), ["error", 2, 0, "unknown-function"]);
  realm.enter("call", 3, "run", "{");
  assertEquals(posts.pop()?.slice(0, 4), ["error", 3, 0, "bad-payload"]);
  realm.enter("call", 4, "sum", '{"a":[1,2]}');
  assertEquals(posts.pop(), ["result", 4, 0, "", '{"sum":3}']);
  assertEquals(log, []);
  await new Promise((resolve) => setTimeout(resolve, 1));
  removeEventListener("unhandledrejection", ignore);
});

Deno.test("a realm reports one call under its own number, whatever the guest does", () => {
  const { realm, posts } = open(
    `var keep; function hold() { return new Promise((resolve) => keep = resolve) }
    function free() { keep(1); keep(2); return 3 }`,
  );
  realm.enter("call", 8, "hold", "");
  assertEquals(posts, []);
  realm.enter("call", 9, "free", "");
  assertEquals(posts.map(([kind, id, , , body]) => [kind, id, body]), [
    ["result", 9, "3"],
    ["result", 8, "1"],
  ]);
});

Deno.test("timers of a realm are limited, repeat, and end with the call that set them", () => {
  const { realm, posts, log } = open(
    `function flood() { let n = 0; try { for (;;) { setTimeout(() => {}, 1e9); n++ } } catch (e) { return [n, e instanceof RangeError] } }
    function every() { setInterval((a, b) => console.log(a + b), 5, "x", "y") }`,
  );
  realm.enter("call", 1, "every", "");
  const [, timer, ms] = posts.shift() ?? [];
  assertEquals(ms, 5);
  realm.enter("timer", timer ?? 0, "", "");
  realm.enter("timer", timer ?? 0, "", "");
  assertEquals(log, ["log.info xy", "log.info xy"]);
  realm.enter("abort", 1, "", "");
  assertEquals(posts.pop()?.slice(0, 2), ["untimer", timer]);
  realm.enter("timer", timer ?? 0, "", "");
  assertEquals(log.length, 2);
  realm.enter("call", 2, "flood", "");
  const [kind, , , , body] = posts.pop() ?? [];
  assertEquals([kind, body], ["result", "[1000,true]"]);
});

Deno.test("stacks of a realm name only files of the extension", () => {
  const { realm, posts } = open("function run() { [1].map(() => { throw new Error('here') }) }");
  realm.enter("call", 1, "run", "");
  const text = posts.pop()?.[4] ?? "";
  assertStringIncludes(text, "Error: here\n    at index.js:1:");
  assertStringIncludes(text, "at run (index.js:1:");
  assert(!/realm_test|realm\.ts|airlock:|ext:|file:/.test(text), text);
});

Deno.test("the walk for foreign objects finds one that is there", async () => {
  const global = createContext(constants.DONT_CONTEXTIFY as unknown as object);
  Object.assign(global, {
    setTimeout: () => 1,
    airlock: { test: { echo: (value: unknown) => [value] } },
  });
  const found = await (runInContext(`${ESCAPE}; walk()`, global) as Promise<{ foreign: string[] }>);
  assert(found.foreign.length > 0);
  assert(found.foreign.some((path) => path.endsWith(" compiles")), found.foreign.join());
});

Deno.test("console of a realm shows values in one line, and cycles, depth and size bounded", () => {
  const { realm, log } = open(
    `function run() {
      const a = { name: "a", list: [1, "two", [3]], f() {}, s: Symbol("s"), big: 2n, n: null, u: undefined };
      a.self = a;
      console.log(a, "text", 1.5);
      console.log({ a: { b: { c: { d: { e: 1 } } } } }, new Uint8Array(3), new Map());
      console.log("x".repeat(1e6).length, "y".repeat(1e5));
      console.debug(new Proxy({}, { ownKeys() { throw 1 } }), Object.create(null));
      console.assert(true, "no"); console.assert(false, "yes");
    }`,
  );
  realm.enter("call", 1, "run", "");
  assertEquals(
    log[0],
    'log.info { name: "a", list: [1, "two", [3]], f: [Function: f], s: Symbol(s), big: 2n, n: null, u: undefined, self: [Circular] } text 1.5',
  );
  assertEquals(log[1], "log.info { a: { b: { c: { d: [Object] } } } } [3 bytes] Map {}");
  assertEquals(log[2]?.length, "log.info ".length + 8192);
  assertEquals(log[3], "log.debug [cannot be shown] {}");
  assertEquals(log.slice(4), ["log.error Assertion failed: yes"]);
});
