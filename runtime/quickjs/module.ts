/** One extension in QuickJS: calls it, and gives it a new interpreter when the old one had to go. @module */

import type { Call, Module, Payload } from "../contract.ts";
import { type WaitLimit, withDeadline } from "../deadline.ts";
import { Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { ActiveCall } from "./calls.ts";
import { Losses } from "../script/losses.ts";
import { Interpreter } from "./interpreter.ts";
import { Session, type SessionParts } from "./session.ts";

/** Calls that may wait for their turn: each one holds its payload. */
const QUEUE_LIMIT = 1_000;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A loaded extension. One guest at a time; its calls interleave only where they wait for the host. */
export class QuickJsModule implements Module {
  readonly name: string;
  readonly runtime: string;
  readonly exports: readonly string[];
  readonly #parts: SessionParts;
  readonly #limits: Limits;
  /** Calls that wait for a living guest with room for them, in order. */
  readonly #waiting: PromiseWithResolvers<Session>[] = [];
  /** Calls whose turn came and that have not entered yet. */
  #called = 0;
  #session: Session | undefined;
  #starting: Promise<Session> | undefined;
  /** An engine for the next life, made when the last one ended. */
  #spare: Interpreter | undefined;
  #lastCall = 0;
  #lives = 0;
  readonly #losses: Losses = new Losses();
  #closed = false;

  private constructor(parts: SessionParts) {
    const { manifest, limits } = parts.request;
    this.name = manifest.name;
    this.runtime = manifest.runtime;
    this.exports = manifest.exports;
    this.#parts = parts;
    this.#limits = limits;
  }

  /** Starts the guest; nothing is left when it does not start. */
  static async load(parts: SessionParts): Promise<QuickJsModule> {
    const module = new QuickJsModule(parts);
    try {
      await module.#start(parts.request.signal);
      return module;
    } catch (error) {
      module.close();
      throw error;
    }
  }

  get memorySize(): number {
    return this.#session?.memorySize ?? 0;
  }

  get restarts(): number {
    return Math.max(0, this.#lives - 1);
  }

  invoke(fn: string, payload: Payload, call: Call): Uint8Array | Promise<Uint8Array> {
    return this.#invoke(fn, payload, call, false);
  }

  invokeEach(fn: string, payloads: string, call: Call): Uint8Array | Promise<Uint8Array> {
    return this.#invoke(fn, payloads, call, true);
  }

  #invoke(
    fn: string,
    payload: Payload,
    call: Call,
    each: boolean,
  ): Uint8Array | Promise<Uint8Array> {
    const text = this.#check(fn, payload);
    const session = this.#enterable();
    if (!session) return this.#invokeLater(fn, text, call, each);
    const active = session.call(++this.#lastCall, fn, text, call, each);
    return active.outcome ? active.result() : this.#wait(session, active);
  }

  invokeSync(fn: string, payload: Payload, call: Call): Uint8Array {
    const text = this.#check(fn, payload);
    const session = this.#enterable() ?? this.#startNow();
    const active = session.call(++this.#lastCall, fn, text, call);
    if (!active.outcome) session.abandon(active, new Fault("needs-async"));
    return active.result();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#spare = undefined;
    this.#session?.end(new Fault("closed"));
    for (const turn of this.#waiting.splice(0)) turn.reject(new Fault("closed"));
  }

  /** The payload's text; every check that needs no guest. */
  #check(fn: string, payload: Payload): string {
    if (this.#closed) throw new Fault("closed");
    if (this.#session?.busy) {
      throw new Fault("cycle", "it called a host function that calls it again");
    }
    // A name would end at the NUL inside the engine, and be another one.
    if (fn.includes("\0")) throw new Fault("unknown-function");
    const text = textOf(payload);
    // So would a payload; and JSON has no raw NUL.
    if (text.includes("\0")) throw notJson();
    return text;
  }

  #enterable(): Session | undefined {
    const session = this.#session;
    if (!session?.ready || this.#waiting.length > 0) return undefined;
    return session.active + this.#called < this.#limits.concurrency ? session : undefined;
  }

  async #wait(session: Session, active: ActiveCall): Promise<Uint8Array> {
    try {
      const settled = active.settled();
      return await withDeadline(settled, active.call, (reason) => session.abandon(active, reason));
    } finally {
      this.#callNext();
    }
  }

  /** Waits for a turn and for a living guest; that is no time of the call. */
  async #invokeLater(
    fn: string,
    payload: string,
    call: Call,
    each: boolean,
  ): Promise<Uint8Array> {
    const began = performance.now();
    for (;;) {
      const session = await this.#turn({ ...call, deadline: began + this.#limits.queueMs });
      // Another call may have ended it meanwhile.
      if (!session.ready) continue;
      const deadline = call.deadline + (performance.now() - began);
      const active = session.call(++this.#lastCall, fn, payload, { ...call, deadline }, each);
      if (!active.outcome) return await this.#wait(session, active);
      this.#callNext();
      return active.result();
    }
  }

  async #turn(limit: WaitLimit): Promise<Session> {
    if (this.#waiting.length >= QUEUE_LIMIT) throw new Fault("busy");
    const turn = Promise.withResolvers<Session>();
    this.#waiting.push(turn);
    this.#callNext();
    let late = false;
    try {
      const session = await withDeadline(turn.promise, limit, () => {
        late = limit.signal?.aborted !== true;
        const at = this.#waiting.indexOf(turn);
        if (at >= 0) this.#waiting.splice(at, 1);
        // Its turn came, but nobody takes it.
        else this.#called--;
      });
      this.#called--;
      return session;
    } catch (error) {
      throw late ? new Fault("busy") : error;
    }
  }

  /** Calls those in whose turn it is; starts a guest when there is none. */
  #callNext(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    const session = this.#session;
    if (!session?.ready) {
      this.#start(undefined).then(() => this.#callNext(), (error) => {
        this.#waiting.shift()?.reject(error);
        this.#callNext();
      });
      return;
    }
    while (session.active + this.#called < this.#limits.concurrency) {
      const turn = this.#waiting.shift();
      if (!turn) return;
      this.#called++;
      turn.resolve(session);
    }
  }

  #start(signal: AbortSignal | undefined): Promise<Session> {
    this.#starting ??= this.#startLife(signal).finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #startLife(signal: AbortSignal | undefined): Promise<Session> {
    const { session, load } = this.#beginLife(
      this.#spare ?? await Interpreter.create(this.#limits),
      signal,
    );
    try {
      await withDeadline(load.settled(), load.call);
      return session;
    } catch (error) {
      session.end(error);
      throw error;
    }
  }

  /** The next life at once, where an engine is at hand and its code waits for nothing. */
  #startNow(): Session {
    const spare = this.#session?.ready ? undefined : this.#spare;
    if (!spare || this.#starting) throw new Fault("busy");
    const { session, load } = this.#beginLife(spare, undefined);
    if (!load.outcome) session.end(new Fault("needs-async"));
    load.result();
    return session;
  }

  #beginLife(
    interpreter: Interpreter,
    signal: AbortSignal | undefined,
  ): { readonly session: Session; readonly load: ActiveCall } {
    if (this.#closed) throw new Fault("closed");
    this.#losses.check();
    this.#spare = undefined;
    this.#lives++;
    const session = new Session(this.#parts, interpreter, () => {
      if (!this.#closed) this.#losses.add();
      this.#prepare();
    });
    this.#session = session;
    const load = session.load({
      deadline: performance.now() + this.#limits.loadMs,
      signal,
      chain: [this.name],
      budget: { operations: this.#limits.operations },
    });
    return { session, load };
  }

  /** Makes an engine for the next life; nothing of the guest runs in it yet. */
  #prepare(): void {
    if (this.#closed) return;
    Interpreter.create(this.#limits).then((interpreter) => {
      if (!this.#closed) this.#spare ??= interpreter;
    }, () => {
      // The next life makes its own, and reports what is wrong.
    });
  }
}

function textOf(payload: Payload): string {
  if (typeof payload === "string") return payload.toWellFormed();
  try {
    return decoder.decode(payload);
  } catch {
    throw notJson();
  }
}

function notJson(): Fault {
  return new Fault("bad-payload", "the payload is not JSON");
}
