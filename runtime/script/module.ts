/** One script extension: its queue of calls, its lane, and what replaces a lane that was lost. @module */

import type { HostCalls } from "../../capabilities/host_calls.ts";
import type { Call, LoadRequest, Module, Payload } from "../contract.ts";
import { withDeadline } from "../deadline.ts";
import { Fault } from "../errors.ts";
import { Losses } from "./losses.ts";
import { Session, type SessionSetup } from "./session.ts";

/** Calls that wait: a flood of callers must not fill the host's memory. */
const QUEUE_LIMIT = 1_000;

/** How long `close` waits for lanes to stand still. */
const CLOSE_MS = 1_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Calls the newest lane; makes another when it is gone. */
export class ScriptModule implements Module {
  readonly name: string;
  readonly runtime: string;
  readonly exports: readonly string[];
  readonly #setup: SessionSetup;
  readonly #host: HostCalls;
  #session: Session | undefined;
  /** The next session, while it loads. */
  #next: Session | undefined;
  #starting: Promise<Session> | undefined;
  #running = 0;
  readonly #queue: PromiseWithResolvers<void>[] = [];
  #restarts = 0;
  readonly #losses: Losses = new Losses();
  /** Lanes on their way out. */
  readonly #ending = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(request: LoadRequest, setup: SessionSetup, host: HostCalls, session: Session) {
    this.name = request.manifest.name;
    this.runtime = request.manifest.runtime;
    this.exports = request.manifest.exports;
    this.#setup = setup;
    this.#host = host;
    this.#adopt(session);
  }

  /** How many lanes were replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  invoke(fn: string, payload: Payload, call: Call): Promise<Uint8Array> {
    return this.#invoke(fn, payload, call, false);
  }

  invokeEach(fn: string, payloads: string, call: Call): Promise<Uint8Array> {
    return this.#invoke(fn, payloads, call, true);
  }

  async #invoke(fn: string, payload: Payload, call: Call, each: boolean): Promise<Uint8Array> {
    const text = textOf(payload);
    call.signal?.throwIfAborted();
    const asked = performance.now();
    if (this.#running >= this.#setup.limits.concurrency) await this.#wait(call);
    else this.#running++;
    try {
      let session = await this.#live(call);
      for (let room = session.room(); room; room = session.room()) {
        await this.#queued(room, asked, call);
        session = await this.#live(call);
      }
      // Time spent in the queue and on a new lane is not the call's own.
      const waited = performance.now() - asked;
      const how = { ...call, deadline: call.deadline + waited };
      const result = await session.call(fn, text, how, each);
      return encoder.encode(result);
    } finally {
      this.#release();
    }
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    for (const waiting of this.#queue.splice(0)) waiting.reject(new Fault("closed"));
    for (const session of [this.#session, this.#next]) if (session) this.#watch(session.close());
    this.#session = undefined;
    const limit = { deadline: performance.now() + CLOSE_MS, signal: undefined };
    await withDeadline(Promise.all(this.#ending), limit).catch(() => {});
    if (this.#ending.size > 0) throw new Fault("lane-leaked");
  }

  /** Takes a place among the running calls, when one becomes free. */
  async #wait(call: Call): Promise<void> {
    if (this.#closing) throw new Fault("closed");
    if (this.#queue.length >= QUEUE_LIMIT) throw new Fault("busy");
    const turn = Promise.withResolvers<void>();
    this.#queue.push(turn);
    await this.#queued(turn.promise, performance.now(), call, () => {
      const at = this.#queue.indexOf(turn);
      if (at >= 0) this.#queue.splice(at, 1);
      // The turn had come already: it goes to the next.
      else this.#release();
    });
  }

  /** Waits for a turn as long as a call may that began to wait at `since`. */
  async #queued(
    turn: Promise<void>,
    since: number,
    call: Call,
    onEnd?: () => void,
  ): Promise<void> {
    const deadline = since + this.#setup.limits.queueMs;
    try {
      await withDeadline(turn, { ...call, deadline }, onEnd);
    } catch (error) {
      throw error instanceof Fault && error.code === "timeout" ? new Fault("busy") : error;
    }
  }

  /** Gives the place to the next in line. */
  #release(): void {
    const next = this.#queue.shift();
    if (next) next.resolve();
    else this.#running--;
  }

  /** A session that takes calls. */
  #live(call: Call): Session | Promise<Session> {
    if (this.#closing) throw new Fault("closed");
    if (this.#session && !this.#session.isOver) return this.#session;
    this.#starting ??= this.#restart().finally(() => {
      this.#starting = undefined;
      this.#next = undefined;
    });
    // One caller's abort must not end the start that others wait for.
    return withDeadline(this.#starting, { ...call, deadline: Infinity });
  }

  async #restart(): Promise<Session> {
    this.#losses.check();
    if (this.#losses.pauseMs > 0) await this.#pause(this.#losses.pauseMs);
    this.#restarts++;
    const session = this.#next = new Session(this.#setup);
    try {
      await session.link(undefined);
      await session.evaluate(this.#host, undefined);
    } catch (error) {
      this.#losses.add();
      const fault = error instanceof Fault ? error : new Fault("lost", "", { cause: error });
      this.#watch(session.kill(fault));
      throw error;
    }
    this.#adopt(session);
    return session;
  }

  /** Lets time pass before the next start, unless the module closes. */
  async #pause(ms: number): Promise<void> {
    const limit = { deadline: performance.now() + ms, signal: this.#closed.signal };
    await withDeadline(new Promise<never>(() => {}), limit).catch(() => {});
    if (this.#closing) throw new Fault("closed");
  }

  #adopt(session: Session): void {
    this.#session = session;
    session.watch((reason) => {
      // A lane lost to an abort is its caller's doing.
      if (reason.code !== "lost") this.#losses.add();
      this.#watch(session.kill(reason));
    });
  }

  #watch(ending: Promise<void>): void {
    this.#ending.add(ending);
    const done = () => this.#ending.delete(ending);
    void ending.then(done, done);
  }
}

function textOf(payload: Payload): string {
  if (typeof payload === "string") return payload;
  try {
    return decoder.decode(payload);
  } catch (cause) {
    throw new Fault("bad-payload", "the payload is not UTF-8 text", { cause });
  }
}
