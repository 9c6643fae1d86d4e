/** Decides, once an extension's files are read, what it may do, and opens the door to it. @module */

import { type Broker, openBroker } from "../capabilities/broker.ts";
import type { CapabilityRegistry } from "../capabilities/catalog.ts";
import { shellWord } from "../capabilities/escape.ts";
import {
  asksOfGrants,
  type BoundGrant,
  type GrantOptions,
  type ResolvedGrants,
  resolveGrants,
} from "../capabilities/grant.ts";
import { bindPreopens } from "../capabilities/gated/preopens.ts";
import type { BoundPreopen } from "../capabilities/preopen.ts";
import { lackingFlags } from "../capabilities/powers/permissions.ts";
import type { LogSink } from "../capabilities/log_sink.ts";
import type { Clock, Peers, RandomSource } from "../capabilities/services.ts";
import type { Serving } from "../capabilities/serving.ts";
import type { CapabilityAsk, JsonObject, Manifest } from "../manifest/manifest.ts";
import type { DirectGrants, HostCalls, SelfDescription } from "./contract.ts";
import type { Decisions } from "./decisions.ts";
import { directGrants } from "./direct.ts";
import { Fault } from "./errors.ts";
import { type ExtensionGrants, extensionGrants } from "./extension_grants.ts";
import type { Limits } from "./limits.ts";
import type { HostOptions } from "./options.ts";
import type { Source } from "./source.ts";
import { storageDirectory } from "./storage_key.ts";

/** What the decision rests on. */
export interface AdmissionOptions {
  readonly manifest: Manifest;
  readonly source: Source;
  readonly registry: CapabilityRegistry;
  readonly limits: Limits;
  readonly config: JsonObject;
  /** Grants of this load; they win over the host's. */
  readonly grants: GrantOptions | undefined;
  /** The host's grants, and the key of this extension's directory in them. */
  readonly hostGrants: { readonly [source: string]: GrantOptions };
  readonly directoryKey: string | undefined;
  /** Decides what the grants leave open. */
  readonly decisions: Decisions;
  readonly peers: Peers;
  readonly serving: Serving;
  /** Waits for a person without using up the time of the load. */
  readonly hold: <T>(work: () => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal | undefined;
  readonly log: LogSink;
  readonly random: RandomSource | undefined;
  readonly clock: Clock | undefined;
  readonly trustedSql: boolean;
  /** Directories that the operator gives to a WASI guest. */
  readonly preopens: readonly BoundPreopen[];
  readonly sinks: Pick<HostOptions, "audit" | "onEvent">;
  /** Absolute path of the host's directory for files of extensions. */
  readonly storageRoot: string | undefined;
}

/** What one extension was admitted with. */
export interface Admission {
  readonly broker: Broker;
  readonly digest: string;
  readonly grants: ExtensionGrants;
  /** What was decided at the load. */
  readonly resolved: ResolvedGrants;
}

/** What one load is granted: decided when its engine first asks, and the same from then on. */
export class LoadAdmission {
  readonly #options: AdmissionOptions;
  readonly #directNames: readonly string[];
  #admission: Promise<Admission> | undefined;
  #calls: HostCalls | undefined;
  #digest = "";
  #direct: DirectGrants | undefined;
  #abandoned = false;

  /** Decides nothing yet; `directNames` are the capabilities that the lane has by itself. */
  constructor(options: AdmissionOptions, directNames: readonly string[]) {
    this.#options = options;
    this.#directNames = directNames;
  }

  /** Of manifest and files; empty until it was decided. */
  get digest(): string {
    return this.#digest;
  }

  /** What the lane may do by itself; `undefined` until it was decided. */
  get direct(): DirectGrants | undefined {
    return this.#direct;
  }

  /** The door of what was granted; `undefined` until it was decided. */
  get calls(): HostCalls | undefined {
    return this.#calls;
  }

