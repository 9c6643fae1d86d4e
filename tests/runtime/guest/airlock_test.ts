/** The types of the guest's world, held against what that world really has. @module */

import { assertEquals } from "@std/assert";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { preopenOperations } from "../../../capabilities/preopen_operations.ts";
import { GUEST_GLOBALS } from "../../../cli/type_check.ts";
import type { Airlock, GuestGlobals } from "../../../runtime/guest/mod.ts";
import { openRealm } from "../../../runtime/script/realm.ts";

type Operations<Part> = readonly (keyof NonNullable<Part>)[];

/** The compiler holds each list against the types; the test holds it against the catalogue. */
const TYPED: {
  readonly log: Operations<Airlock["log"]>;
  readonly clock: Operations<Airlock["clock"]>;
  readonly random: Operations<Airlock["random"]>;
  readonly var: Operations<Airlock["var"]>;
  readonly events: Operations<Airlock["events"]>;
  readonly kv: Operations<Airlock["kv"]>;
  readonly env: Operations<Airlock["env"]>;
  readonly extensions: Operations<Airlock["extensions"]>;
  readonly fs: Operations<Airlock["fs"]>;
  readonly net: Operations<Airlock["net"]>;
  readonly run: Operations<Airlock["run"]>;
  readonly sqlite: Operations<Airlock["sqlite"]>;
  readonly "http.serve": Operations<NonNullable<Airlock["http"]>["serve"]>;
  readonly "ws.serve": Operations<NonNullable<Airlock["ws"]>["serve"]>;
  readonly "sse.serve": Operations<NonNullable<Airlock["sse"]>["serve"]>;
} = {
  log: ["debug", "info", "warn", "error", "write"],
  clock: ["now", "monotonic"],
  random: ["bytes"],
  var: ["get", "set", "delete", "keys"],
  events: ["emit"],
  kv: ["get", "set", "delete", "list"],
  env: ["get", "list"],
  extensions: ["call"],
  fs: ["read", "write", "delete", "list", "stat"],
  net: ["fetch"],
  run: ["start"],
  sqlite: ["exec", "query"],
  "http.serve": ["register", "respond"],
  "ws.serve": ["register", "send", "close"],
  "sse.serve": ["register", "emit"],
};

Deno.test("every operation of every built-in capability has a type, and none has one too many", () => {
  const registry = new CapabilityRegistry();
  // The configuration is data for these guests.
  const names = registry.names().filter((name) => name !== "config");
  // Descriptors of WASI programs: an author has whole files instead.
  const descriptors = Object.keys(preopenOperations(() => new Map() as never));
  const found = names.map((name) => {
    const { operations = {} } = registry.get(name)?.capability ?? {};
    const own = Object.keys(operations).filter((each) =>
      name !== "fs" || !descriptors.includes(each)
    );
    return [name, own.sort()];
  });
  const typed = Object.entries(TYPED).map(([name, list]) => [name, [...list].sort()]);
  assertEquals(Object.fromEntries(typed), Object.fromEntries(found));
});

Deno.test("the list of globals is the guest's world beside the language", () => {
  // A missing name is an error of the compiler here.
  const typed: { readonly [name in keyof GuestGlobals]: true } = {
    airlock: true,
    atob: true,
    btoa: true,
    clearInterval: true,
    clearTimeout: true,
    console: true,
    crypto: true,
    performance: true,
    queueMicrotask: true,
    setInterval: true,
    setTimeout: true,
    structuredClone: true,
    TextDecoder: true,
    TextEncoder: true,
    URL: true,
    URLSearchParams: true,
  };
  assertEquals([...GUEST_GLOBALS].sort(), Object.keys(typed).sort());
  let seen = "";
  const realm = openRealm((kind, _id, _other, _head, body) => {
    if (kind === "result") seen = body;
  }, () => "=0");
  realm.enter("surface", 0, "[]", "{}");
  realm.prepare("names.js", "function names() { return Object.getOwnPropertyNames(globalThis) }");
  realm.runScript();
  realm.enter("call", 1, "names", "");
  const world: readonly string[] = JSON.parse(seen);
  assertEquals(GUEST_GLOBALS.filter((name) => !world.includes(name)), []);
  const web = [
    "fetch",
    "Request",
    "WebSocket",
    "Worker",
    "Deno",
    "process",
    "WebAssembly",
    "Buffer",
  ];
  assertEquals(world.filter((name) => web.includes(name)), []);
});
