/**
 * How code that runs beside a guest, in a lane, reaches the host: it asks, and the guest is suspended
 * until the answer comes; or it tells, and goes on.
 *
 * Host functions of a convention are written for a host on their own thread: they ask in the middle of
 * what they do, and need the answer at once. Here such a function is left where it asks, the guest
 * is suspended, and when the answer is there the function runs again from its beginning, and finds it.
 *
 * @module
 */

import { NeedsAsyncError } from "../../../capabilities/errors.ts";
import { Fault } from "../../errors.ts";
import type { HostFunction, WasmValue } from "../abi/contract.ts";
import type { FarHost, LiveGuest } from "../guest.ts";
import { decodeError } from "./errors.ts";
import type { FromLane, News, Question, WireAnswer } from "./wire.ts";

/** What may be told and not yet heard: a guest that floods its host is suspended until it is. */
const UNHEARD_COST = 1024 * 1024;
/** The same where a guest cannot be suspended, as in its allocator: there it is ended. */
const FLOOD_COST = 16 * UNHEARD_COST;
/** What a message costs beside its content. */
const MESSAGE_COST = 256;

/** Thrown to leave a host function whose question has no answer yet; never seen outside. */
const LEFT: unknown = Object.freeze({ left: true });

/** Asks and tells on behalf of one guest at a time. */
export class Questions {
  readonly #send: (message: FromLane) => void;
  /** The task in progress. */
  #task = 0;
  #guest: LiveGuest | undefined;
  #lastAsk = 0;
  readonly #asked = new Map<number, (answer: WireAnswer) => void>();
  /** Which question an error answered. */
  readonly #origins = new WeakMap<object, number>();
  #unheard = 0;
  #heard: PromiseWithResolvers<void> | undefined;
  /** Whether a host function runs that can be left. */
  #inside = false;
  /** What the function was answered so far, in the order in which it asks. */
  #answers: Answered[] = [];
  #at = 0;
  /** How often it has told something, in all its runs and in this one. */
  #told = 0;
  #toldAt = 0;
  /** What it was left for. */
  #open: Question | undefined;
  /** Files that were opened for functions which never finished: closed as the next task begins. */
  readonly #orphans: News[] = [];

  constructor(send: (message: FromLane) => void) {
    this.#send = send;
  }

