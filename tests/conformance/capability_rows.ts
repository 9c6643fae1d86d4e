/** The requests of the capability suite, each with the one decision and the one record it must get. @module */

import type { AuditOutcome, GrantOptions, LimitOptions } from "../../mod.ts";
import type { World } from "./capability_world.ts";

/** What the guest does: the same operation some times, in one call. */
export interface GuestRequest {
  /** `capability.operation`. */
  readonly operation: string;
  /** Arguments in the order of the operation's parameters, for JavaScript. */
  readonly args: readonly unknown[];
  /** The same by name, for guests that name them. */
  readonly named: { readonly [name: string]: unknown };
  /** Default: 1. Only the last answer counts. */
  readonly times?: number;
}

/** What the guest got. */
export interface GuestAnswer {
  /** `ok`, the refusal's code, or `absent` where the guest finds no such operation. */
  readonly code: string;
  /** The refused capability; empty where none was. */
  readonly capability: string;
  /** The value; bytes as text. */
  readonly value?: unknown;
}

/** Capability, operation, outcome and summary of one record. */
export type Line = readonly [
  capability: string,
  operation: string,
  outcome: AuditOutcome,
  summary: string,
];

/** One request and what must come of it, in every tier. */
export interface Row {
  /** For the test's name. */
  readonly about: string;
  /** `capability.operation`. */
  readonly operation: string;
  readonly request: (world: World) => GuestRequest;
  readonly answer: (world: World) => GuestAnswer;
  /** Records of operations; decisions at load are another test. */
  readonly audit: (world: World) => readonly Line[];
  /** What the servers saw; default: nothing. */
  readonly seen?: (world: World) => readonly string[];
  readonly limits?: LimitOptions;
  /** Capabilities taken back before the guest asks. */
  readonly revoked?: readonly string[];
  /** Takes `net` back once the request has arrived at its server. */
  readonly revokesMidFlight?: true;
}

/** What every guest of the table asks for. */
export const ASKS: readonly unknown[] = [
  "net",
  { name: "fs", reason: "keeps notes" },
  "sqlite",
  { name: "kv", bytes: 4096 },
  { name: "env", names: ["AIRLOCK_CONFORMANCE", "AIRLOCK_SECRET"] },
  { name: "extensions", names: ["peer"], optional: true },
  { name: "http.serve", routes: ["GET /notes/:id", "/admin/*"] },
  { name: "ws.serve", paths: ["/chat/*"] },
  "sse.serve",
  { name: "run", executables: [["/bin/sh", "-c", 'read word; test "$word" = milk'], "/bin/false"] },
];

/** The command that is granted: it fails for any other standard input. */
const GRANTED_COMMAND = ["/bin/sh", "-c", 'read word; test "$word" = milk'];

/** Bytes of the granted store. */
const KV_BYTES = 1_024;

/** Bytes of the granted files; the database counts, too. */
const FS_BYTES = 64 * 1_024;

/** What its operator grants: a part of each, `pinger` that nobody asked for, and `extensions` not at all. */
export function grantsIn({ granted }: World): GrantOptions {
  return {
    net: { hosts: [granted] },
    fs: { read: ["data"], write: ["data"], bytes: FS_BYTES },
    sqlite: { tables: { notes: "rw", rates: "r" } },
    kv: { bytes: KV_BYTES },
    env: { names: ["AIRLOCK_CONFORMANCE"] },
    "http.serve": { routes: ["/notes/*"] },
    "ws.serve": { paths: ["/chat/room"] },
    "sse.serve": { paths: ["/news"] },
    run: { executables: [GRANTED_COMMAND] },
    pinger: true,
  };
}

const ok = (value: unknown): GuestAnswer => ({ code: "ok", capability: "", value });
const refused = (code: string, capability: string): GuestAnswer => ({ code, capability });
const ABSENT: GuestAnswer = { code: "absent", capability: "" };

function one(
  about: string,
  operation: string,
  params: readonly string[],
  args: (world: World) => readonly unknown[],
  rest: {
    readonly answer: (world: World) => GuestAnswer;
    readonly outcome?: AuditOutcome;
    readonly summary?: (world: World) => string;
    readonly times?: number;
  } & Pick<Row, "seen" | "limits" | "revoked" | "revokesMidFlight">,
): Row {
  const { answer, outcome, summary, times, ...more } = rest;
  const [capability = "", name = ""] = splitName(operation);
  return {
    about,
    operation,
    answer,
    request(world) {
      const values = args(world);
      const named = Object.fromEntries(values.map((value, at) => [params[at] ?? "", value]));
      return { operation, args: values, named, ...times === undefined ? {} : { times } };
    },
    audit: (world) =>
      outcome === undefined
        ? []
        : [[capability, name, outcome, (summary ?? ((w) => String(args(w)[0])))(world)]],
    ...more,
  };
}

function splitName(operation: string): readonly [string, string] {
  const dot = operation.lastIndexOf(".");
  return [operation.slice(0, dot), operation.slice(dot + 1)];
}

