/** The host's side of one lane: its load, its calls, its end. A lane serves one extension, once. @module */

import type { HostCalls, SurfaceOperation } from "../../capabilities/host_calls.ts";
import type { GuestTime, RandomSource } from "../../capabilities/services.ts";
import type { JsonObject } from "../../manifest/manifest.ts";
import type { Call } from "../contract.ts";
import { withDeadline } from "../deadline.ts";
import { Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { Waits } from "../waits.ts";
import { resultsOf } from "./bundle.ts";
import type { Dialect } from "./dialect.ts";
import type { ScriptFile, ScriptGraph } from "./graph.ts";
import { isAnsweredInLane } from "./lane_answers.ts";
import { type OperationOwner, Operations } from "./operations.ts";
import { OutgoingCalls } from "./outgoing_calls.ts";
import { reportedFault } from "./reported.ts";
import { printable } from "./resolve.ts";
import { SEED_BYTES } from "./seeded_random.ts";
import { Strays } from "./strays.ts";
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
  WireError,
} from "./wire.ts";

/** What is the same for every lane of one extension. */
export interface SessionSetup {
  /** The extension's name. */
  readonly name: string;
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

interface Pending extends OperationOwner {
  readonly fn: string;
  readonly settle: PromiseWithResolvers<string>;
}

type LoadWait = PromiseWithResolvers<void>;

/** One lane and what is in flight on it. */
export class Session {
  readonly #setup: SessionSetup;
  readonly #lane: Lane;
  readonly #calls = new Map<number, Pending>();
  /** Aborted calls whose end the lane has not confirmed. */
  readonly #aborted = new Map<number, ReturnType<typeof setTimeout>>();
  readonly #waits: Waits = new Waits();
  #lastCall = 0;
  readonly #outgoing: OutgoingCalls = new OutgoingCalls((sent) => this.#hand(sent));
  #operations: Operations | undefined;
  readonly #strays: Strays = new Strays();
  /** Who pays for what the module does while it is evaluated. */
  #load: OperationOwner | undefined;
  /** What the load waits for. */
  #expected: { readonly type: MessageType; readonly found: LoadWait } | undefined;
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
    const deadline = performance.now() + limits.loadMs;
    const budget = { operations: limits.operations };
    this.#load = { chain: [this.#setup.name], budget, deadline };
    this.#send("evaluate", 0, head, JSON.stringify(config));
    try {
      await this.#expect("ready", { deadline, signal });
    } finally {
      this.#load = undefined;
    }
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
    this.#outgoing.post({ id, fn, budgetMs, each, payload });
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
    this.#outgoing.flush();
    this.#hand(message(type, id, head, body));
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
    try {
      await withDeadline(found.promise, limit);
    } finally {
      this.#expected = undefined;
    }
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
          if (!this.#operations?.log(headText(head, "operation"), body)) this.#strays.add();
          return;
        case "link":
          // Later there is nothing to link: only a broken lane asks.
          if (this.#expected?.type === "linked") void this.#serve(id, head);
          else this.#strays.add();
          return;
        case "aborted":
          clearTimeout(this.#aborted.get(id));
          if (!this.#aborted.delete(id)) this.#strays.add();
          return;
        case "stopped":
          return this.#stopped(id);
        case "hello":
          if (headText(head, "version") !== WIRE_VERSION) {
            return this.#end(new Fault("trap", "the lane is of another version"));
          }
          if (this.#helloed) this.#strays.add();
          this.#helloed = true;
          return this.#arrived(type);
        case "linked":
        case "ready":
          return this.#arrived(type);
        default:
          throw new WireError("a lane says what only its host may");
      }
    } catch {
      this.#end(new Fault("trap", "the lane broke the protocol"));
    }
  }

  #arrived(type: MessageType): void {
    if (this.#expected?.type === type) this.#expected.found.resolve();
    else this.#strays.add();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#calls.get(id);
    if (!this.#calls.delete(id)) this.#strays.add();
    return pending;
  }

  #ask(id: number, call: number, operation: string, args: string): void {
    const owner = this.#calls.get(call) ?? this.#payer();
    if (owner) return this.#operations?.start(id, call, operation, args, owner);
    this.#strays.add();
    this.#operations?.refuse(id);
  }

  /**
   * Who pays for what a call began that is over: without one, such an operation would have neither
   * a chain nor an end of its budget. Its events are nobody's.
   */
  #payer(): OperationOwner | undefined {
    let found = this.#load;
    for (const one of this.#calls.values()) {
      if (!found || one.chain.length > found.chain.length) found = one;
    }
    return found && { ...found, onEvent: undefined };
  }

  /** The watchdog in the lane fired: the realm is gone. */
  #stopped(id: number): void {
    const fault = new Fault("timeout");
    this.#take(id)?.settle.reject(fault);
    this.#end(fault);
  }

  #fail(id: number, head: Head, guest: string): void {
    if (id === 0) {
      const found = this.#expected?.found;
      if (!found) return this.#strays.add();
      // A load fails once: each look for the place of an error is work.
      this.#expected = undefined;
      if (this.#refusedImport === undefined && headText(head, "path") !== "") {
        return void this.#failParse(headText(head, "path"), guest, found);
      }
      return found.reject(this.#refusedImport ?? this.#faultOf(head, guest, "its module"));
    }
    const pending = this.#take(id);
    pending?.settle.reject(this.#faultOf(head, guest, pending.fn));
  }

  /** The lane knows the file and what is wrong, not where. */
  async #failParse(path: string, what: string, found: LoadWait): Promise<void> {
    const text = this.#setup.graph.textOf(path);
    const place = text === undefined ? undefined : await this.#setup.locate(text);
    const at = printable(path) + (place ? `:${place.line}:${place.column}` : "");
    found.reject(
      new Fault("bad-guest-data", `${at} cannot be parsed`, { guest: `${at}: ${what}` }),
    );
  }

  #faultOf(head: Head, guest: string, fn: string): unknown {
    const refused = this.#operations?.refused(headNumber(head, "operation"));
    if (refused) return refused;
    return reportedFault(headText(head, "code"), guest, fn);
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

function jsonOf(surface: readonly SurfaceOperation[]): Head[string] {
  return surface.map(({ capability, operation, params, sync }) => ({
    capability,
    operation,
    params: [...params],
    sync,
  }));
}
