/** Limits of what a host serves: their defaults and the attacks they stop. @module */

/** Limits of a host's listener. */
export interface ServingLimits {
  /** Requests of one extension that wait to be taken. */
  readonly requests: number;
  /** Frames of one extension that wait to be taken. */
  readonly frames: number;
  /** Milliseconds that a request waits for its answer. */
  readonly requestMs: number;
  /** Milliseconds that a client has to send its body. */
  readonly bodyMs: number;
  /** Bytes of a request's body. */
  readonly bodyBytes: number;
  /** Bytes of all bodies and frames that are being held; one extension's may be a quarter of them. */
  readonly heldBytes: number;
  /** Characters of all headers of a request, and of its path and query. */
  readonly headChars: number;
  /** Bytes of one frame that comes in. */
  readonly frameBytes: number;
  /** Bytes that wait to be sent over one connection. */
  readonly unsentBytes: number;
  /** Connections of one extension. */
  readonly sockets: number;
  /** Subscribers of one extension. */
  readonly subscribers: number;
  /** Events that wait to be sent to one subscriber. */
  readonly events: number;
  /** Milliseconds between two signs of life to a subscriber. */
  readonly pingMs: number;
  /** Paths of each kind that one extension may register. */
  readonly registrations: number;
  /** Milliseconds that what is under way has when serving ends. */
  readonly shutdownMs: number;
}

/**
 * Each limit that nobody set. The comment names the attack it stops.
 *
 * @example
 * ```ts
 * import { DEFAULT_SERVING_LIMITS } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(DEFAULT_SERVING_LIMITS.requestMs, 30_000);
 * ```
 */
export const DEFAULT_SERVING_LIMITS: ServingLimits = Object.freeze({
  // requests piling up before a slow extension
  requests: 64,
  // a client that sends faster than the extension takes
  frames: 256,
  // an extension that never answers
  requestMs: 30_000,
  // a client that sends a byte a minute
  bodyMs: 30_000,
  // a giant body
  bodyBytes: 1024 * 1024,
  // many large bodies or frames at a time, for one extension that does not take them or for many
  heldBytes: 64 * 1024 * 1024,
  // headers as a heap
  headChars: 64 * 1024,
  // a giant frame
  frameBytes: 1024 * 1024,
  // a client that reads nothing
  unsentBytes: 4 * 1024 * 1024,
  // connections held open for nothing
  sockets: 1_024,
  // subscriptions held open for nothing
  subscribers: 1_024,
  // a subscriber that reads nothing
  events: 32,
  // connections that died unnoticed
  pingMs: 15_000,
  // every request is compared with them
  registrations: 1_024,
  // an extension that does not stop
  shutdownMs: 5_000,
});

/**
 * Fills in what is not set.
 *
 * @throws {RangeError} for a limit that is not a positive number, or none at all.
 */
export function servingLimits(limits: Partial<ServingLimits> = {}): ServingLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_SERVING_LIMITS, name)) {
      throw new RangeError(`Cannot set serving limit "${name}" as there is no such limit`);
    }
    if (typeof value !== "number" || !(value > 0)) {
      throw new RangeError(
        `Cannot set serving limit "${name}" as it must be a positive number: current value is ${value}`,
      );
    }
  }
  return Object.freeze({ ...DEFAULT_SERVING_LIMITS, ...limits });
}