/** A row of `net`. */
function fetching(about: string, url: (world: World) => string, rest: Parameters<typeof one>[4]) {
  const summary = (world: World) => `GET ${url(world)}`;
  const args = (world: World) => [url(world)];
  return one(about, "net.fetch", ["url"], args, { summary, ...rest });
}

/** A row about a path. */
function file(
  about: string,
  operation: string,
  args: readonly unknown[],
  rest: Parameters<typeof one>[4],
): Row {
  return one(about, operation, ["path", "bytes"], () => args, rest);
}

/** A row of `sqlite`. */
function sql(about: string, operation: string, text: string, rest: Parameters<typeof one>[4]): Row {
  return one(about, operation, ["sql"], () => [text], rest);
}

/** A row of `run`. */
function running(
  about: string,
  command: string | readonly string[],
  rest: Parameters<typeof one>[4],
): Row {
  const summary = () => [command].flat().join(" ");
  const args = () => [command, { stdin: "milk\n" }];
  return one(about, "run.start", ["command", "options"], args, { summary, ...rest });
}

/** A row about a route. */
function route(about: string, method: string, path: string, rest: Parameters<typeof one>[4]): Row {
  const summary = () => `${method} ${path}`;
  const args = () => [method, path, "handle"];
  const params = ["method", "path", "handler"];
  return one(about, "http.serve.register", params, args, { summary, ...rest });
}

/** A row about a path that is served in another way. */
function path(about: string, operation: string, at: string, rest: Parameters<typeof one>[4]): Row {
  return one(about, operation, ["path", "data"], () => [at, "news"], rest);
}

