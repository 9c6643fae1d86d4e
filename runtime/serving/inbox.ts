/** What waits for one extension: its requests until they are answered, and its frames. @module */

import { type HttpAnswer, notPossible } from "../../capabilities/serving.ts";
import type { HttpRequestEvent, Inbox, InboxKind, ServingEvent } from "../drivers/driver.ts";
import { checkedReply, plainReply, type Reply } from "./reply.ts";
import type { HeldBytes } from "./target.ts";

/** Milliseconds after which it matters whether the client still waits: looking costs, and most are answered. */
const WATCH_MS = 1_000;

/** A request as it comes in, before it has a number. */
export type NewRequest = Omit<HttpRequestEvent, "kind" | "id" | "signal">;

/** What happens to a connection. */
export type SocketEvent = Exclude<ServingEvent, HttpRequestEvent>;

/** What one inbox may hold. */
export interface InboxLimits {
  readonly requests: number;
  readonly frames: number;
  readonly requestMs: number;
}

/** A request that is not answered yet. */
interface Open {
  readonly event: HttpRequestEvent;
  readonly finish: (reply: Reply) => void;
}

/** The queue of one extension, and every request of it that somebody waits for. */
export class TenantInbox implements Inbox {
  readonly #limits: InboxLimits;
  readonly #held: HeldBytes;
  readonly #forget: () => void;
  /** Not taken yet; each is in `#open`, too, unless its client is gone. */
  readonly #requests = new Map<number, HttpRequestEvent>();
  readonly #socketEvents: SocketEvent[] = [];
  readonly #open = new Map<number, Open>();
  readonly #waiters = new Map<() => void, InboxKind | undefined>();
  #lastId = 0;
  #frames = 0;

  /** The payloads of frames that wait count as `held`. */
  constructor(limits: InboxLimits, held: HeldBytes, forget: () => void) {
    this.#limits = limits;
    this.#held = held;
    this.#forget = forget;
  }

  /** Requests and events that wait to be taken. */
  get queued(): number {
    return this.#requests.size + this.#socketEvents.length;
  }

  /** Requests that are not answered yet, taken or not. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * Puts a request in line and waits for its reply, which always comes. `gone` gives what fires when the
   * client leaves; it is looked at only for a request that waits long.
   */
  async ask(request: NewRequest, gone: () => AbortSignal): Promise<Reply> {
    if (this.#requests.size >= this.#limits.requests) return plainReply(503, "queue full");
    const id = ++this.#lastId;
    const controller = new AbortController();
    const event = Object.freeze<HttpRequestEvent>({
      kind: "http.request",
      id,
      ...request,
      signal: controller.signal,
    });
    const { requestMs } = this.#limits;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let watched: AbortSignal | undefined;
    const leave = () => this.#finish(id, plainReply(499, "client gone"));
    try {
      return await new Promise<Reply>((finish) => {
        this.#open.set(id, { event, finish });
        this.#requests.set(id, event);
        const timeout = () => this.#finish(id, plainReply(504, "plugin timeout"));
        timer = setTimeout(() => {
          if (requestMs <= WATCH_MS) return timeout();
          timer = setTimeout(timeout, requestMs - WATCH_MS);
          watched = gone();
          watched.addEventListener("abort", leave, { once: true });
          if (watched.aborted) leave();
        }, Math.min(requestMs, WATCH_MS));
        this.#wake("http");
      });
    } finally {
      clearTimeout(timer);
      watched?.removeEventListener("abort", leave);
      controller.abort(new DOMException("nobody waits for the answer any more", "AbortError"));
    }
  }

  /** Puts what happened to a connection in line; `false` when it had to be dropped. */
  push(event: SocketEvent): boolean {
    // how a connection ends is always told: there are no more ends than connections
    if (event.kind !== "ws.close") {
      if (this.#frames >= this.#limits.frames || !this.#held.take(bytesOf(event))) return false;
      this.#frames++;
    }
    this.#socketEvents.push(event);
    this.#wake("ws");
    return true;
  }

  take(kind?: InboxKind): ServingEvent | undefined {
    for (const [id, event] of kind === "ws" ? [] : this.#requests) {
      this.#requests.delete(id);
      return event;
    }
    if (kind === "http") return undefined;
    const event = this.#socketEvents.shift();
    if (event) this.#taken(event);
    return event;
  }

  wait(
    signal: AbortSignal,
    { ms, kind }: { readonly ms?: number; readonly kind?: InboxKind } = {},
  ): Promise<void> {
    const { size: requests } = this.#requests;
    const events = this.#socketEvents.length;
    const here = kind === "http" ? requests : kind === "ws" ? events : requests + events;
    if (here > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      signal.addEventListener("abort", done, { once: true });
      this.#waiters.set(done, kind);
    });
  }

  respond(id: number, answer: HttpAnswer): void {
    if (!this.#open.has(id)) {
      throw notPossible(`Cannot answer request ${id} as nobody waits for it`);
    }
    this.#finish(id, checkedReply(answer));
  }

  fail(id: number, status: number, text: string): void {
    this.#finish(id, plainReply(status, text));
  }

  settle(id: number): void {
    this.#finish(id, plainReply(500, "plugin did not respond"));
  }

  forget(): void {
    this.#forget();
  }

  /** Ends every request with one reply, and drops what waits of connections. */
  end(kind: InboxKind, reply: Reply): void {
    if (kind === "ws") {
      for (const event of this.#socketEvents.splice(0)) this.#taken(event);
    } else {
      for (const id of [...this.#open.keys()]) this.#finish(id, reply);
    }
  }

  #taken(event: SocketEvent): void {
    if (event.kind === "ws.close") return;
    this.#frames--;
    this.#held.give(bytesOf(event));
  }

  #finish(id: number, reply: Reply): void {
    const open = this.#open.get(id);
    if (!open) return;
    this.#open.delete(id);
    this.#requests.delete(id);
    open.finish(reply);
  }

  #wake(kind: InboxKind): void {
    for (const [wake, wanted] of [...this.#waiters]) {
      if (wanted === undefined || wanted === kind) wake();
    }
  }
}

function bytesOf(event: SocketEvent): number {
  return event.kind === "ws.frame" ? event.payload.length : 0;
}
