/** The host's side of one lane: a worker for guests of one extension, one task at a time. @module */

import type { Call } from "../../contract.ts";
import { withDeadline } from "../../deadline.ts";
import { Fault, isPublicError } from "../../errors.ts";
import { openWorkerChannel, type WorkerChannel } from "../../worker/channel.ts";
import { answerOf, hear, knownFunctions, type LaneHost } from "./answers.ts";
import { decodeError, encodeError, STOPPED } from "./errors.ts";
import {
  CONTROL,
  CONTROL_BYTES,
  type FromLane,
  type LaneCall,
  type LaneSetup,
  MEMORY_UNIT_BYTES,
  type OutcomeWith,
  type Question,
  type Task,
  type ToLane,
  type WireAnswer,
} from "./wire.ts";

/** What is the same for every lane of one extension. */
export interface LaneOptions {
  /** The module that the worker runs. */
  readonly entry: URL;
  readonly setup: Omit<LaneSetup, "control">;
  readonly host: LaneHost;
}

/** How a task ended, with the error itself. */
export type Outcome = OutcomeWith<unknown>;

/** Each is a thread with some 10 MB: a process must not be filled with them. */
const LANES_LIMIT = 256;
/** Errors of answers that are kept, to be recognised when one of them ends the call. */
const ERRORS_KEPT = 64;
/** How long the lane may be late to see a deadline before the host says so itself. */
const LATE_MS = 5;
/** Numbers of tasks stay within 32 bits, and 0 is none. */
const LAST_TASK = 2 ** 30;
/** What was told is acknowledged in amounts of this, and not message by message. */
const HEARD_COST = 64 * 1024;

/** Lanes of this process. */
let lanes = 0;

interface Running {
  readonly id: number;
  readonly call: Call;
  readonly ended: PromiseWithResolvers<Outcome>;
  /** Stops the operations that the guest asked for. */
  readonly operations: AbortController;
  /** Errors by the question that they answered. */
  readonly errors: Map<number, unknown>;
  /** Why it was stopped, if it was. */
  stopReason: unknown;
  /** Units of fuel that the call had used when the lane said so last. */
  fuel: number | undefined;
}

/** One worker, for one extension. */
export class WasmLane {
  readonly #options: LaneOptions;
  readonly #channel: WorkerChannel<ToLane>;
  readonly #control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  #lastTask = 0;
  #running: Running | undefined;
  #gone = false;
  readonly #ended = Promise.withResolvers<void>();
  /** Cost of what was heard and is not acknowledged. */
  #heard = 0;
  /** Which list of functions the lane has. */
  #version = -1;
  #closing: Promise<void> | undefined;

