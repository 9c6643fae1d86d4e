/** What one guest asks of its host: answers at once, or starts it once the guest has left. @module */

import type { HostCalls } from "../contract.ts";
import { Fault } from "../errors.ts";
import { fileKey, resolveIn } from "../script/graph.ts";
import { decodeArguments, encodeHostValue } from "../script/host_value.ts";
import { refusal, refusalOf } from "../script/refusal.ts";
import { answerUrl } from "../script/url_answer.ts";
import { UNANSWERED_LIMIT } from "../script/wire.ts";
import type { ActiveCall } from "./calls.ts";
import type { Program } from "./realm.ts";

/** Refused operations whose errors are kept, for the calls that fail because of them. */
const KEPT_REFUSALS = 1_000;

/** Frames that must be left before a host function runs: one that is cut off half-way is worse than none. */
const SPARE_FRAMES = 200;

/** Arguments that did not cross. */
const TOO_LARGE = Symbol("too large");
const REFUSED = refusal("quota", "", "its arguments, or those that wait already, are too large");

/** The answer to an operation. */
export interface Reply {
  readonly id: number;
  /** The call that asked. */
  readonly owner: number;
  readonly ok: boolean;
  readonly text: string;
}

/** An operation that the guest asked for. */
export interface Request {
  readonly id: number;
  /** The call that asked. */
  readonly owner: number;
  /** The same call, as long as it is in flight. */
  readonly active: ActiveCall | undefined;
  readonly operation: string;
  /** JSON; `undefined` when it was longer than may cross, or more than may wait. */
  readonly args: string | undefined;
}

/** The host's side of one session. */
export class Operations {
  readonly #host: HostCalls;
  readonly #files: Program["files"];
  readonly #onReply: (reply: Reply) => void;
  /** Asked for while the guest was inside: host code must not run where the watchdog may stop it. */
  readonly #asked: Request[] = [];
  readonly #refusals = new Map<number, unknown>();
  #pending = 0;
  /** Units of arguments that wait. */
  #units = 0;
  #lastRefusal = 0;

  /** `onReply` hears of every operation once. */
  constructor(host: HostCalls, { files }: Program, onReply: (reply: Reply) => void) {
    this.#host = host;
    this.#files = files;
    this.#onReply = onReply;
  }

  /** How many have no answer yet. */
  get pending(): number {
    return this.#pending;
  }

  /** The error behind the refusal of operation `id`, if it is still known. */
  refusalBehind(id: number): unknown {
    return this.#refusals.get(id);
  }

  /** Remembers an operation until {@linkcode Operations.startAll}. */
  add(request: Request): void {
    this.#pending++;
    const units = request.args?.length ?? 0;
    const room = this.#units === 0 || this.#units + units <= UNANSWERED_LIMIT;
    if (room) this.#units += units;
    this.#asked.push(room ? request : { ...request, args: undefined });
  }

  /** Starts what was asked for. */
  startAll(): void {
    for (const request of this.#asked.splice(0)) {
      const { id, owner, args } = request;
      this.#run(request).finally(() => this.#units -= args?.length ?? 0).then(
        (text) => this.#reply({ id, owner, ok: true, text }),
        (error) => {
          this.#keepRefusal(id, error);
          this.#reply({
            id,
            owner,
            ok: false,
            text: error === TOO_LARGE ? REFUSED : refusalOf(error),
          });
        },
      );
    }
  }

  /** Answers the prelude's `ask`; see its contract. */
  answer(what: string, head: string, body: string, active: ActiveCall | undefined): string {
    switch (what) {
      case "call":
        return this.#callSync(head, body, active);
      case "url":
      case "url-set":
        return answerUrl(what, head, body);
      case "require":
        return this.#require(head, body);
      default:
        return `!${refusal("failed", "", "there is no such question")}`;
    }
  }

  #callSync(operation: string, args: string, active: ActiveCall | undefined): string {
    spareStack(SPARE_FRAMES);
    try {
      const value = this.#host.callSync(operation, decodeArguments(args), {
        chain: active?.call.chain ?? [],
        budget: active?.call.budget,
        onEvent: active?.call.onEvent,
      });
      return `=${encodeHostValue(value)}`;
    } catch (error) {
      // Ids of operations that answer later are the prelude's own, and positive.
      const id = --this.#lastRefusal;
      this.#keepRefusal(id, error);
      return `!${refusalOf(error, id)}`;
    }
  }

  #require(referrer: string, specifier: string): string {
    try {
      const file = resolveIn(this.#files, referrer, specifier);
      return `=${fileKey(file.path, file.kind)}`;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return `!${error.message}`;
    }
  }

  async #run({ operation, args, active }: Request): Promise<string> {
    if (args === undefined) throw TOO_LARGE;
    return encodeHostValue(
      await this.#host.call(operation, decodeArguments(args), {
        signal: active?.signal,
        deadline: active?.call.deadline,
        chain: active?.call.chain ?? [],
        budget: active?.call.budget,
        onEvent: active?.call.onEvent,
      }),
    );
  }

  #reply(reply: Reply): void {
    this.#pending--;
    this.#onReply(reply);
  }

  #keepRefusal(id: number, error: unknown): void {
    this.#refusals.set(id, error);
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size > KEPT_REFUSALS && oldest !== undefined) this.#refusals.delete(oldest);
  }
}

/** Throws a RangeError when the stack is nearly used up, as a guest can arrange before it asks. */
function spareStack(frames: number): number {
  return frames === 0 ? 0 : 1 + spareStack(frames - 1);
}
