/** What every extension has without asking, as its capabilities receive it: types only. @module */

import type { JsonObject } from "../manifest/manifest.ts";
import type { HostValue } from "./capability.ts";
import type { LogSink } from "./log_sink.ts";
import type { Serving } from "./serving.ts";

/** A clock that an operator may replace, so that a run can be repeated exactly. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since any fixed moment, never going back; default: counted from `now`. */
  monotonic?(): number;
  /** Both are rounded down to a multiple of this many milliseconds; default: 1. */
  readonly resolutionMs?: number;
}

/** The time that one extension is told. */
export interface GuestTime {
  /** Milliseconds since the epoch, as coarse as the operator wants it. */
  now(): number;
  /** Milliseconds since a fixed moment, never going back, as coarse as `now`. */
  monotonic(): number;
}

/** Fills `bytes` with random ones. An operator may replace it. */
export type RandomSource = (bytes: Uint8Array) => void;

/** An event that an extension emitted. */
export interface ExtensionEvent {
  /** Name of the extension. */
  readonly extension: string;
  /** The event's name; untrusted text. */
  readonly kind: string;
  /** What came with it; untrusted. */
  readonly data: HostValue;
  /** Whether the manifest declares events of this kind. */
  readonly declared: boolean;
  /** Where `data` differs from the declared fields, one sentence each; empty when it fits. */
  readonly problems: readonly string[];
}

/** Takes what extensions emit. */
export type EventSink = (event: ExtensionEvent) => void;

/** Declared events by kind, with the fields each carries. */
export type DeclaredEvents = { readonly [kind: string]: { readonly fields: JsonObject } };

/** How a call between extensions is bound to the call it comes from. */
export interface PeerCallOptions {
  /** Name of the extension that calls. */
  readonly caller: string;
  /** Extensions the call came through, the caller last. */
  readonly chain: readonly string[];
  /** When the caller's own call ends, on the clock of `performance.now()`; `Infinity` = never. */
  readonly deadline: number;
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal: AbortSignal | undefined;
  /** Takes the events that the call emits, beside the host's sink. */
  readonly onEvent: EventSink | undefined;
}

/** The other extensions of the same host. */
export interface Peers {
  /**
   * Calls a function of one; the result's bytes are fresh.
   *
   * @throws {OperationError} `missing-extension` or `disabled-extension`; and what the call itself does.
   */
  call(
    name: string,
    fn: string,
    payload: Uint8Array | string,
    options: PeerCallOptions,
  ): Promise<Uint8Array>;
}

/** The services of one extension. Host code handed to a capability may use them freely. */
export interface ExtensionServices {
  /** Milliseconds since the epoch, as coarse as the operator wants it. */
  now(): number;
  /** Milliseconds since a fixed moment, never going back, as coarse as `now`. */
  monotonic(): number;
  /** Fills bytes with random ones. */
  readonly randomFill: RandomSource;
  /** Where its records go; not rate limited here. */
  readonly log: LogSink;
  /** Bytes of log a second; more is dropped and counted. */
  readonly logBytes: number;
  /** Where its events go. */
  readonly onEvent: EventSink;
  /** What its manifest declares to emit. */
  readonly events: DeclaredEvents;
  /** Directory for files of its own, which may not exist yet; `undefined` where the host has none. */
  readonly storage: string | undefined;
  /** The other extensions of its host; `undefined` where it has none. */
  readonly peers: Peers | undefined;
  /** Its place at its host's listener; `undefined` where it has no host. */
  readonly serving: Serving | undefined;
  /** Whether its operator lets its SQL run where nothing can stop it. */
  readonly trustedSql: boolean;
}
