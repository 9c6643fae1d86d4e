/** One life of an interpreted extension, from its load to its discard: what goes in, what comes out. @module */

import type { HostCalls, LoadRequest } from "../contract.ts";
import { Fault } from "../errors.ts";
import { GOJA } from "../script/dialect.ts";
import { refusal } from "../script/refusal.ts";
import { ActiveCall, type Outcome, RealmTimers } from "./calls.ts";
import type { Interpreter, StayEnd } from "./interpreter.ts";
import { Operations } from "./operations.ts";
import { errorOf, faultOf, loadErrorOf, resultOf } from "./outcome.ts";
import { type Program, Realm, type RealmHost } from "./realm.ts";

/** What a life needs of its extension. */
export interface SessionParts {
  readonly request: LoadRequest;
  readonly program: Program;
  readonly host: HostCalls;
}

/** Capabilities whose operations JavaScript guests call without a promise. */
const SYNC: ReadonlySet<string> = new Set(["clock", "config", "log", "random"]);

/** The load, as a call. */
const LOAD = 0;

/** What happened on the host's side and the guest has not heard of. */
interface Event {
  readonly kind: "reply" | "abort" | "timer";
  readonly id: number;
  /** The call it happened for. */
  readonly owner: number;
  readonly ok?: boolean;
  readonly text?: string;
}

/** A started guest. It is dead for good once a stay in it ended badly. */
export class Session {
  readonly #parts: SessionParts;
  readonly #interpreter: Interpreter;
  readonly #active = new Map<number, ActiveCall>();
  readonly #timers: RealmTimers = new RealmTimers(() => this.#advance());
  readonly #events: Event[] = [];
  readonly #operations: Operations;
  readonly #onEnd: () => void;
  #realm: Realm | undefined;
  /** What the guest posted during this stay; it counts once the stay has ended well. */
  #posted: { readonly id: number; readonly outcome: Outcome }[] = [];
  /** Whom what happens in this stay belongs to. */
  #owner: ActiveCall | undefined;
  #ready = false;
  #dead = false;

