/** What the embedder's functions answer one guest: a response or an error, kept until the call is over. @module */

import { Fault } from "../../errors.ts";
import type { AbiEnvironment, Guest } from "./contract.ts";

/** What a guest calls the operation it asks for. */
export interface OperationNames {
  readonly operation: string;
  readonly namespace: string;
  readonly binding: string;
}

const SUCCESS = 1;
const FAILURE = 0;
const NOTHING = new Uint8Array(0);

const encoder = new TextEncoder();

/** Asks the embedder's functions on behalf of one guest. */
export class HostExchange {
  readonly #guest: Guest;
  readonly #environment: AbiEnvironment;
  /** The last answer; empty after an error. */
  response: Uint8Array = NOTHING;
  /** The last error's text; empty after an answer. */
  error: Uint8Array = NOTHING;
  /** What `ask` left to `answerLater`. */
  #pending: ((signal: AbortSignal) => unknown) | undefined;
  #operation = "";

  /** For one guest. */
  constructor(guest: Guest, environment: AbiEnvironment) {
    this.#guest = guest;
    this.#environment = environment;
  }

  /** Forgets the last answer. */
  clear(): void {
    this.response = this.error = NOTHING;
    this.#pending = undefined;
  }

  /** Whether any function may wait. */
  get waits(): boolean {
    return this.#environment.hostFunctions.waits;
  }

  /**
   * Answers at once: 1 with a response, 0 with an error. `undefined` where the guest can wait and
   * has to: then `answerLater` answers.
   *
   * @throws {Fault} what the function wants to end the guest with.
   */
  ask(names: OperationNames, payload: Uint8Array): number | undefined {
    this.clear();
    const { operation } = names;
    this.#operation = operation;
    const found = this.#environment.hostFunctions.find(operation);
    if (found === undefined) {
      return this.#fail(`no handler registered for operation '${operation}'`);
    }
    const { chain, signal, budget, deadline, hostContext } = this.#guest.call;
    if (budget.operations <= 0) return this.#fail("the quota of host operations is used up");
    budget.operations--;
    const extension = chain.at(-1) ?? "";
    const context = { ...names, extension, chain, signal, deadline, hostContext };
    if (found.waits) {
      if (!this.#guest.suspends) {
        return this.#fail(`operation '${operation}' has to wait, and this call cannot`);
      }
      this.#pending = (signal) => found.run(payload, { ...context, signal });
      return undefined;
    }
    try {
      const answer: unknown = found.run(payload, context);
      if (!(answer instanceof Promise)) return this.#succeed(answer);
      // Nobody waits for it; without this its rejection would end the process.
      answer.catch(() => {});
      return this.#fail(
        `operation '${operation}' answers with a promise and is not declared async`,
      );
    } catch (reason) {
      return this.#failWith(reason);
    }
  }

  /** The answer to what `ask` left open. */
  async answerLater(signal: AbortSignal): Promise<number> {
    try {
      return this.#succeed(await this.#pending?.(signal));
    } catch (reason) {
      return this.#failWith(reason);
    }
  }

  #succeed(answer: unknown): number {
    const bytes = typeof answer === "string" ? encoder.encode(answer) : answer ?? NOTHING;
    if (!(bytes instanceof Uint8Array)) {
      return this.#fail(`operation '${this.#operation}' was answered with neither bytes nor text`);
    }
    const { payloadBytes } = this.#environment.limits;
    if (bytes.length > payloadBytes) {
      return this.#fail(
        `operation '${this.#operation}' was answered with ${bytes.length} bytes where ${payloadBytes} are allowed`,
      );
    }
    this.response = bytes;
    return SUCCESS;
  }

  #fail(text: string): number {
    this.error = encoder.encode(text);
    return FAILURE;
  }

  /** The guest learns the message and nothing more; a fault of a trusted function ends it. */
  #failWith(reason: unknown): number {
    if (reason instanceof Fault) throw reason;
    const text = reason instanceof Error ? reason.message : reason;
    return this.#fail(
      typeof text === "string" && text !== "" ? text : `operation '${this.#operation}' failed`,
    );
  }
}
