/** One operation that waits: it ends once, by its own answer or by whoever stops it first. @module */

import type { HostValue, OperationContext } from "./capability.ts";
import type { AuditOutcome } from "./audit.ts";
import { outcomeOf } from "./audit.ts";
import type { EventSink } from "./services.ts";

/** What does not change from one operation of a capability to the next. */
export type FlightBase = Omit<OperationContext, "signal" | "chain" | "deadline" | "onEvent">;

/** How a flight is tied to its caller. */
export interface FlightTies {
  readonly signal: AbortSignal | undefined;
  readonly deadline?: number | undefined;
  readonly chain: readonly string[];
  readonly onEvent?: EventSink | undefined;
  /** Writes down what came of it; a throw makes the operation fail. */
  readonly onOutcome: (outcome: AuditOutcome) => void;
  /** Runs when the operation itself is over, which may be long after its caller was answered. */
  readonly onLanded: () => void;
}

/** An operation in flight, and the context it sees. */
export class Flight implements OperationContext {
  readonly extension: OperationContext["extension"];
  readonly grant: unknown;
  readonly state: unknown;
  readonly chain: readonly string[];
  readonly deadline: number | undefined;
  readonly onEvent: EventSink | undefined;
  /** Resolves when the operation itself is over. */
  readonly landed: Promise<void>;
  readonly #ties: FlightTies;
  /** Made only for operations that look at their signal. */
  #controller: AbortController | undefined;
  #stopped: { readonly reason: unknown } | undefined;
  #answered = false;
  #reject: (reason: unknown) => void = () => {};
  #land: () => void = () => {};

  constructor({ extension, grant, state }: FlightBase, ties: FlightTies) {
    this.extension = extension;
    this.grant = grant;
    this.state = state;
    this.chain = ties.chain;
    this.deadline = ties.deadline;
    this.onEvent = ties.onEvent;
    this.#ties = ties;
    this.landed = new Promise((resolve) => this.#land = resolve);
  }

  /** Fires when the flight is stopped. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#stopped) this.#controller.abort(this.#stopped.reason);
    return this.#controller.signal;
  }

  /** Starts `operation` and answers like it, or like whoever stops it first. */
  start(operation: (context: OperationContext) => Promise<HostValue>): Promise<HostValue> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      const { signal } = this.#ties;
      const onAbort = () => this.stop("abandoned", signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const land = () => {
        signal?.removeEventListener("abort", onAbort);
        this.#ties.onLanded();
        this.#land();
      };
      // an operation that throws before it waits has failed like any other
      new Promise<HostValue>((begin) => begin(operation(this))).then((value) => {
        land();
        this.#answer("allowed", () => resolve(value));
      }, (error) => {
        land();
        this.#answer(outcomeOf(error), () => reject(error));
      });
    });
  }

  /** Rejects with `reason` now and tells the operation; its late answer is dropped. */
  stop(outcome: AuditOutcome, reason: unknown): void {
    if (this.#answered) return;
    this.#stopped = { reason };
    this.#answer(outcome, () => this.#reject(reason));
    this.#controller?.abort(reason);
  }

  #answer(outcome: AuditOutcome, settle: () => void): void {
    if (this.#answered) return;
    this.#answered = true;
    try {
      this.#ties.onOutcome(outcome);
      settle();
    } catch (error) {
      this.#reject(error);
    }
  }
}
