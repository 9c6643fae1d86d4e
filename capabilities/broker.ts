/** The one door of every extension, in every tier: check → quota → run → audit. @module */

import { frozenCopy } from "../manifest/freeze.ts";
import type { JsonObject } from "../manifest/manifest.ts";
import { show } from "../manifest/printable.ts";
import { type AuditOutcome, auditRecord, type AuditSink, type AuditSubject } from "./audit.ts";
import { outcomeOf, summaryOf } from "./audit.ts";
import { type BrokerLimits, type BrokerOptions, DEFAULT_BROKER_LIMITS } from "./broker_options.ts";
import { valueBytes } from "./byte_size.ts";
import type { CapabilityScope, HostValue, OperationArgs } from "./capability.ts";
import { NeedsAsyncError, type Refusal } from "./errors.ts";
import type { NamedOperation } from "./doors.ts";
import { extensionServices } from "./extension_services.ts";
import { Flight } from "./flight.ts";
import type { BoundGrant } from "./grant.ts";
import type { HostCallOptions, HostCalls, SurfaceOperation } from "./host_calls.ts";
import { formatGrantOf } from "./parse_grant.ts";
import { powers as ambient } from "./powers.ts";
import { OperationQuota } from "./quota.ts";
import { Refusals } from "./refusals.ts";
import { Room } from "./room.ts";
import { requireStack } from "./stack_room.ts";

/** Operations of one extension that may wait at once: each holds a promise and what it works on. */
const MAX_IN_FLIGHT = 1_024;

/** One operation that exists, with the room it belongs to. */
interface Door extends NamedOperation {
  readonly room: Room;
}

/**
 * Opens the door of one extension: sets up every bound capability, in order.
 *
 * @throws what a capability's `setup` throws; what was opened before is closed again.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, openBroker, resolveGrants } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const grants = resolveGrants({
 *   extension: "notes",
 *   asks: [{ name: "kv", args: {}, optional: false, reason: "" }],
 *   granted: { kv: { bytes: 4096 } },
 *   registry: new CapabilityRegistry(),
 * });
 * const extension = { name: "notes", version: "1.0.0", digest: "" };
 * await using broker = await openBroker({ extension, grants });
 * broker.calls.callSync("kv.set", { key: "a", value: "1" });
 * assertEquals(await broker.calls.call("kv.list", {}), ["a"]);
 * ```
 */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  const broker = new Broker(options);
  try {
    for (const bound of options.grants.bound) await broker.add(bound);
  } catch (error) {
    // the first error is the one to tell
    await broker.close().catch(() => {});
    throw error;
  }
  return broker;
}

/**
 * Everything one extension may ask its host, until it is closed. Made by {@linkcode openBroker}.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, openBroker, resolveGrants } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const registry = new CapabilityRegistry();
 * await using broker = await openBroker({
 *   extension: { name: "notes", version: "1.0.0", digest: "" },
 *   grants: resolveGrants({ extension: "notes", asks: [], granted: {}, registry }),
 * });
 * assertEquals(broker.has("log"), true);
 * assertEquals(broker.has("env"), false);
 * ```
 */
export class Broker implements AsyncDisposable {
  /** What engines hand their guests. */
  readonly calls: HostCalls;
  readonly #scope: Omit<CapabilityScope, "grant">;
  readonly #limits: BrokerLimits;
  readonly #quota: OperationQuota;
  readonly #audit: AuditSink | undefined;
  readonly #now: () => number;
  /** In the order of setup; a revoked one stays until its successor or the end. */
  readonly #rooms = new Map<string, Room>();
  /** Those that were asked for: an extension uses few of the many there are. */
  readonly #doors = new Map<string, Door>();
  readonly #refusals: Refusals;
  /** Rooms whose capability was taken back: closed at once, waited for at the end. */
  readonly #leaving: Promise<void>[] = [];
  /** Drawn when somebody looks, and anew when something changed. */
  #surface: readonly SurfaceOperation[] | undefined;
  #closing: Promise<void> | undefined;

  /** Use {@linkcode openBroker}: it also sets up what was granted. */
  constructor(options: BrokerOptions) {
    const { extension, grants, config = {}, limits, audit, powers = ambient } = options;
    this.#limits = Object.freeze({ ...DEFAULT_BROKER_LIMITS, ...limits });
    this.#quota = new OperationQuota(this.#limits.operations);
    this.#audit = audit;
    this.#now = () => powers.now();
    this.#refusals = new Refusals(extension.name, grants.refusals);
    this.#scope = {
      extension: Object.freeze({ ...extension }),
      config: frozenCopy(config) as JsonObject,
      stateBytes: this.#limits.varBytes,
      services: extensionServices(options, this.#limits.logBytes, powers),
    };
    const surface = () => this.#surface ??= this.#drawSurface();
    this.calls = Object.freeze({
      call: this.#call.bind(this),
      callSync: this.#callSync.bind(this),
      refused: (operation: string) => {
        const door = this.#doorOf(operation);
        const isOpen = door && !door.room.refusal;
        return isOpen ? undefined : this.#refuse(operation, door, {}, undefined);
      },
      has: (operation: string) => {
        const door = this.#doorOf(operation);
        return door !== undefined && !door.room.refusal;
      },
      get surface() {
        return surface();
      },
    });
  }

