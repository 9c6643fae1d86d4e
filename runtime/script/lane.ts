/** The guest's side of a lane: one realm, driven by the host's messages. Knows nothing of threads or pipes. @module */

import { utf8Bytes } from "../../capabilities/byte_size.ts";
import {
  BUNDLE_ENTRIES,
  BUNDLE_UNITS,
  type CallRequest,
  type CallResult,
  callsOf,
  resultMessage,
} from "./bundle.ts";
import { fileKey, HOST_SPECIFIER, type ScriptFile, type ScriptKind } from "./graph.ts";
import { makeAnswers } from "./lane_answers.ts";
import { type DirectHead, DirectOperations } from "./lane_direct.ts";
import { LaneRunner } from "./lane_runner.ts";
import { type LinkedFile, openRealm, ParseError, type Realm } from "./realm.ts";
import { seededRandom } from "./seeded_random.ts";
import {
  type Head,
  headNumber,
  headText,
  type Message,
  message,
  type MessageType,
  UNANSWERED_LIMIT,
  WIRE_VERSION,
  WireError,
} from "./wire.ts";

/** What a lane needs of the place where it runs. */
export interface LanePlace {
  /** Sends to the host. */
  send(message: Message): void;
  /** Milliseconds since the epoch. */
  now(): number;
  randomFill(bytes: Uint8Array): void;
  /** HTTP, as far as the place itself may; used for what is granted directly only. */
  readonly fetch: typeof fetch;
  /** Whether guest code is watched from inside, as nothing outside can stop it. */
  readonly guarded: boolean;
  /** What the hello carries. */
  greeting?(): string;
  /** Ends the lane from inside. */
  close(): void;
}

/** What the place reports to its lane. */
export interface LaneInput {
  receive(message: Message): void;
  /** A promise of the realm was rejected and nobody looked. */
  rejected(reason: unknown): void;
}

/** Units of a specifier that are sent: a header has its limit, and the host a lower one. */
const SPECIFIER_UNITS = 2_048;

/** Rejections that are told: a flood of them must not keep the lane busy. */
const REJECTIONS_TOLD = 100;

