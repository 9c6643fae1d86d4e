/** What one extension has of one capability: its state, its operations in flight, and how both end. @module */

import type {
  Capability,
  CapabilityScope,
  ExtensionIdentity,
  OperationContext,
} from "./capability.ts";
import type { AuditOutcome } from "./audit.ts";
import { type NamedOperation, operationsOf } from "./doors.ts";
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
  /** Its operations by the names that guests call them. */
  readonly operations: ReadonlyMap<string, NamedOperation>;
  /** The context of every operation that cannot be stopped; shared, as nothing in it changes. */
  readonly context: OperationContext;
  #flights: Set<Flight> | undefined;
  /** Why its operations are refused, once they are. */
  refusal: Refusal | undefined;
  #closing: Promise<void> | undefined;

  private constructor(bound: BoundGrant, extension: ExtensionIdentity, state: unknown) {
    this.bound = bound;
    this.capability = bound.capability;
    this.operations = operationsOf(bound.capability);
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
    const given = capability.setup?.({ ...scope, grant });
    if (!isThenable(given)) return new Room(bound, scope.extension, given);
    const opening = Promise.resolve(given);
    try {
      const state = await inTime(opening, SETUP_MS, `open capability "${name}"`);
      return new Room(bound, scope.extension, state);
    } catch (error) {
      // what opens too late for this extension still has to be closed
      opening.then((late) => capability.teardown?.(late)).catch(() => {});
      throw error;
    }
  }

  /** What is in flight. Most capabilities never have anything there, so it is made when asked for. */
  get flights(): Set<Flight> {
    return this.#flights ??= new Set();
  }

  /** Refuses everything from now on and stops what is in flight. */
  refuse(refusal: Refusal, outcome: AuditOutcome): void {
    this.refusal = refusal;
    for (const flight of this.#flights ?? []) flight.stop(outcome, refusalError(refusal));
  }

  /** Closes what `open` opened, after the operations in flight are over; idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const flights = [...this.#flights ?? []];
    if (flights.length > 0) {
      const landed = Promise.all(flights.map((flight) => flight.landed));
      // an operation that does not stop does not keep its resources
      await inTime(landed, LANDING_MS, "stop").catch(() => {});
    }
    const closing = this.capability.teardown?.(this.context.state);
    if (!isThenable(closing)) return;
    await inTime(Promise.resolve(closing), SETUP_MS, `close capability "${this.bound.name}"`);
  }
}

const NO_CHAIN: readonly string[] = Object.freeze([]);

/** What has to be waited for; everything else is there already, and needs no timer. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}

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
