/** The services of one extension, made of what its operator replaced and what this process has. @module */

import type { HostServiceOptions } from "./broker_options.ts";
import { standardErrorLog } from "./log_sink.ts";
import type { Powers } from "./powers.ts";
import type { ExtensionServices, GuestTime } from "./services.ts";

/** Clocks are this coarse unless the operator wants them otherwise: finer ones tell secrets apart. */
const DEFAULT_RESOLUTION_MS = 1;

/**
 * Fills in what `options` leaves out.
 *
 * @throws {RangeError} when the clock's resolution is not a positive number.
 */
export function extensionServices(
  options: HostServiceOptions,
  logBytes: number,
  powers: Powers,
): ExtensionServices {
  const { clock, random, log, onEvent, events = {}, storage, peers, serving } = options;
  return Object.freeze({
    ...guestTime(clock, powers),
    randomFill: random ?? ((bytes) => powers.randomFill(bytes)),
    log: log ?? standardErrorLog((text) => powers.writeError(text)),
    logBytes,
    onEvent: onEvent ?? (() => {}),
    events,
    storage,
    peers,
    serving,
    trustedSql: options.trustedSql ?? false,
  });
}

/**
 * The time that an extension is told, by the operator's clock or the machine's.
 *
 * @throws {RangeError} when the clock's resolution is not a positive number.
 */
export function guestTime(
  clock: HostServiceOptions["clock"],
  powers: Pick<Powers, "now">,
): GuestTime {
  const resolution = clock?.resolutionMs ?? DEFAULT_RESOLUTION_MS;
  if (!(resolution > 0)) {
    throw new RangeError(
      `Cannot use the clock as its resolutionMs must be positive: current value is ${resolution}`,
    );
  }
  const coarse = (ms: number) => Math.floor(ms / resolution) * resolution;
  const now = () => coarse(clock ? clock.now() : powers.now());
  return { now, monotonic: monotonicOf(clock, coarse, now) };
}

/** A replaced clock replaces both, or a repeated run would still tell the real time. */
function monotonicOf(
  clock: HostServiceOptions["clock"],
  coarse: (ms: number) => number,
  now: () => number,
): () => number {
  if (!clock) return () => coarse(performance.now());
  const given = clock.monotonic?.bind(clock);
  if (given) return () => coarse(given());
  const start = now();
  let last = 0;
  return () => last = Math.max(last, now() - start);
}