  /** A task begins; nothing is left of the one before. */
  begin(task: number): void {
    this.#task = task;
    this.#asked.clear();
    this.#open = undefined;
    this.#inside = false;
    for (const news of this.#orphans.splice(0)) this.tell(news, 0);
  }

  /** The question that `error` was the answer to. */
  originOf = (error: unknown): number | undefined =>
    typeof error === "object" && error !== null ? this.#origins.get(error) : undefined;

  /** Lets the host functions of `guest` ask. */
  serve(guest: LiveGuest): FarHost {
    this.#guest = guest;
    return {
      adapt: (found) => this.#adapt(found, guest),
      enterPlain: () => {
        if (this.#open !== undefined) throw LEFT;
      },
    };
  }

  /** Asks, for who can wait. */
  async ask(question: Question): Promise<unknown> {
    return (await this.#ask(question))();
  }

  /** Asks now, for who looks at the answer later. */
  look(question: Question): Promise<() => unknown> {
    return this.#ask(question);
  }

  /**
   * Asks in the middle of a host function.
   *
   * @throws what leaves the function where there is no answer yet; `NeedsAsyncError` where nothing can.
   */
  askNow(question: Question, name: string): unknown {
    if (!this.#inside || !this.#guest?.suspends) throw new NeedsAsyncError(name);
    if (this.#open !== undefined) throw LEFT;
    const answered = this.#answers[this.#at++];
    if (answered !== undefined) {
      // What it read may have been written over what it reads it by, as a list of buffers over itself.
      if (formOf(answered.question) === formOf(question)) return answered.answer();
      throw new Fault("bad-guest-data", "what it asked for was changed by what it got");
    }
    this.#open = question;
    throw LEFT;
  }

  /**
   * Tells the host something that costs it `cost`; what it makes of it ends the task at worst.
   *
   * @returns whether it was not told before: a function that runs again says the same again.
   */
  tell(news: News, cost: number): boolean {
    if (this.#inside) {
      // The function is being left: it only cleans up, and will do it again where it has to.
      if (this.#open !== undefined) return false;
      if (this.#toldAt++ < this.#told) return false;
      this.#told++;
    }
    const all = cost + MESSAGE_COST;
    if (cost > 0 && this.#unheard > FLOOD_COST) {
      throw new Fault("payload-limit", "it tells its host more than that can hear");
    }
    this.#unheard += all;
    this.#send({ kind: "tell", id: this.#task, fuel: this.#fuel(), cost: all, news });
    return true;
  }

  /** The host has dealt with so much. */
  heard(cost: number): void {
    this.#unheard -= cost;
    if (this.#unheard > UNHEARD_COST) return;
    this.#heard?.resolve();
    this.#heard = undefined;
  }

  /** An answer came; one for a task that is over is dropped. */
  answered(ask: number, answer: WireAnswer): void {
    this.#asked.get(ask)?.(answer);
    this.#asked.delete(ask);
  }

  #ask(question: Question): Promise<() => unknown> {
    const ask = ++this.#lastAsk;
    const { promise, resolve } = Promise.withResolvers<() => unknown>();
    this.#asked.set(ask, (answer) => {
      const call = this.#guest?.call;
      if (call !== undefined) call.budget.operations = answer.left;
      if (answer.ok) return resolve(() => answer.value);
      const error = decodeError(answer.error);
      if (typeof error === "object" && error !== null) this.#origins.set(error, ask);
      resolve(() => {
        throw error;
      });
    });
    this.#send({ kind: "ask", id: this.#task, fuel: this.#fuel(), ask, question });
    return promise;
  }

  #fuel(): number | undefined {
    return this.#guest?.call.budget.fuelNow?.();
  }

  /** `found`, so that it can be left and run again; what waits anyway can ask as it is. */
  #adapt(found: HostFunction, guest: LiveGuest): HostFunction {
    const { type, run, wait, mayWait } = found;
    if (run === undefined || (wait !== undefined && mayWait === undefined)) return found;
    const answer = run as (...args: WasmValue[]) => WasmValue | void;
    const waitItself = wait as HostFunction["wait"] & AskLater | undefined;
    let given: WasmValue | void;
    /** Undoes what an attempt did to what the guest has open. */
    let undo: (() => void) | undefined;
    /** Whether the function itself wants to be followed by its `wait`. */
    let goesOn = false;

    const attempt = (args: readonly WasmValue[]): void => {
      this.#at = this.#toldAt = 0;
      this.#open = undefined;
      this.#inside = true;
      given = undefined;
      try {
        given = answer(...args);
      } catch (error) {
        if (this.#open === undefined) throw error;
      } finally {
        this.#inside = false;
      }
      goesOn = this.#open === undefined && waitItself !== undefined &&
        (found.unfinished?.() ?? given === undefined);
    };

    const settle = async (signal: AbortSignal, args: readonly WasmValue[]): Promise<void> => {
      while (this.#open !== undefined) {
        const question = this.#open;
        const answer = await this.#ask(question);
        this.#answers.push({ question, answer });
        signal.throwIfAborted();
        undo?.();
        attempt(args);
      }
    };

    return {
      type,
      mayWait: () => true,
      unfinished: () => this.#open !== undefined || goesOn || this.#unheard > UNHEARD_COST,
      run: (...args: WasmValue[]) => {
        if (!guest.suspends) return answer(...args);
        this.#answers = [];
        this.#told = 0;
        undo = guest.program.checkpoint();
        attempt(args);
        return given;
      },
      wait: async (signal: AbortSignal, ...args: WasmValue[]) => {
        try {
          await settle(signal, args);
        } catch (error) {
          // Whatever it had opened by then is nobody's.
          this.#orphans.push(...this.#answers.flatMap((one) => closingOf(one) ?? []));
          throw error;
        }
        if (goesOn && waitItself !== undefined) return await waitItself(signal, ...args);
        while (this.#unheard > UNHEARD_COST) {
          this.#heard ??= Promise.withResolvers();
          await this.#heard.promise;
        }
        return given;
      },
    };
  }
}

/** What was asked, and what gives the answer. */
interface Answered {
  readonly question: Question;
  readonly answer: () => unknown;
}

/** What closes the file that was opened, if one was. */
function closingOf({ question, answer }: Answered): News | undefined {
  if (question.kind === "tree" && question.method === "open") {
    const file = opened(answer);
    return file === undefined ? undefined : { ...question, file, method: "close", args: [] };
  }
  if (question.kind !== "operation" || !question.operation.endsWith(OPENS)) return undefined;
  const file = opened(answer);
  const operation = question.operation.replace(OPENS, ".wasi_close");
  return file === undefined ? undefined : { kind: "operation", operation, args: { file } };
}

/** The number of a file; `undefined` where it could not be opened. */
function opened(answer: () => unknown): number | undefined {
  try {
    return answer() as number;
  } catch {
    return undefined;
  }
}

const OPENS = ".wasi_open";

/** What has to be the same for an answer to be an answer; times of the clock are not. */
function formOf(question: Question): string {
  switch (question.kind) {
    case "operation": {
      const { operation, fills, args: { file, path, position } } = question;
      return [operation, fills, file, path, position].join();
    }
    case "tree": {
      const { guest, file, method, args } = question;
      return [guest, file, method, ...method === "read" ? args : []].join();
    }
    case "random":
    case "stdin":
      return `${question.kind} ${question.length}`;
    default:
      return question.kind;
  }
}

type AskLater = (signal: AbortSignal, ...args: WasmValue[]) => Promise<WasmValue | void>;
