/** One extension's place at the listener: what it registered, what waits for it, and what it is connected to. @module */

import type { LogLevel } from "../../capabilities/log_sink.ts";
import {
  type HttpAnswer,
  notPossible,
  type Opcode,
  type Serving,
  type ServingKind,
  type StreamEvent,
} from "../../capabilities/serving.ts";
import { TenantInbox } from "./inbox.ts";
import type { ServingLimits } from "./limits.ts";
import { plainReply } from "./reply.ts";
import type { Router } from "./router.ts";
import { HeldBytes } from "./target.ts";
import { Sockets } from "./sockets.ts";
import { Streams } from "./streams.ts";

/** What a tenant is made with. */
export interface TenantParts {
  /** Name of the extension. */
  readonly name: string;
  readonly router: Router<Tenant>;
  readonly limits: ServingLimits;
  /** What all extensions hold together. */
  readonly held: HeldBytes;
  readonly log: (level: LogLevel, message: string) => void;
}

/** Counters of one tenant since it was loaded. */
export interface TenantCounts {
  /** Requests that came for it. */
  readonly requests: number;
  /** Requests that the host had to answer for it: queue full, timeout, no response. */
  readonly failed: number;
  /** Requests and frames that wait to be taken. */
  readonly queued: number;
  /** Connections. */
  readonly sockets: number;
  /** Frames that were dropped. */
  readonly droppedFrames: number;
  /** Subscribers. */
  readonly subscribers: number;
  /** Events that slow subscribers did not get. */
  readonly lostEvents: number;
}

/**
 * Everything that one extension has of the site. Most extensions serve nothing: queues, connections and
 * streams are made when they are first asked for.
 */
export class Tenant implements Serving {
  readonly name: string;
  readonly log: TenantParts["log"];
  /** Requests that came for it. */
  requests = 0;
  /** Requests that the host had to answer for it. */
  failed = 0;
  /** Whether nothing takes its events any more: nobody should wait then. */
  hasFailed: () => boolean = () => false;
  readonly #router: Router<Tenant>;
  readonly #limits: ServingLimits;
  /** What it was granted and not refused since. */
  #kinds: readonly ServingKind[] = NO_KINDS;
  /** What it registered, by kind: methods and paths. */
  readonly #registered: { [kind in ServingKind]: Set<string> | undefined } = {
    http: undefined,
    ws: undefined,
    sse: undefined,
  };
  readonly #all: HeldBytes;
  #held: HeldBytes | undefined;
  #inbox: TenantInbox | undefined;
  #sockets: Sockets | undefined;
  #streams: Streams | undefined;

  constructor({ name, router, limits, held, log }: TenantParts) {
    this.name = name;
    this.log = log;
    this.#router = router;
    this.#limits = limits;
    this.#all = held;
  }

  /** What is held for it: were it to hold everything, nobody else could be sent anything. */
  get held(): HeldBytes {
    const { heldBytes, bodyBytes } = this.#limits;
    // the largest body there may be has room all the same
    return this.#held ??= new HeldBytes(Math.max(heldBytes / SHARES, bodyBytes), this.#all);
  }

  /** What waits for it. */
  get inbox(): TenantInbox {
    return this.#inbox ??= new TenantInbox(this.#limits, this.held, () => this.retire());
  }

  /** Its subscribers. */
  get streams(): Streams {
    return this.#streams ??= new Streams(this.#limits);
  }

  /** Its connections. */
  get sockets(): Sockets {
    return this.#sockets ??= new Sockets(this.#limits, {
      push: (event) => this.inbox.push(event),
      warn: (message) => this.log("warn", message),
    });
  }

  /** Whether it may serve in any way. */
  get mayServe(): boolean {
    return this.#kinds.length > 0;
  }

  /** What it counted. */
  counts(): TenantCounts {
    return {
      requests: this.requests,
      failed: this.failed,
      queued: this.#inbox?.queued ?? 0,
      sockets: this.#sockets?.size ?? 0,
      droppedFrames: this.#sockets?.dropped ?? 0,
      subscribers: this.#streams?.size ?? 0,
      lostEvents: this.#streams?.lost ?? 0,
    };
  }

  /** Drops everything it registered; what is under way goes on. */
  retire(): void {
    this.#router.drop(this);
    for (const paths of Object.values(this.#registered)) paths?.clear();
  }

  open(kind: ServingKind): void {
    if (!this.#kinds.includes(kind)) this.#kinds = [...this.#kinds, kind];
  }

  shut(kind: ServingKind): void {
    this.#kinds = this.#kinds.filter((each) => each !== kind);
    this.#router.drop(this, kind);
    this.#registered[kind]?.clear();
    if (kind === "http") this.#inbox?.end("http", NO_MORE);
    if (kind === "sse") this.#streams?.close();
    if (kind !== "ws") return;
    this.#sockets?.end();
    this.#inbox?.end("ws", NO_MORE);
  }

  route(method: string, path: string, handler: string): void {
    this.#register("http", method, path, handler);
  }

  socket(path: string, handler: string): void {
    this.#register("ws", "", path, handler);
  }

  stream(path: string): void {
    this.#register("sse", "", path, "");
  }

  respond(id: number, answer: HttpAnswer): void {
    this.inbox.respond(id, answer);
  }

  send(connId: number, opcode: Opcode, payload: Uint8Array): void {
    this.sockets.send(connId, opcode, payload);
  }

  closeSocket(connId: number, code: number, reason: string): void {
    this.sockets.close(connId, code, reason);
  }

  emit(path: string, event: StreamEvent): number {
    if (!this.#registered.sse?.has(` ${path}`)) {
      throw notPossible("Cannot emit as the path is not registered");
    }
    return this.streams.emit(path, event);
  }

  #register(kind: ServingKind, method: string, path: string, handler: string): void {
    const own = this.#registered[kind] ??= new Set();
    const key = `${method} ${path}`;
    const { registrations } = this.#limits;
    if (own.size >= registrations && !own.has(key)) {
      throw notPossible(`Cannot register more than ${registrations} paths of one kind`);
    }
    own.add(key);
    const before = this.#router.add({ owner: this, kind, method, path, handler });
    if (before === undefined || before === this) return;
    const what = method === "" ? path : `${method} ${path}`;
    this.log("warn", `${what} is served by "${before.name}", which registered it first`);
  }
}

/** How many extensions must fill their share before there is no room for others. */
const SHARES = 4;

const NO_KINDS: readonly ServingKind[] = Object.freeze([]);
const NO_MORE = plainReply(503, "no longer served");