/** The table. */
export const ROWS: readonly Row[] = [
  fetching("an allowed host", ({ granted }) => `http://${granted}/hello`, {
    answer: () => ok({ status: 200, body: "hello" }),
    outcome: "allowed",
    seen: ({ port }) => [`${port}/hello`],
  }),
  fetching("a wrong host", ({ port }) => `http://localhost:${port}/`, {
    answer: () => refused("denied", "net"),
    outcome: "denied",
  }),
  fetching("a wrong port", ({ other }) => `http://${other}/`, {
    answer: () => refused("denied", "net"),
    outcome: "denied",
  }),
  fetching("a redirect away", ({ granted }) => `http://${granted}/away`, {
    answer: () => refused("denied", "net"),
    outcome: "denied",
    seen: ({ port }) => [`${port}/away`],
  }),
  file("an allowed file", "fs.read", ["data/note.txt"], {
    answer: () => ok("remember the milk"),
    outcome: "allowed",
  }),
  file("an allowed file to write", "fs.write", ["data/new.txt", "bread"], {
    answer: () => ok(undefined),
    outcome: "allowed",
  }),
  file("a file beside what is granted", "fs.read", ["private/key.txt"], {
    answer: () => refused("denied", "fs"),
    outcome: "denied",
  }),
  file("a path that climbs", "fs.read", ["data/../private/key.txt"], {
    answer: () => refused("denied", "fs"),
    outcome: "denied",
  }),
  file("a link out", "fs.read", ["data/link.txt"], {
    answer: () => refused("denied", "fs"),
    outcome: "denied",
  }),
  file("a file over its quota", "fs.write", ["data/big.txt", "x".repeat(FS_BYTES)], {
    answer: () => refused("quota", "fs"),
    outcome: "quota",
  }),
  sql("an allowed table", "sqlite.query", "SELECT text FROM notes", {
    answer: () => ok({ columns: ["text"], rows: [["milk"]] }),
    outcome: "allowed",
  }),
  sql("a wrong table", "sqlite.query", "SELECT password FROM users", {
    answer: () => refused("denied", "sqlite"),
    outcome: "denied",
  }),
  sql("a table that may only be read", "sqlite.exec", "DELETE FROM rates", {
    answer: () => refused("denied", "sqlite"),
    outcome: "denied",
  }),
  sql("SQL that is wrong", "sqlite.query", "SELECT FROM WHERE", {
    answer: () => refused("not-possible", ""),
    outcome: "failed",
  }),
  one("an allowed key", "kv.set", ["key", "value"], () => ["a", "1"], {
    answer: () => ok(undefined),
    outcome: "allowed",
  }),
  one("a store over its quota", "kv.set", ["key", "value"], () => ["a", "x".repeat(KV_BYTES)], {
    answer: () => refused("quota", "kv"),
    outcome: "quota",
  }),
  {
    ...one("more operations than a call may have", "kv.delete", ["key"], () => ["a"], {
      answer: () => refused("quota", "kv"),
      times: 4,
      limits: { operations: 2 },
    }),
    audit: () => [
      ["kv", "delete", "allowed", "a"],
      ["kv", "delete", "allowed", "a"],
      // the others are not told: a flood of refusals must not flood the audit
      ["kv", "delete", "quota", "a"],
    ],
  },
  one("an allowed variable", "env.get", ["name"], () => ["AIRLOCK_CONFORMANCE"], {
    answer: () => ok("set"),
    outcome: "allowed",
  }),
  one("a variable that was asked for and not granted", "env.get", ["name"], () => [
    "AIRLOCK_SECRET",
  ], { answer: () => refused("denied", "env"), outcome: "denied" }),
  fetching("a capability that was revoked", ({ granted }) => `http://${granted}/hello`, {
    answer: () => refused("revoked", "net"),
    outcome: "revoked",
    revoked: ["net"],
  }),
  one("a store that was revoked", "kv.get", ["key"], () => ["a"], {
    answer: () => refused("revoked", "kv"),
    outcome: "revoked",
    revoked: ["kv"],
  }),
  fetching("a capability revoked in flight", ({ granted }) => `http://${granted}/slow`, {
    answer: () => refused("revoked", "net"),
    outcome: "revoked",
    seen: ({ port }) => [`${port}/slow`],
    revokesMidFlight: true,
  }),
  running("an allowed program", GRANTED_COMMAND, {
    answer: () => ok({ code: 0 }),
    outcome: "allowed",
  }),
  running("a program that was asked for and not granted", "/bin/false", {
    answer: () => refused("denied", "run"),
    outcome: "denied",
  }),
  running("a granted program with one more argument", [...GRANTED_COMMAND, "milk"], {
    answer: () => refused("denied", "run"),
    outcome: "denied",
  }),
  running("a program by a path that climbs", "/bin/../bin/false", {
    answer: () => refused("denied", "run"),
    outcome: "denied",
  }),
  running("a program by its name alone", "sh", {
    answer: () => refused("denied", "run"),
    outcome: "denied",
  }),
  running("a program that was revoked", GRANTED_COMMAND, {
    answer: () => refused("revoked", "run"),
    outcome: "revoked",
    revoked: ["run"],
  }),
  route("an allowed route", "GET", "/notes/:id", {
    answer: () => ok(undefined),
    outcome: "allowed",
  }),
  route("a route of another method", "POST", "/notes/:id", {
    answer: () => refused("denied", "http.serve"),
    outcome: "denied",
  }),
  route("a route that was asked for and not granted", "GET", "/admin/users", {
    answer: () => refused("denied", "http.serve"),
    outcome: "denied",
  }),
  route("a route that takes more than was granted", "GET", "/:any/:id", {
    answer: () => refused("denied", "http.serve"),
    outcome: "denied",
  }),
  route("a route that is none", "GET", "/notes/../admin", {
    answer: () => refused("not-possible", ""),
    outcome: "failed",
  }),
  route("a route when serving was revoked", "GET", "/notes/:id", {
    answer: () => refused("revoked", "http.serve"),
    outcome: "revoked",
    revoked: ["http.serve"],
  }),
  one("an answer to nobody", "http.serve.respond", ["id", "status"], () => [1, 200], {
    answer: () => refused("not-possible", ""),
    outcome: "failed",
    summary: () => "1 200",
  }),
  path("an allowed socket", "ws.serve.register", "/chat/room", {
    answer: () => ok(undefined),
    outcome: "allowed",
  }),
  path("a socket that was asked for and not granted", "ws.serve.register", "/chat/other", {
    answer: () => refused("denied", "ws.serve"),
    outcome: "denied",
  }),
  one("a frame for nobody", "ws.serve.send", ["connId", "payload"], () => [1, "text"], {
    answer: () => refused("not-possible", ""),
    outcome: "failed",
  }),
  path("a socket when it was revoked", "ws.serve.register", "/chat/room", {
    answer: () => refused("revoked", "ws.serve"),
    outcome: "revoked",
    revoked: ["ws.serve"],
  }),
  path("an allowed stream", "sse.serve.register", "/news", {
    answer: () => ok(undefined),
    outcome: "allowed",
  }),
  path("a stream beside what is granted", "sse.serve.register", "/other", {
    answer: () => refused("denied", "sse.serve"),
    outcome: "denied",
  }),
  path("an event of a stream that is not there", "sse.serve.emit", "/news", {
    answer: () => refused("not-possible", ""),
    outcome: "failed",
  }),
  {
    ...path("more streams than a call may register", "sse.serve.register", "/news", {
      answer: () => refused("quota", "sse.serve"),
      times: 2,
      limits: { operations: 1 },
    }),
    audit: () => [
      ["sse.serve", "register", "allowed", "/news"],
      ["sse.serve", "register", "quota", "/news"],
    ],
  },
  path("a stream when it was revoked", "sse.serve.emit", "/news", {
    answer: () => refused("revoked", "sse.serve"),
    outcome: "revoked",
    revoked: ["sse.serve"],
  }),
  one("a capability that is granted and unasked", "pinger.ping", [], () => [], {
    answer: () => ABSENT,
  }),
  one("a capability that is asked and ungranted", "extensions.call", ["name"], () => ["peer"], {
    answer: () => ABSENT,
  }),
  one("a capability that nobody knows", "teleport.go", ["where"], () => ["home"], {
    answer: () => ABSENT,
  }),
  one("an operation that nobody knows", "kv.steal", ["key"], () => ["a"], {
    answer: () => ABSENT,
  }),
];
