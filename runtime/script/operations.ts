/** Host operations that one lane asked for: run, counted, answered, stopped. Host side. @module */

import type { CallBudget, HostCalls } from "../../capabilities/host_calls.ts";
import type { EventSink } from "../../capabilities/services.ts";
import { CapabilityError } from "../../capabilities/errors.ts";
import { decodeArguments, encodeHostValue } from "./host_value.ts";
import { LogMeter } from "./log_meter.ts";
import { refusal, refusalOf } from "./refusal.ts";
import { WireError } from "./wire.ts";

/** The call an operation belongs to. */
export interface OperationOwner {
  readonly chain: readonly string[];
  readonly budget: CallBudget;
  readonly deadline: number;
  readonly onEvent?: EventSink | undefined;
}

/** How an operation's outcome gets back. */
export type Answer = (id: number, ok: boolean, text: string) => void;

/** Operations that wait at a time: an honest lane never has more. */
const IN_FLIGHT_LIMIT = 1_024;

/** Bytes of arguments that wait at a time, beside one payload. */
const IN_FLIGHT_BYTES = 9 * 1024 * 1024;

/** Refusals that are remembered, so that an uncaught one can fail its call as what it was. */
const REFUSALS_KEPT = 64;

/** Log lines of a lane that does not meter itself are dropped above this many times the limit. */
const LOG_SLACK = 2;

interface Running {
  readonly call: number;
  readonly bytes: number;
  readonly controller: AbortController;
}

/** What a lane asks of the host. Nothing it sends carries authority: the broker decides. */
export class Operations {
  readonly #host: HostCalls;
  readonly #payloadBytes: number;
  readonly #answer: Answer;
  readonly #meter: LogMeter;
  readonly #running = new Map<number, Running>();
  readonly #refused = new Map<number, CapabilityError>();
  #bytes = 0;

  constructor(
    host: HostCalls,
    limits: { readonly payloadBytes: number; readonly logBytes: number },
    answer: Answer,
  ) {
    this.#host = host;
    this.#payloadBytes = limits.payloadBytes;
    this.#answer = answer;
    this.#meter = new LogMeter(LOG_SLACK * limits.logBytes);
  }

  /**
   * Runs one operation in the background; its outcome goes to `answer`.
   *
   * @throws {WireError} when the lane asks for more than an honest one would.
   */
  start(
    id: number,
    call: number,
    operation: string,
    args: string,
    owner: OperationOwner,
  ): void {
    this.#bytes += args.length;
    if (
      this.#running.has(id) || this.#running.size >= IN_FLIGHT_LIMIT ||
      this.#bytes > IN_FLIGHT_BYTES + this.#payloadBytes
    ) throw new WireError("too many operations are in flight");
    const running = { call, bytes: args.length, controller: new AbortController() };
    this.#running.set(id, running);
    void this.#run(id, running, operation, args, owner);
  }

  async #run(
    id: number,
    running: Running,
    operation: string,
    args: string,
    owner: OperationOwner,
  ): Promise<void> {
    let ok = false;
    let text: string;
    try {
      const value = await this.#host.call(operation, decodeArguments(args), {
        signal: running.controller.signal,
        chain: owner.chain,
        budget: owner.budget,
        deadline: owner.deadline,
        onEvent: owner.onEvent,
      });
      text = encodeHostValue(value);
      ok = text.length <= this.#payloadBytes;
      if (!ok) text = refusal("quota", "", "the result is larger than it may be");
    } catch (error) {
      if (error instanceof CapabilityError) this.#remember(id, error);
      text = refusalOf(error);
    }
    if (this.#running.get(id) !== running) return;
    this.#end(id, running);
    this.#answer(id, ok, text);
  }

  #end(id: number, running: Running): void {
    this.#running.delete(id);
    this.#bytes -= running.bytes;
  }

  #remember(id: number, error: CapabilityError): void {
    if (this.#refused.size >= REFUSALS_KEPT) {
      for (const oldest of this.#refused.keys()) {
        this.#refused.delete(oldest);
        break;
      }
    }
    this.#refused.set(id, error);
  }

  /** The refusal of operation `id`, if it was refused lately. */
  refused(id: number): CapabilityError | undefined {
    return this.#refused.get(id);
  }

  /** Refuses an operation that no call pays for. */
  refuse(id: number): void {
    this.#answer(id, false, refusal("abandoned", "", "its call is over"));
  }

  /** Writes to the extension's log; what the broker refuses is dropped. `false` where nothing was. */
  log(operation: string, args: string): boolean {
    if (!operation.startsWith("log.") || !this.#meter.passes(args.length)) return false;
    try {
      this.#host.callSync(operation, decodeArguments(args));
    } catch { /* a log that is full or refused must not fail the call that writes to it */ }
    return true;
  }

  /** Stops what a call started, or everything; late results are dropped. */
  stop(reason: unknown, call?: number): void {
    for (const [id, running] of this.#running) {
      if (call !== undefined && running.call !== call) continue;
      this.#end(id, running);
      running.controller.abort(reason);
    }
  }
}
