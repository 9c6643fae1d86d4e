/** What a broker is opened with: types and defaults. @module */

import type { JsonObject } from "../manifest/manifest.ts";
import type { AuditSink } from "./audit.ts";
import type { ExtensionIdentity } from "./capability.ts";
import type { ResolvedGrants } from "./grant.ts";
import type { LogSink } from "./log_sink.ts";
import type { Powers } from "./powers.ts";
import type { Serving } from "./serving.ts";
import type { Clock, DeclaredEvents, EventSink, Peers, RandomSource } from "./services.ts";

/** Caps of one extension's operations; `Infinity` = none. */
export interface BrokerLimits {
  /** Operations of one call of the guest, or of one second where the caller gives no budget. */
  readonly operations: number;
  /** Bytes of log per second. */
  readonly logBytes: number;
  /** Bytes of variables. */
  readonly varBytes: number;
  /** Bytes of the arguments of one operation. */
  readonly payloadBytes: number;
}

/** Each cap that nobody set. The comment names the attack it stops. */
export const DEFAULT_BROKER_LIMITS: BrokerLimits = Object.freeze({
  // a host call in a loop
  operations: 100_000,
  // a log flood
  logBytes: 64 * 1024,
  // a store used as a heap
  varBytes: 1024 * 1024,
  // a giant argument that the host would have to copy
  payloadBytes: 16 * 1024 * 1024,
});

/** Where an extension's log and events go, and what its clock and randomness come from. */
export interface HostServiceOptions {
  /** Default: one line each on standard error. */
  readonly log?: LogSink | undefined;
  /** Default: events are dropped. */
  readonly onEvent?: EventSink | undefined;
  /** The manifest's declared events. */
  readonly events?: DeclaredEvents | undefined;
  /** Default: the system's, rounded down to milliseconds. */
  readonly clock?: Clock | undefined;
  /** Default: the system's cryptographic source. */
  readonly random?: RandomSource | undefined;
  /** Other extensions that may be called; default: none. */
  readonly peers?: Peers | undefined;
  /** Its place at the host's listener; default: it cannot serve. */
  readonly serving?: Serving | undefined;
  /** Absolute path of the directory for the extension's own files; default: it has none. */
  readonly storage?: string | undefined;
  /** Runs its SQL in this thread; default: where it can be stopped. */
  readonly trustedSql?: boolean | undefined;
}

/** What `openBroker` needs to know. */
export interface BrokerOptions extends HostServiceOptions {
  /** Whom it is for. */
  readonly extension: ExtensionIdentity;
  /** What was decided about it. */
  readonly grants: ResolvedGrants;
  /** The manifest's configuration under the operator's. */
  readonly config?: JsonObject | undefined;
  /** Caps; each that is absent has a default. */
  readonly limits?: Partial<BrokerLimits> | undefined;
  /** Takes a record of every operation; without one none is made. */
  readonly audit?: AuditSink | undefined;
  /** What the broker itself reads the time with; default: this process's. */
  readonly powers?: Powers | undefined;
}