  /**
   * Starts the worker.
   *
   * @throws {Fault} `busy` when this process has too many.
   */
  constructor(options: LaneOptions) {
    if (lanes >= LANES_LIMIT) throw new Fault("busy", `this process runs ${LANES_LIMIT} lanes`);
    lanes++;
    this.#options = options;
    this.#channel = openWorkerChannel<ToLane, FromLane>(options.entry, {
      message: (message) => this.#receive(message),
      broken: () => this.#leave(new Fault("lost", "its worker failed")),
    });
    const control = this.#control.buffer as SharedArrayBuffer;
    this.#channel.send({ kind: "setup", setup: { ...options.setup, control } });
  }

  /** Whether nothing can be done with it any more. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** Whether a task is under way, wanted or not. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Bytes of the guest's memory now, also while it runs. */
  get memorySize(): number {
    return this.#gone ? 0 : Atomics.load(this.#control, CONTROL.memory) * MEMORY_UNIT_BYTES;
  }

  /**
   * Does `task` under `call`. Rejects with what ended the call from outside: its deadline, its signal,
   * the end of the lane; the lane may be busy for another moment then.
   *
   * @param patienceMs what the task may take beside the call's own time.
   */
  run(task: Task, call: Call, patienceMs = 0): Promise<Outcome> {
    if (this.#gone) return Promise.reject(new Fault("lost", "its worker failed"));
    const id = this.#lastTask = this.#lastTask % LAST_TASK + 1;
    const running: Running = {
      id,
      call,
      ended: Promise.withResolvers(),
      operations: new AbortController(),
      errors: new Map(),
      stopReason: undefined,
      fuel: undefined,
    };
    this.#running = running;
    this.#channel.send({
      ...{ kind: "task", id, task } as const,
      call: {
        budgetMs: call.deadline - performance.now(),
        fuel: call.fuel,
        chain: call.chain,
        operations: call.budget.operations,
        functions: this.#news(),
      },
    });
    const { signal, closed } = call;
    const limit = {
      deadline: call.deadline + patienceMs + LATE_MS,
      signal,
      ...closed === undefined ? {} : { closed },
    };
    return withDeadline(running.ended.promise, limit, (reason) => this.stop(reason));
  }

  /** Ends the task under way: at once where the guest is suspended, else at its next look. */
  stop(reason: unknown): void {
    const running = this.#running;
    if (running === undefined) return;
    running.stopReason ??= reason;
    Atomics.store(this.#control, CONTROL.stop, running.id);
    // It may be asleep.
    Atomics.notify(this.#control, CONTROL.stop);
    this.#channel.send({ kind: "interrupt", id: running.id });
    running.operations.abort(reason);
  }

  /** Resolves when no task is under way. */
  async idle(): Promise<void> {
    await this.#running?.ended.promise.catch(() => {});
  }

  /** Ends the worker once it stands still, which for code that is not metered may be never. Idempotent. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.stop(new Fault("closed"));
    if (this.#running !== undefined) {
      await Promise.race([this.idle(), this.#ended.promise]);
    }
    this.#leave(new Fault("closed"));
  }

  #leave(reason: Fault): void {
    if (this.#gone) return;
    this.#gone = true;
    lanes--;
    this.#channel.close();
    const running = this.#running;
    this.#running = undefined;
    running?.operations.abort(reason);
    running?.ended.reject(reason);
    this.#ended.resolve();
  }

  /** What can be called by name, when the lane does not know it yet. */
  #news(): LaneCall["functions"] {
    const { functions } = this.#options.host;
    if (functions.version === this.#version) return undefined;
    this.#version = functions.version;
    return { known: knownFunctions(functions) };
  }

  #receive(message: FromLane): void {
    const running = this.#running;
    // Whatever belongs to a task that is over is of no use any more.
    if (running === undefined || message.id !== running.id) return;
    switch (message.kind) {
      case "done": {
        const { result, ...rest } = message.outcome;
        this.#running = undefined;
        running.call.budget.fuelNow = undefined;
        if (rest.fuel !== undefined) running.call.budget.fuel = rest.fuel;
        const decoded = result.ok
          ? undefined
          : decodeError(result.error, (ask) => running.errors.get(ask));
        const error = decoded === STOPPED ? running.stopReason : decoded;
        running.operations.abort(error ?? new Fault("closed", "the call is over"));
        running.ended.resolve({
          ...rest,
          result: result.ok ? result : { ok: false, error },
        });
        return;
      }
      case "ask":
        this.#tellFuel(running, message.fuel);
        return void this.#answer(running, message.ask, message.question);
      case "tell": {
        this.#tellFuel(running, message.fuel);
        try {
          hear(message.news, this.#options.host, running.call);
        } catch (error) {
          this.#fail(running, error);
        }
        this.#heard += message.cost;
        if (this.#heard < HEARD_COST) return;
        this.#channel.send({ kind: "heard", cost: this.#heard });
        this.#heard = 0;
      }
    }
  }

  /** Records of what the guest asks for say how much it had used by then. */
  #tellFuel(running: Running, fuel: number | undefined): void {
    running.fuel = fuel;
    if (fuel !== undefined) running.call.budget.fuelNow ??= () => running.fuel ?? 0;
  }

  /** Ends a call by what the host failed with when nobody could be told. */
  #fail(running: Running, reason: unknown): void {
    const error = reason instanceof Fault || isPublicError(reason)
      ? reason
      : new Fault("trap", "a host function failed", { cause: reason });
    this.stop(error);
    running.ended.resolve({ result: { ok: false, error }, next: "discard", fuel: undefined });
  }

  async #answer(running: Running, ask: number, question: Question): Promise<void> {
    const { call, operations: { signal }, errors } = running;
    // The call has been told to end: what it asks for now is not begun.
    if (signal.aborted) return;
    let answer: WireAnswer;
    try {
      const value = await answerOf(question, this.#options.host, { call, signal });
      answer = { ok: true, value, left: call.budget.operations };
    } catch (error) {
      if (errors.size < ERRORS_KEPT) errors.set(ask, error);
      answer = { ok: false, error: encodeError(error), left: call.budget.operations };
    }
    if (this.#running !== running) return;
    try {
      this.#channel.send({ kind: "answer", ask, answer });
    } catch (error) {
      // What cannot be cloned is no value that a guest can be given.
      const { left } = answer;
      const failed = { ok: false, error: encodeError(error), left } as const;
      this.#channel.send({ kind: "answer", ask, answer: failed });
    }
  }
}
