/** Every limit of an extension: its default, the attack it stops, and how three sides agree on it. @module */

import type { ManifestLimits } from "../manifest/manifest.ts";

/** Limits as an operator writes them: absent = the default, `null` = unlimited, 0 is an error. */
export type LimitOptions = { readonly [name in keyof Limits]?: number | null };

/** Limits of one extension, every one with a value; `Infinity` = unlimited. */
export interface Limits {
  /** Milliseconds a call may take, from instance taken to settled. */
  readonly timeoutMs: number;
  /** Milliseconds a call may wait for a free instance. */
  readonly queueMs: number;
  /** Milliseconds a load may take, start functions included. */
  readonly loadMs: number;
  /** Bytes of memory per guest instance. */
  readonly memoryBytes: number;
  /** Bytes of stack of an interpreted guest. */
  readonly stackBytes: number;
  /** Bytes of one payload, result or operation argument. */
  readonly payloadBytes: number;
  /** Units of fuel per call. */
  readonly fuel: number;
  /** Calls that may be in flight in one realm. */
  readonly concurrency: number;
  /** Guest instances of one extension. */
  readonly instances: number;
  /** Host operations per call of the guest. */
  readonly operations: number;
  /** Bytes of log per second; more is dropped and counted. */
  readonly logBytes: number;
  /** Bytes of variables an extension may keep. */
  readonly varBytes: number;
  /** Bytes of one HTTP answer that a guest asked for by its convention's own function. */
  readonly responseBytes: number;
  /** Milliseconds after which an instance beyond the first, or a lane, that nobody used is closed. */
  readonly idleMs: number;
}

/**
 * Each limit of an inline guest that nobody set. The comment names the attack it stops.
 *
 * @example
 * ```ts
 * import { DEFAULT_LIMITS } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(DEFAULT_LIMITS.timeoutMs, 1_000);
 * ```
 */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  // an endless loop; the event loop stands still while an inline guest runs
  timeoutMs: 1_000,
  // callers piling up behind a slow guest
  queueMs: 10_000,
  // a loop at the top level of a module, or in a start function
  loadMs: 10_000,
  // a heap bomb
  memoryBytes: 64 * 1024 * 1024,
  // unbounded recursion overflowing the host's own stack
  stackBytes: 256 * 1024,
  // a giant result that the host would have to copy
  payloadBytes: 16 * 1024 * 1024,
  fuel: Infinity,
  // a flood of calls, each holding a promise
  concurrency: 16,
  // memory multiplied by instances
  instances: 8,
  // a host call in a loop
  operations: 100_000,
  // a log flood
  logBytes: 64 * 1024,
  // a store used as a heap
  varBytes: 1024 * 1024,
  // an answer that fills the memory
  responseBytes: 16 * 1024 * 1024,
  // memory and threads that one moment of many calls leaves behind
  idleMs: 30_000,
});

/**
 * A call that does not block the host's event loop may take longer.
 *
 * @example
 * ```ts
 * import { DEFAULT_LIMITS, OFF_THREAD_TIMEOUT_MS } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(OFF_THREAD_TIMEOUT_MS > DEFAULT_LIMITS.timeoutMs, true);
 * ```
 */
export const OFF_THREAD_TIMEOUT_MS = 30_000;

/** What one side wants, in the order host, operator of this load, manifest. */
export interface LimitSides {
  /** Defaults of the tier. */
  readonly defaults: Limits;
  /** `new ExtensionHost({ limits })`. */
  readonly host: LimitOptions;
  /** `load(path, { limits })`. */
  readonly load: LimitOptions;
  /** The manifest's own; it can only lower what the operator allows. */
  readonly manifest: ManifestLimits;
}

/**
 * Resolves each limit: the operator's load option, else the host's, else the default; and never
 * more than the host's or the manifest's own.
 *
 * @throws {RangeError} for a limit that is not a positive number or `null`.
 */
export function resolveLimits({ defaults, host, load, manifest }: LimitSides): Limits {
  checkLimits(host);
  checkLimits(load);
  const own: { readonly [name: string]: number | undefined } = { ...manifest };
  const resolved: Record<string, number> = {};
  for (const [name, fallback] of Object.entries(defaults) as [keyof Limits, number][]) {
    const cap = host[name] === null ? Infinity : host[name];
    const wanted = load[name] === null ? Infinity : load[name];
    const operator = Math.min(wanted ?? cap ?? fallback, cap ?? Infinity);
    resolved[name] = Math.min(operator, own[name] ?? Infinity);
  }
  return Object.freeze(resolved as unknown as Limits);
}

/**
 * The most milliseconds that a caller may ask for: what host, load or manifest set; `Infinity`
 * when nobody set anything.
 */
export function timeoutCap({ host, load, manifest }: Omit<LimitSides, "defaults">): number {
  const set = [host.timeoutMs, load.timeoutMs, manifest.timeoutMs];
  return Math.min(...set.map((ms) => ms ?? Infinity));
}

/**
 * Refuses limits that are not positive numbers or `null`, and names that are no limits.
 *
 * @throws {RangeError} naming the limit.
 */
export function checkLimits(limits: LimitOptions): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new RangeError(`Cannot set limit "${name}" as there is no such limit`);
    }
    if (value === null || value === undefined) continue;
    if (typeof value !== "number" || !(value > 0)) {
      throw new RangeError(
        `Cannot set limit "${name}" as it must be a positive number, or null for unlimited: current value is ${value}`,
      );
    }
  }
}
