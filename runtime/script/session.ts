/** The host's side of one lane: its load, its calls, its end. A lane serves one extension, once. @module */

import type { HostCalls, SurfaceOperation } from "../../capabilities/host_calls.ts";
import type { GuestTime, RandomSource } from "../../capabilities/services.ts";
import type { JsonObject } from "../../manifest/manifest.ts";
import type { Call } from "../contract.ts";
import { withDeadline } from "../deadline.ts";
import { type ExtensionErrorCode, Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { Waits } from "../waits.ts";
import {
  BUNDLE_ENTRIES,
  BUNDLE_UNITS,
  callMessage,
  type CallRequest,
  resultsOf,
} from "./bundle.ts";
import type { Dialect } from "./dialect.ts";
import type { ScriptFile, ScriptGraph } from "./graph.ts";
import { isAnsweredInLane } from "./lane_answers.ts";
import { type OperationOwner, Operations } from "./operations.ts";
import { printable } from "./resolve.ts";
import { SEED_BYTES } from "./seeded_random.ts";
import type { Place } from "./strip.ts";
import {
  type Head,
  headNumber,
  headText,
  type Lane,
  type LaneEvents,
  type Message,
  message,
  type MessageType,
  WIRE_VERSION,
} from "./wire.ts";

/** What is the same for every lane of one extension. */
export interface SessionSetup {
  readonly graph: ScriptGraph;
  /** CommonJS and data files, which are required without waiting. */
  readonly files: readonly ScriptFile[];
  readonly limits: Limits;
  readonly config: JsonObject;
  readonly dialect: Dialect;
  /** What its lanes do themselves; the lane has Deno's permission for it. */
  readonly direct?: Head;
  openLane(events: LaneEvents): Lane;
  /** What a replaced clock shows; the lane's own is used without it. */
  readonly clock?: GuestTime | undefined;
  /** Where randomness comes from that is not the lane's own. */
  readonly random?: RandomSource | undefined;
  printed(line: string): void;
  /** Where a text that cannot be parsed is wrong. */
  locate(text: string): Promise<Place | undefined>;
}

/** Time in which a lane that is not stuck lets go of an aborted call. */
const ABORT_ANSWER_MS = 30;

/** Faults that a lane may report of a call; anything else counts as an error of the guest. */
const REPORTED: ReadonlySet<string> = new Set(
  [
    "bad-guest-data",
    "bad-payload",
    "guest-error",
    "payload-limit",
    "unknown-function",
  ] satisfies ExtensionErrorCode[],
);

interface Pending extends OperationOwner {
  readonly fn: string;
  readonly settle: PromiseWithResolvers<string>;
}

/** One lane and what is in flight on it. */
export class Session {
  readonly #setup: SessionSetup;
  readonly #lane: Lane;
  readonly #calls = new Map<number, Pending>();
  /** Aborted calls whose end the lane has not confirmed. */
  readonly #aborted = new Map<number, ReturnType<typeof setTimeout>>();
  readonly #waits: Waits = new Waits();
  #lastCall = 0;
  /** Calls of this turn of the event loop, which leave together. */
  #outgoing: CallRequest[] = [];
  #outgoingUnits = 0;
  #operations: Operations | undefined;
  /** What the load waits for. */
  #expected: { readonly type: MessageType; readonly found: PromiseWithResolvers<void> } | undefined;
  /** Why an import was refused: the lane only hears that it was. */
  #refusedImport: unknown;
  #helloed = false;
  /** Why the session is over. */
  #over: Fault | undefined;
  #onOver: ((reason: Fault) => void) | undefined;

  constructor(setup: SessionSetup) {
    this.#setup = setup;
    this.#lane = setup.openLane({
      message: (received) => this.#receive(received),
      ended: (reason) => this.#end(reason),
      printed: (line) => setup.printed(line),
    });
  }

  /** Calls `listener` once when the session ends by itself, or has. */
  watch(listener: (reason: Fault) => void): void {
    if (this.#over) listener(this.#over);
    else this.#onOver = listener;
  }

  /** Whether calls are of no use any more. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Hands over the files and links them; no guest code runs. */
  async link(signal: AbortSignal | undefined): Promise<void> {
    const { graph: { entry }, files, limits } = this.#setup;
    const deadline = performance.now() + limits.loadMs;
    await this.#expect("hello", { deadline, signal });
    for (const { path, kind, text } of files) this.#send("define", 0, { path, kind }, text);
    const { payloadBytes, logBytes } = limits;
    const head = { version: WIRE_VERSION, path: entry.path, kind: entry.kind };
    this.#send("load", 0, {
      ...head,
      payloadBytes: Math.min(payloadBytes, Number.MAX_SAFE_INTEGER),
      logBytes: Math.min(logBytes, Number.MAX_SAFE_INTEGER),
    }, entry.text);
    await this.#expect("linked", { deadline, signal });
  }

  /** Runs the module with what was granted. */
  async evaluate(host: HostCalls, signal: AbortSignal | undefined): Promise<void> {
    const { limits, config, dialect } = this.#setup;
    this.#operations = new Operations(host, limits, (id, ok, text) => {
      if (!this.#over) this.#send("reply", id, { ok }, text);
    });
    const surface = host.surface.map((one) => ({ ...one, sync: isAnsweredInLane(one) }));
    const { direct } = this.#setup;
    const head = {
      nothing: dialect.empty,
      budgetMs: limits.loadMs,
      surface: jsonOf(surface),
      seed: this.#seed(),
      ...direct && { direct },
    };
    this.#send("evaluate", 0, head, JSON.stringify(config));
    await this.#expect("ready", { deadline: performance.now() + limits.loadMs, signal });
  }

  /**
   * One call, or with `each` one for every entry of the payload, which is a list then; rejects with
   * a fault, or with the signal's reason.
   */
  call(fn: string, payload: string, how: Call, each = false): Promise<string> {
    if (this.#over) return Promise.reject(this.#over);
    const id = this.#lastCall = this.#lastCall % 0xffff_ffff + 1;
    const settle = Promise.withResolvers<string>();
    const { chain, budget, deadline, onEvent } = how;
    this.#calls.set(id, { fn, settle, chain, budget, deadline, onEvent });
    const budgetMs = Math.min(how.deadline - performance.now(), Number.MAX_SAFE_INTEGER);
    this.#post({ id, fn, budgetMs, each, payload });
    return this.#waits.wait(settle.promise, how, (reason) => {
      this.#calls.delete(id);
      this.#operations?.stop(reason, id);
      if (reason instanceof Fault && reason.code === "timeout") this.#end(reason);
      else this.#abort(id);
    });
  }

  /** Settles when its lane has taken most of what it was sent; `undefined` when it has. */
  room(): Promise<void> | undefined {
    return this.#lane.room?.();
  }

  /** Ends the lane; resolves when nothing of it runs any more, which may be never. */
  close(): Promise<void> {
    this.#settleAll(this.#over ??= new Fault("closed"), new Fault("closed"));
    return this.#lane.close();
  }

  /** The same at once, for a guest that may be stuck. */
  kill(reason: Fault): Promise<void> {
    this.#settleAll(this.#over ??= reason, reason);
    return this.#lane.kill();
  }

  #send(type: MessageType, id: number, head?: Head, body?: string): void {
    this.#sendCalls();
    this.#hand(message(type, id, head, body));
  }

  #post(call: CallRequest): void {
    const { each, payload } = call;
    const alone = each || payload.length > BUNDLE_UNITS;
    const full = this.#outgoingUnits + payload.length > BUNDLE_UNITS ||
      this.#outgoing.length >= BUNDLE_ENTRIES;
    if (alone || full) this.#sendCalls();
    if (this.#outgoing.push(call) === 1 && !alone) queueMicrotask(() => this.#sendCalls());
    this.#outgoingUnits += payload.length;
    if (alone) this.#sendCalls();
  }

  #sendCalls(): void {
    if (this.#outgoing.length === 0) return;
    const calls = this.#outgoing;
    this.#outgoing = [];
    this.#outgoingUnits = 0;
    this.#hand(callMessage(calls));
  }

  /** A replaced clock is read each time the host speaks. */
  #hand(sent: Message): void {
    const { clock } = this.#setup;
    if (!clock) return this.#lane.send(sent);
    const at = [clock.now(), clock.monotonic()];
    this.#lane.send({ ...sent, head: { ...sent.head, at } });
  }

  /** Begins the lane's randomness where it is replaced. */
  #seed(): string {
    const { random } = this.#setup;
    if (!random) return "";
    const seed = new Uint8Array(SEED_BYTES);
    random(seed);
    return seed.toBase64();
  }

  async #expect(
    type: MessageType,
    limit: { readonly deadline: number; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    if (this.#over) throw this.#over;
    if (type === "hello" && this.#helloed) return;
    const found = Promise.withResolvers<void>();
    this.#expected = { type, found };
    await withDeadline(found.promise, limit);
  }

  /** Tells the lane to forget a call; one that does not answer is stuck, and ended. */
  #abort(id: number): void {
    if (this.#over) return;
    this.#send("abort", id);
    this.#aborted.set(
      id,
      setTimeout(() => this.#end(new Fault("lost")), ABORT_ANSWER_MS),
    );
  }

  /** The end of a session that nobody asked for. */
  #end(reason: Fault): void {
    if (this.#over) return;
    this.#over = reason;
    this.#settleAll(reason, reason.code === "timeout" ? new Fault("lost") : reason);
    this.#onOver?.(reason);
  }

  #settleAll(load: Fault, calls: Fault): void {
    this.#expected?.found.reject(load);
    for (const { settle } of this.#calls.values()) settle.reject(calls);
    this.#calls.clear();
    // Those that have their own outcome by now get that.
    queueMicrotask(() => this.#waits.endAll(calls));
    for (const timer of this.#aborted.values()) clearTimeout(timer);
    this.#aborted.clear();
    this.#operations?.stop(calls);
  }

  #receive(received: Message): void {
    const { type, id, head, body } = received;
    if (this.#over) return;
    try {
      switch (type) {
        case "result":
        case "results":
          for (const one of resultsOf(received)) this.#take(one.id)?.settle.resolve(one.body);
          return;
        case "error":
          return this.#fail(id, head, body);
        case "host":
          return this.#ask(id, headNumber(head, "call"), headText(head, "operation"), body);
        case "log":
          return this.#operations?.log(headText(head, "operation"), body);
        case "link":
          // Later there is nothing to link: only a broken lane asks.
          if (this.#expected?.type === "linked") void this.#serve(id, head);
          return;
        case "aborted":
          clearTimeout(this.#aborted.get(id));
          this.#aborted.delete(id);
          return;
        case "stopped":
          return this.#stopped(id);
        case "hello":
          if (headText(head, "version") !== WIRE_VERSION) {
            return this.#end(new Fault("trap", "the lane is of another version"));
          }
          this.#helloed = true;
      }
      if (this.#expected?.type === type) this.#expected.found.resolve();
    } catch {
      this.#end(new Fault("trap", "the lane broke the protocol"));
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#calls.get(id);
    this.#calls.delete(id);
    return pending;
  }

  #ask(id: number, call: number, operation: string, args: string): void {
    this.#operations?.start(id, call, operation, args, this.#calls.get(call));
  }

  /** The watchdog in the lane fired: the realm is gone. */
  #stopped(id: number): void {
    const fault = new Fault("timeout");
    this.#take(id)?.settle.reject(fault);
    this.#end(fault);
  }

  #fail(id: number, head: Head, guest: string): void {
    if (id === 0) {
      if (this.#refusedImport === undefined && headText(head, "path") !== "") {
        return void this.#failParse(headText(head, "path"), guest);
      }
      const reason = this.#refusedImport ?? this.#faultOf(head, guest, "its module");
      this.#expected?.found.reject(reason);
      return;
    }
    const pending = this.#take(id);
    pending?.settle.reject(this.#faultOf(head, guest, pending.fn));
  }

  /** The lane knows the file and what is wrong, not where. */
  async #failParse(path: string, what: string): Promise<void> {
    const text = this.#setup.graph.textOf(path);
    const place = text === undefined ? undefined : await this.#setup.locate(text);
    const at = printable(path) + (place ? `:${place.line}:${place.column}` : "");
    this.#expected?.found.reject(
      new Fault("bad-guest-data", `${at} cannot be parsed`, { guest: `${at}: ${what}` }),
    );
  }

  #faultOf(head: Head, guest: string, fn: string): unknown {
    const refused = this.#operations?.refused(headNumber(head, "operation"));
    if (refused) return refused;
    const reported = headText(head, "code");
    const code = REPORTED.has(reported) ? reported as ExtensionErrorCode : "guest-error";
    return new Fault(code, DETAILS[code]?.(fn) ?? "", { guest });
  }

  /** Answers an import of the lane out of the graph. */
  async #serve(id: number, head: Head): Promise<void> {
    try {
      const attribute = typeof head.attribute === "string" ? head.attribute : undefined;
      const { path, kind, text } = await this.#setup.graph.resolve(
        headText(head, "referrer"),
        headText(head, "specifier"),
        attribute,
      );
      if (!this.#over) this.#send("file", id, { path, kind }, text);
    } catch (error) {
      this.#refusedImport ??= error;
      if (!this.#over) this.#send("file", id, { kind: "refused" });
    }
  }
}

const DETAILS: { readonly [code: string]: ((fn: string) => string) | undefined } = {
  "bad-payload": () => "the payload is not JSON",
  "unknown-function": (fn) => `it has no function "${fn}"`,
};

function jsonOf(surface: readonly SurfaceOperation[]): Head[string] {
  return surface.map(({ capability, operation, params, sync }) => ({
    capability,
    operation,
    params: [...params],
    sync,
  }));
}