/** Starts the guest's side and says hello. */
export function startLane(place: LanePlace): LaneInput {
  const runner = new LaneRunner(place.guarded, (call) => send("stopped", call), sendResults);
  const files = new Map<string, ScriptFile>();
  let realm: Realm | undefined;
  /** What it does itself, if anything. */
  let direct: DirectOperations | undefined;
  /** Answers nothing before the load: nothing asks before it. */
  let answer: (what: string, head: string, body: string) => string = () => "!";
  /** What a replaced clock showed when the host last spoke: in between it stands still. */
  let told: readonly [now: number, monotonic: number] | undefined;
  let randomFill = place.randomFill;
  let path = "";
  let kind: ScriptKind = "script";
  let payloadBytes = 0;
  /** Imports that the host was asked for. */
  const imports = new Map<number, PromiseWithResolvers<LinkedFile>>();
  let lastImport = 0;
  /** Bytes of each operation that waits for an answer. */
  const unanswered = new Map<number, number>();
  let unansweredBytes = 0;
  let rejections = 0;
  /** Results that leave together once guest code has run. */
  let results: CallResult[] = [];
  let resultUnits = 0;

  function send(type: MessageType, id = 0, head?: Head, body?: string): void {
    place.send(message(type, id, head, body));
  }

  /** The `post` of the prelude; its text is checked by the host, not here. */
  function post(what: string, id: number, other: number, head: string, body: string): void {
    runner.afterwards(() => {
      switch (what) {
        case "result":
          return runner.end(id) ? succeed(id, body) : undefined;
        case "error":
          return finish("error", id, { code: head, operation: other }, body);
        case "ready":
          return finish("ready", 0, undefined, "");
        case "host":
          return request(id, other, head, body);
        case "timer":
          return runner.startTimer(id, other, (realm) => realm.enter("timer", id, "", ""));
        case "untimer":
          return runner.stopTimer(id);
      }
    });
  }

  /** A call that was aborted, or that ends twice, has nobody waiting for it. */
  function finish(type: MessageType, id: number, head: Head | undefined, body: string): void {
    if (runner.end(id)) send(type, id, head, body);
  }

  function succeed(id: number, body: string): void {
    if (exceeds(body, payloadBytes)) {
      return send("error", id, { code: "payload-limit", operation: 0 });
    }
    if (resultUnits + body.length > BUNDLE_UNITS || results.length >= BUNDLE_ENTRIES) sendResults();
    results.push({ id, body });
    resultUnits += body.length;
  }

  function sendResults(): void {
    if (results.length === 0) return;
    const bundle = results;
    results = [];
    resultUnits = 0;
    place.send(resultMessage(bundle));
  }

  function request(id: number, call: number, operation: string, args: string): void {
    const size = args.length;
    const refusal = exceeds(args, payloadBytes)
      ? "the arguments are larger than they may be"
      : unansweredBytes > 0 && unansweredBytes + size > UNANSWERED_LIMIT
      ? "too many bytes wait for an answer"
      : undefined;
    if (refusal !== undefined) {
      const text = JSON.stringify({ code: "quota", capability: "", message: refusal });
      queueMicrotask(() => runner.runInCall((realm) => realm.enter("reply", id, false, text)));
      return;
    }
    unanswered.set(id, size);
    unansweredBytes += size;
    if (direct?.start(id, call, operation, args)) return;
    send("host", id, { call, operation }, args);
  }

  function reply(id: number, ok: boolean, body: string): void {
    unansweredBytes -= unanswered.get(id) ?? 0;
    unanswered.delete(id);
    runner.runInCall((realm) => realm.enter("reply", id, ok, body));
  }

  function link(referrer: string, specifier: string, attribute?: string): Promise<LinkedFile> {
    if (specifier === HOST_SPECIFIER) return Promise.resolve({ kind: "host" });
    const id = ++lastImport;
    const found = Promise.withResolvers<LinkedFile>();
    imports.set(id, found);
    // The host refuses what is longer than its own limit: so much of it is enough.
    const head = { referrer, specifier: specifier.slice(0, SPECIFIER_UNITS) };
    const type = attribute?.slice(0, SPECIFIER_UNITS);
    send("link", id, { ...head, ...(type === undefined ? {} : { attribute: type }) });
    return found.promise;
  }

  function linked(id: number, head: Head, text: string): void {
    const found = imports.get(id);
    imports.delete(id);
    const as = headText(head, "kind");
    if (as !== "module" && as !== "json" && as !== "text") {
      found?.reject(new WireError("an import was refused"));
    } else found?.resolve({ kind: as, path: headText(head, "path"), text });
  }

  /** The realm, with nothing of the guest in it. */
  function prepared(): Realm {
    return realm ??= openRealm(post, (what, head, body) => answer(what, head, body));
  }

  /** Opens the realm and parses everything; no guest code runs yet, so its errors may be read. */
  async function load(head: Head, text: string): Promise<void> {
    if (headText(head, "version") !== WIRE_VERSION) return place.close();
    path = headText(head, "path");
    kind = headText(head, "kind") as ScriptKind;
    payloadBytes = headNumber(head, "payloadBytes");
    answer = makeAnswers({
      now: () => told?.[0] ?? place.now(),
      monotonic: () => told?.[1] ?? performance.now(),
      randomFill: (bytes) => randomFill(bytes),
      files,
      logBytes: headNumber(head, "logBytes"),
      log: (operation, args) => runner.afterwards(() => send("log", 0, { operation }, args)),
    });
    try {
      const realm = prepared();
      if (kind === "module") await realm.link(path, text, link);
      else if (kind === "script") realm.prepare(path, text);
      else {
        for (const file of files.values()) {
          if (file.kind === "commonjs") realm.define(file.path, file.text);
          else realm.enter("json", 0, fileKey(file.path, file.kind), file.text);
        }
      }
      runner.adopt(realm);
      send("linked");
    } catch (error) {
      const what = new ParseError(path, error);
      const at = error instanceof ParseError ? error.path : "";
      send("error", 0, { code: "bad-guest-data", operation: 0, path: at }, what.message);
    }
  }

  function evaluate(head: Head, config: string): void {
    const surface = JSON.stringify(head.surface ?? []);
    if (head.direct !== undefined) {
      const granted = head.direct as unknown as DirectHead;
      direct = new DirectOperations(granted, place.fetch, payloadBytes, reply);
    }
    const seed = headText(head, "seed");
    if (seed !== "") randomFill = seededRandom(Uint8Array.fromBase64(seed));
    const replaced = `${told ? "clock " : ""}${seed === "" ? "" : "random"}`;
    runner.begin([{ id: 0, budgetMs: headNumber(head, "budgetMs") }], (realm) => {
      realm.enter("dialect", 0, headText(head, "nothing"), replaced);
      realm.enter("surface", 0, surface, config);
      start(realm);
    });
  }

  function start(realm: Realm): void {
    if (kind === "commonjs") return realm.enter("commonjs", 0, path, "");
    if (kind === "script") return realm.runScript();
    realm.evaluate((outcome, value) => runner.run((same) => same.enter(outcome, 0, value, "")));
  }

  function call(calls: readonly CallRequest[]): void {
    runner.begin(calls, (realm) => realm.call(calls));
  }

  function receive(received: Message): void {
    const { type, id, head, body } = received;
    if (Array.isArray(head.at)) told = [Number(head.at[0]), Number(head.at[1])];
    switch (type) {
      case "define": {
        const file = { path: headText(head, "path"), kind: headText(head, "kind"), text: body };
        files.set(fileKey(file.path, file.kind as ScriptKind), file as ScriptFile);
        return;
      }
      case "load":
        void load(head, body);
        return;
      case "file":
        return linked(id, head, body);
      case "evaluate":
        return evaluate(head, body);
      case "call":
      case "calls":
        return call(callsOf(received));
      case "reply":
        return reply(id, head.ok === true, body);
      case "abort":
        direct?.stop(id);
        runner.end(id);
        runner.run((realm) => realm.enter("abort", id, "", ""));
        return send("aborted", id);
      case "close":
        runner.discard();
        send("closed");
        return place.close();
    }
  }

  send("hello", 0, { version: WIRE_VERSION }, place.greeting?.());
  // Made while the host still looks for what it is for; at once where nobody waits yet.
  setTimeout(prepared, 0);
  return {
    receive,
    rejected(reason) {
      if (++rejections > REJECTIONS_TOLD) return;
      runner.runInCall((realm) => realm.enter("rejected", 0, reason, ""));
    },
  };
}

/** Whether `text` has more than `limit` bytes; counts only where the length leaves it open. */
function exceeds(text: string, limit: number): boolean {
  return text.length > limit || (3 * text.length > limit && utf8Bytes(text) > limit);
}