  /** `onEnd` runs once, when it dies of its own. */
  constructor(parts: SessionParts, interpreter: Interpreter, onEnd: () => void) {
    this.#parts = parts;
    this.#interpreter = interpreter;
    this.#onEnd = onEnd;
    this.#operations = new Operations(parts.host, parts.program, (reply) => {
      if (this.#dead) return;
      this.#events.push({ kind: "reply", ...reply });
      this.#advance();
    });
  }

  /** Whether calls may enter. */
  get ready(): boolean {
    return this.#ready && !this.#dead;
  }

  /** Whether the guest is on the stack right now: a host function that it called is calling back. */
  get busy(): boolean {
    return this.#interpreter.busy;
  }

  /** Calls in flight. */
  get active(): number {
    return this.#active.size;
  }

  get memorySize(): number {
    return this.#dead ? 0 : this.#interpreter.memorySize;
  }

  /** Runs the entry file. Once the call has ended well, the guest is ready. */
  load(call: ActiveCall["call"]): ActiveCall {
    const { request, program, host } = this.#parts;
    const load = this.#begin(LOAD, call);
    this.#stay(load, () => {
      this.#realm = new Realm(this.#interpreter, this.#realmHost(), {
        dialect: GOJA,
        replaced: `${request.clock ? "clock " : ""}${request.random ? "random" : ""}`,
        surface: JSON.stringify(
          host.surface.map((one) => ({ ...one, sync: one.sync && SYNC.has(one.capability) })),
        ),
        config: JSON.stringify(request.config),
        textLimit: request.limits.payloadBytes,
      }, program.files);
      this.#realm.load(program);
    });
    return load;
  }

  /**
   * Enters the guest with a call, or with one for each entry of a list. It has an outcome already,
   * or it waits for something.
   */
  call(
    id: number,
    fn: string,
    payload: string,
    call: ActiveCall["call"],
    each = false,
  ): ActiveCall {
    const active = this.#begin(id, call);
    this.#stay(active, () => {
      this.#deliverAll();
      this.#realm?.call(each ? "each" : "call", id, fn, payload);
    });
    return active;
  }

  /** Nobody waits for a call any more: its operations are aborted, what it began is dropped. */
  abandon(active: ActiveCall, reason: unknown): void {
    active.settle({ ok: false, error: reason });
    this.#active.delete(active.id);
    active.abort(reason);
    this.#events.push({ kind: "abort", id: active.id, owner: active.id });
    this.#rest();
  }

  /** Ends it: every call rejects with `reason`. */
  end(reason: unknown): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#timers.disarm();
    this.#realm = undefined;
    for (const active of [...this.#active.values()]) {
      active.settle({ ok: false, error: reason });
      active.abort(reason);
    }
    this.#active.clear();
    this.#onEnd();
  }

  #begin(id: number, call: ActiveCall["call"]): ActiveCall {
    const active = new ActiveCall(id, call);
    this.#active.set(id, active);
    return active;
  }

  /** Enters the guest on behalf of `owner`, whose deadline holds, and settles what came out. */
  #stay(owner: ActiveCall, run: () => void): void {
    this.#owner = owner;
    this.#posted = [];
    this.#timers.disarm();
    const end = this.#interpreter.run(run, owner.call.deadline);
    this.#owner = undefined;
    const posted = this.#posted;
    const own = posted.find(({ id }) => id === owner.id)?.outcome;
    const fault = this.#faultOf(end, own);
    for (const { id, outcome } of posted) {
      if (!fault || id !== owner.id) this.#settle(id, outcome);
    }
    if (fault) {
      this.#settle(owner.id, { ok: false, error: fault });
      return this.end(new Fault("lost"));
    }
    this.#operations.startAll();
    this.#checkStuck();
    this.#rest();
  }

  /** Why the interpreter has to go, if it has to. */
  #faultOf(end: StayEnd, own: Outcome | undefined): Fault | undefined {
    if (end !== "ended") return faultOf(end);
    // What was not caught is the end of the heap: it never shrinks.
    const exhausted = own && !own.ok && this.#interpreter.ranOutOfMemory;
    return exhausted ? faultOf("memory-limit") : undefined;
  }

  #settle(id: number, outcome: Outcome): void {
    const active = this.#active.get(id);
    if (!active) return;
    this.#active.delete(id);
    if (id === LOAD && outcome.ok) this.#ready = true;
    active.settle(outcome);
  }

  /** A promise that nothing can settle any more would only wait for its deadline. */
  #checkStuck(): void {
    if (this.#operations.pending > 0 || this.#timers.pending || this.#events.length > 0) return;
    for (const id of [...this.#active.keys()]) {
      const error = new Fault("timeout", "it waits for a promise that nothing can settle");
      this.#settle(id, { ok: false, error });
    }
  }

  /** What is left to do once nobody is inside. */
  #rest(): void {
    if (this.#active.size > 0 && !this.#dead) this.#timers.arm();
    else this.#timers.disarm();
  }

  /** Something happened: the guest hears of it if anybody waits, else with the next call. */
  #advance(): void {
    while (this.#active.size > 0 && !this.#dead && !this.busy) {
      const event = this.#events.shift() ?? this.#dueTimer();
      if (!event) return this.#rest();
      this.#stay(this.#payerOf(event), () => this.#deliver(event));
    }
  }

  /** Whose deadline holds while the guest hears of `event`. */
  #payerOf({ owner }: Event): ActiveCall {
    const own = this.#active.get(owner);
    if (own) return own;
    return [...this.#active.values()].reduce((a, b) => b.call.deadline > a.call.deadline ? b : a);
  }

  #dueTimer(): Event | undefined {
    const due = this.#timers.takeDue();
    return due && { kind: "timer", ...due };
  }

  /** Everything that was held back while no call was in flight. */
  #deliverAll(): void {
    for (let event = this.#events.shift(); event; event = this.#events.shift()) {
      this.#deliver(event);
    }
    // What a timer starts is not due before the next call.
    const due: Event[] = [];
    for (let timer = this.#dueTimer(); timer; timer = this.#dueTimer()) due.push(timer);
    for (const timer of due) this.#deliver(timer);
  }

  #deliver({ kind, id, owner, ok, text }: Event): void {
    if (kind === "timer") {
      this.#realm?.enter(kind, id, this.#active.has(owner) ? owner : this.#owner?.id);
    } else this.#realm?.enter(kind, id, ok, text);
  }

  #realmHost(): RealmHost {
    return {
      post: (kind, id, other, head, body) => this.#post(kind, id, other, head, body),
      ask: (what, head, body) => {
        // What starts after the deadline could be cut off by the watchdog.
        if (body !== undefined && this.#interpreter.inTime) {
          return this.#operations.answer(what, head, body, this.#owner);
        }
        return `!${refusal("quota", "", "its arguments are too large, or its time is over")}`;
      },
    };
  }

  #post(kind: string, id: number, other: number, head: string, body: string | undefined): void {
    switch (kind) {
      case "ready":
        this.#posted.push({ id: LOAD, outcome: { ok: true, bytes: new Uint8Array() } });
        return;
      case "result":
        this.#posted.push({ id, outcome: resultOf(body, this.#parts.request.limits.payloadBytes) });
        return;
      case "error":
        this.#posted.push({
          id,
          outcome: { ok: false, error: this.#errorOf(id, other, head, body) },
        });
        return;
      case "host":
        return this.#operations.add({
          id,
          owner: other,
          active: this.#active.get(other) ?? this.#owner,
          operation: head,
          args: body,
        });
      case "timer":
        return this.#timers.add(id, other, this.#owner?.id ?? LOAD);
      case "untimer":
        return this.#timers.delete(id);
    }
  }

  #errorOf(id: number, operation: number, code: string, text: string | undefined): unknown {
    const refused = this.#operations.refusalBehind(operation);
    if (id !== LOAD) return errorOf(code, text, refused);
    return this.#realm?.linkFault ?? loadErrorOf(text, refused);
  }
}