  /** Canonical names of what is bound and not revoked, sorted. */
  list(): readonly string[] {
    const live = [...this.#rooms].filter(([, { refusal }]) => !refusal);
    return Object.freeze(live.map(([name]) => name).sort());
  }

  /** Whether a capability, by name or alias, is bound and not revoked. */
  has(capability: string): boolean {
    const room = this.#roomOf(capability);
    return room !== undefined && !room.refusal;
  }

  /**
   * Takes a capability back, at once: operations in flight reject with `revoked`, and so does every
   * later one. Revoking twice does nothing more.
   *
   * @throws {TypeError} when the extension never had it.
   */
  revoke(capability: string): void {
    const room = this.#roomOf(capability);
    if (!room) {
      throw new TypeError(
        `Cannot revoke capability ${
          show(capability)
        } of ${this.#refusals.who()} as it does not have it`,
      );
    }
    if (room.refusal) return;
    room.refuse(this.#refusals.revoked(room.bound.name), "revoked");
    const leaving = room.close();
    // whoever closes the broker hears of a failure
    leaving.catch(() => {});
    this.#leaving.push(leaving);
    this.#surface = undefined;
  }

  /**
   * Binds one more capability, or a revoked one again.
   *
   * @throws {TypeError} when it is bound already or the broker is closed.
   */
  async add(bound: BoundGrant): Promise<void> {
    const room = this.#closing || this.has(bound.name)
      ? undefined
      : await Room.open(bound, this.#scope);
    if (!room || this.#closing || this.has(bound.name)) {
      await room?.close();
      throw new TypeError(
        `Cannot bind capability "${bound.name}" as ${
          this.#closing ? "the extension is closed" : "it is bound already"
        }`,
      );
    }
    // a revoked predecessor gives up its place in the order of closing, and its doors
    this.#rooms.delete(bound.name);
    this.#rooms.set(bound.name, room);
    for (const key of room.operations.keys()) this.#doors.delete(key);
    this.#surface = undefined;
  }

  /**
   * Stops what is in flight, closes every capability in reverse order, and refuses everything from
   * then on; idempotent.
   *
   * @throws the first error of a capability's `teardown`, after all were closed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const rooms = [...this.#rooms.values()].reverse();
    for (const room of rooms) {
      room.refuse(room.refusal ?? this.#refusals.closed(room.bound.name), "abandoned");
    }
    this.#surface = undefined;
    const failures: unknown[] = [];
    for (const room of rooms) await room.close().catch((error) => failures.push(error));
    for (const leaving of this.#leaving) await leaving.catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  #callSync(operation: string, args: OperationArgs, options?: HostCallOptions): HostValue {
    const door = this.#enter(operation, args, options);
    return this.#runSync(door, args, options);
  }

  async #call(
    operation: string,
    args: OperationArgs,
    options?: HostCallOptions,
  ): Promise<HostValue> {
    const door = this.#enter(operation, args, options);
    const { call } = door.operation;
    if (!call) return this.#runSync(door, args, options);
    const { flights, context } = door.room;
    if (flights.size >= MAX_IN_FLIGHT) {
      throw this.#overQuota(door, args, `${MAX_IN_FLIGHT} operations are waiting already`);
    }
    const subject = this.#audit && subjectOf(door, args);
    const start = performance.now();
    const flight: Flight = new Flight(context, {
      signal: options?.signal,
      deadline: options?.deadline,
      chain: options?.chain ?? context.chain,
      onEvent: options?.onEvent,
      onOutcome: (outcome) =>
        subject && this.#record(subject, outcome, performance.now() - start, options),
      onLanded: () => void flights.delete(flight),
    });
    flights.add(flight);
    return await flight.start((inFlight) => call(args, inFlight));
  }

  /** The door of an operation; there is none for one that was never granted. */
  #doorOf(operation: string): Door | undefined {
    const known = this.#doors.get(operation);
    if (known) return known;
    for (const room of this.#rooms.values()) {
      const found = room.operations.get(operation);
      if (!found) continue;
      const door = { ...found, room };
      this.#doors.set(operation, door);
      return door;
    }
    return undefined;
  }

  /** Everything that is checked before an operation runs. */
  #enter(operation: string, args: OperationArgs, options: HostCallOptions | undefined): Door {
    const door = this.#doors.get(operation) ?? this.#doorOf(operation);
    if (!door || door.room.refusal) {
      throw this.#refusals.error(this.#refuse(operation, door, args, options));
    }
    options?.signal?.throwIfAborted();
    if (!this.#quota.spend(options?.budget)) {
      const limit = `${this.#limits.operations} operations are used up`;
      throw this.#overQuota(door, args, limit, this.#quota.firstRefusal(options?.budget));
    }
    requireStack();
    const { payloadBytes } = this.#limits;
    if (valueBytes(args, payloadBytes) > payloadBytes) {
      throw this.#overQuota(door, {}, `its arguments are larger than ${payloadBytes} bytes`);
    }
    const { bound, capability } = door.room;
    const beyond = this.#beyond(door, args);
    if (beyond === undefined) return door;
    if (this.#audit) this.#record(subjectOf(door, args), "denied", 0, options);
    const grant = formatGrantOf(capability, beyond);
    throw this.#refusals.error(this.#refusals.outside(bound.name, grant));
  }

  #beyond(door: Door, args: OperationArgs): JsonObject | undefined {
    const { operation, room } = door;
    if (!operation.outside) return undefined;
    try {
      return operation.outside(args, room.bound.grant);
    } catch (error) {
      if (this.#audit) this.#record(subjectOf(door, args), "failed", 0);
      throw error;
    }
  }

  #runSync(door: Door, args: OperationArgs, options: HostCallOptions | undefined): HostValue {
    const { callSync } = door.operation;
    if (!callSync) {
      if (this.#audit) this.#record(subjectOf(door, args), "failed", 0);
      throw new NeedsAsyncError(door.key);
    }
    const { context: shared } = door.room;
    // Field by field: a spread takes longer than everything else here together.
    const context = options?.signal || options?.chain || options?.onEvent
      ? {
        extension: shared.extension,
        grant: shared.grant,
        state: shared.state,
        signal: options.signal,
        deadline: shared.deadline,
        chain: options.chain ?? shared.chain,
        onEvent: options.onEvent,
      }
      : shared;
    if (!this.#audit) return callSync(args, context);
    const subject = subjectOf(door, args);
    const start = performance.now();
    let outcome: AuditOutcome = "allowed";
    try {
      return callSync(args, context);
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      this.#record(subject, outcome, performance.now() - start, options);
    }
  }

  /** The refusal of an operation that is revoked, not granted or not there, written down. */
  #refuse(
    operation: string,
    door: Door | undefined,
    args: OperationArgs,
    options: HostCallOptions | undefined,
  ): Refusal {
    const refusal = door?.room.refusal ?? this.#refusals.unbound(operation);
    // A flood of refused operations is told once it uses up the quota, and then no more.
    const spent = this.#quota.spend(options?.budget);
    if (this.#audit && (spent || this.#quota.firstRefusal(options?.budget))) {
      const subject = door ? subjectOf(door, args) : unknownSubject(operation);
      this.#record(subject, refusal.code === "revoked" ? "revoked" : "denied", 0, options);
    }
    return refusal;
  }

  #overQuota(door: Door, args: OperationArgs, why: string, tell: boolean = true): Error {
    if (this.#audit && tell) this.#record(subjectOf(door, args), "quota", 0);
    return this.#refusals.error(this.#refusals.overQuota(door.room.bound.name, door.key, why));
  }

  #record(subject: AuditSubject, outcome: AuditOutcome, ms: number, by?: HostCallOptions): void {
    const measured = { time: this.#now(), ms, fuel: by?.budget?.fuelNow?.() };
    this.#audit?.(auditRecord(this.#scope.extension, subject, outcome, measured));
  }

  #roomOf(capability: string): Room | undefined {
    const room = this.#rooms.get(capability);
    if (room) return room;
    for (const each of this.#rooms.values()) {
      if (each.capability.aliases?.includes(capability)) return each;
    }
    return undefined;
  }

  #drawSurface(): readonly SurfaceOperation[] {
    const live = [...this.#rooms.values()].filter(({ refusal }) => !refusal);
    return Object.freeze(
      live.flatMap(({ bound, capability }) =>
        Object.entries(capability.operations)
          .filter(([, { engineOnly }]) => !engineOnly)
          .map(([operation, { params, callSync }]) =>
            Object.freeze({
              capability: bound.name,
              operation,
              params,
              sync: callSync !== undefined,
            })
          )
      ),
    );
  }
}

function subjectOf({ name, operation, room }: Door, args: OperationArgs): AuditSubject {
  return { capability: room.bound.name, operation: name, summary: summaryOf(operation, args) };
}

function unknownSubject(operation: string): AuditSubject {
  const dot = operation.lastIndexOf(".");
  const capability = operation.slice(0, Math.max(dot, 0));
  return { capability, operation: operation.slice(dot + 1), summary: "" };
}
