/** What one extension has of one capability: its state, its operations in flight, and how both end. @module */

import type {
  Capability,
  CapabilityScope,
  ExtensionIdentity,
  OperationContext,
} from "./capability.ts";
import type { AuditOutcome } from "./audit.ts";
import { type Refusal, refusalError } from "./errors.ts";
import type { Flight } from "./flight.ts";
import type { BoundGrant } from "./grant.ts";

/** How long a capability may take to open or close what it has for one extension. */
const SETUP_MS = 10_000;
/** How long operations that were told to stop may take before their resources are closed anyway. */
const LANDING_MS = 1_000;

/** One bound capability of one extension. */
export class Room {
  readonly bound: BoundGrant;
  readonly capability: Capability;
  /** The context of every operation that cannot be stopped; shared, as nothing in it changes. */
  readonly context: OperationContext;
  readonly flights: Set<Flight> = new Set();
  /** Why its operations are refused, once they are. */
  refusal: Refusal | undefined;
  #closing: Promise<void> | undefined;

  private constructor(bound: BoundGrant, extension: ExtensionIdentity, state: unknown) {
    this.bound = bound;
    this.capability = bound.capability;
    this.context = Object.freeze({
      extension,
      grant: bound.grant,
      state,
      signal: undefined,
      chain: NO_CHAIN,
    });
  }

  /** Opens what the capability needs for one extension. */
  static async open(bound: BoundGrant, scope: Omit<CapabilityScope, "grant">): Promise<Room> {
    const { name, capability, grant } = bound;
    const opening = Promise.resolve(capability.setup?.({ ...scope, grant }));
    try {
      const state = await inTime(opening, SETUP_MS, `open capability "${name}"`);
      return new Room(bound, scope.extension, state);
    } catch (error) {
      // what opens too late for this extension still has to be closed
      opening.then((late) => capability.teardown?.(late)).catch(() => {});
      throw error;
    }
  }

  /** Refuses everything from now on and stops what is in flight. */
  refuse(refusal: Refusal, outcome: AuditOutcome): void {
    this.refusal = refusal;
    for (const flight of this.flights) flight.stop(outcome, refusalError(refusal));
  }

  /** Closes what `open` opened, after the operations in flight are over; idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.flights.size > 0) {
      const landed = Promise.all(Array.from(this.flights, (flight) => flight.landed));
      // an operation that does not stop does not keep its resources
      await inTime(landed, LANDING_MS, "stop").catch(() => {});
    }
    const closing = Promise.resolve(this.capability.teardown?.(this.context.state));
    await inTime(closing, SETUP_MS, `close capability "${this.bound.name}"`);
  }
}

const NO_CHAIN: readonly string[] = Object.freeze([]);

/** Waits for `promise` at most `ms`; then fails to `act`. */
async function inTime<T>(promise: Promise<T>, ms: number, act: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        const late = () =>
          reject(new DOMException(`Cannot ${act} within ${ms} ms`, "TimeoutError"));
        timer = setTimeout(late, ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