  /** Whether nobody waits for the load any more. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /**
   * Decides, or gives what was decided.
   *
   * @throws {CapabilityError} `denied` or `missing-capability`.
   * @throws {Fault} `closed` after {@linkcode abandon}; `unavailable` when this process itself may
   * not do what is granted.
   */
  async decide(
    implied?: readonly CapabilityAsk[],
    described?: SelfDescription,
  ): Promise<Admission> {
    if (this.#abandoned) throw new Fault("closed", "nobody waits for this load any more");
    const admission = await (this.#admission ??= admit(this.#options, implied, described));
    this.#calls = admission.broker.calls;
    this.#digest = admission.digest;
    this.#direct = directGrants(this.#directNames, admission.resolved);
    return admission;
  }

  /** Nothing more is decided. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** Closes the broker, if there is one. */
  async close(): Promise<void> {
    const admission = await this.#admission?.catch(() => undefined);
    await admission?.broker.close();
  }
}

/** Resolves grants and opens the broker. */
async function admit(
  options: AdmissionOptions,
  implied: readonly CapabilityAsk[] = [],
  described: SelfDescription = { capabilities: [], events: {} },
): Promise<Admission> {
  const { manifest, source, registry, limits, config, log, random, sinks } = options;
  const digest = await source.digest();
  const extension = { name: manifest.name, version: manifest.version, digest };
  const given = options.grants ?? grantsFor(options, digest) ?? {};
  const asks = asksOf(options, implied, described, given);
  const granted = await options.hold(() =>
    options.decisions.decide({
      extension,
      label: source.label,
      asks,
      granted: given,
      registry,
      identified: isIdentified(source),
      signal: options.signal,
    })
  );
  const resolved = resolveGrants({ extension: manifest.name, asks, granted, registry });
  const { preopens } = options;
  const grants = preopens.length === 0
    ? resolved
    : { ...resolved, bound: [...resolved.bound, bindPreopens(preopens)] };
  const storage = storageDirectory(options.storageRoot, {
    directoryKey: options.directoryKey,
    digest: isIdentified(source) ? digest : undefined,
  });
  checkHostPermissions(grants.bound, storage);
  const broker = await openBroker({
    extension,
    grants,
    config,
    events: { ...described.events, ...manifest.events },
    limits,
    log,
    random,
    clock: options.clock,
    storage,
    trustedSql: options.trustedSql,
    peers: options.peers,
    serving: options.serving,
    ...(sinks.audit ? { audit: sinks.audit } : {}),
    ...(sinks.onEvent ? { onEvent: sinks.onEvent } : {}),
  });
  const living = extensionGrants({
    broker,
    extension,
    asks,
    registry,
    audit: sinks.audit,
    check: (bound) => checkHostPermissions([bound], storage),
  });
  return { broker, digest, grants: living, resolved: grants };
}

/** A host cannot hand on what it may not do itself; Deno would ask for it on the terminal, in its own words. */
function checkHostPermissions(bound: readonly BoundGrant[], storage: string | undefined): void {
  const needed = bound.flatMap(({ capability, grant }) =>
    capability.denoPermissions?.(grant, storage) ?? []
  );
  const lacking = lackingFlags(needed);
  if (lacking.length === 0) return;
  throw new Fault(
    "unavailable",
    `this process may not do what is granted: start it with ${lacking.map(shellWord).join(" ")}`,
  );
}

/**
 * The manifest's list alone asks, where there is one. What the module itself needs and this host
 * does not have fails even then: it could never work.
 */
function asksOf(
  { manifest, registry }: AdmissionOptions,
  implied: readonly CapabilityAsk[],
  { capabilities, accepts = [] }: SelfDescription,
  given: GrantOptions,
): readonly CapabilityAsk[] {
  const { capabilities: listed } = manifest;
  if (listed === undefined) {
    const needed = [...implied, ...capabilities];
    const accepted = asksOfGrants(given, registry).filter(({ name }) =>
      accepts.includes(name) && !needed.some((ask) => ask.name === name)
    );
    return [...needed, ...accepted];
  }
  const asked = new Set(listed.map(({ name }) => name));
  return [
    ...listed,
    ...capabilities.filter(({ name }) => !asked.has(name) && registry.get(name) === undefined),
  ];
}

/** The bytes of a compiled module are gone: its digest covers no code, so nothing may depend on it. */
function isIdentified({ compiled }: Source): boolean {
  return compiled === undefined;
}

function grantsFor(
  { hostGrants, directoryKey, source }: AdmissionOptions,
  digest: string,
): GrantOptions | undefined {
  if (isIdentified(source) && Object.hasOwn(hostGrants, digest)) return hostGrants[digest];
  if (directoryKey !== undefined && Object.hasOwn(hostGrants, directoryKey)) {
    return hostGrants[directoryKey];
  }
  return undefined;
}
