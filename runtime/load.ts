/** One load: from a package to an extension that runs, or to nothing at all. @module */

import { guestTime } from "../capabilities/extension_services.ts";
import { powers } from "../capabilities/powers.ts";
import { resolve } from "@std/path";
import type { CapabilityRegistry } from "../capabilities/catalog.ts";
import { checkAsks } from "../capabilities/grant.ts";
import type { LogSink } from "../capabilities/log_sink.ts";
import { ManifestError } from "../manifest/errors.ts";
import type { JsonObject, Manifest } from "../manifest/manifest.ts";
import { LoadAdmission } from "./admission.ts";
import { attendedFunctions } from "./attended_functions.ts";
import { auditCalls } from "./call_audit.ts";
import type { GuestOutput, HostCalls, Runtime } from "./contract.ts";
import { withDeadline } from "./deadline.ts";
import { checkDirect } from "./direct.ts";
import type { Decisions } from "./decisions.ts";
import { Fault } from "./errors.ts";
import { Extension } from "./extension.ts";
import { HostFunctionTable } from "./host_functions.ts";
import { integrityHasher, verifyNothing } from "./integrity.ts";
import {
  DEFAULT_LIMITS,
  type Limits,
  OFF_THREAD_TIMEOUT_MS,
  resolveLimits,
  timeoutCap,
} from "./limits.ts";
import { LoadClock } from "./load_clock.ts";
import type { Package } from "./locate.ts";
import type { HostOptions, LoadOptions } from "./options.ts";
import { type PeerLookup, peersOf } from "./peers.ts";
import { isolationOf, type RuntimeRegistry } from "./registry.ts";
import type { Site } from "./serving/site.ts";
import { preopensOf } from "./preopens.ts";
import { openSource, type Source } from "./source.ts";

/** What the host lends to one load. */
export interface LoadContext {
  readonly host: HostOptions;
  readonly options: LoadOptions;
  /** Key of the extension's directory in the host's grants. */
  readonly directoryKey: string | undefined;
  readonly runtimes: RuntimeRegistry;
  readonly capabilities: CapabilityRegistry;
  /** Decides what grants leave open. */
  readonly decisions: Decisions;
  /** Finds the other extensions of the host. */
  readonly peer: PeerLookup;
  readonly log: LogSink;
  /** Where it can serve. */
  readonly site: Site;
  /** Runs when the extension closes. */
  readonly onClose: () => void;
}

/** Milliseconds an engine may take to notice that a load is out of time. */
const GRACE_MS = 1_000;

/** Loads `pkg`. When it throws, nothing is left behind. */
export async function loadPackage(pkg: Package, context: LoadContext): Promise<Extension> {
  const { options, host } = context;
  const manifest = withOptions(pkg.manifest, options);
  const runtime = context.runtimes.find(manifest.runtime, {
    operator: options.isolation ?? host.isolation,
    manifest: manifest.isolation,
  });
  checkCapabilities(pkg, context.capabilities);
  await checkAvailable(runtime);

  const limits = limitsFor(runtime, manifest, context);
  const refine = (own: Partial<Limits>) => limitsFor(runtime, manifest, context, own);
  const config = mergeConfig(manifest.config, options.config);
  const preopens = preopensOf(options);
  const hasPreopens = preopens.host.length > 0 || preopens.memory.size > 0;
  if (hasPreopens && runtime.name !== "wasm") {
    throw new Fault("unsupported", "directories are for WASI programs: grant fs instead");
  }
  const source = await verifiedSource(pkg, options);
  const hostFunctions = new HostFunctionTable(options.hostFunctions, options.callHandler);
  const tenant = context.site.tenant(manifest.name);
  using clock = new LoadClock(limits.loadMs + GRACE_MS);
  const { name, version } = manifest;
  const wanted = options.direct ?? sourceOf(host.direct, context.directoryKey) ?? [];
  const directNames = checkDirect(wanted, runtime, context.capabilities);
  const peers = peersOf(context.peer);
  const admission = new LoadAdmission({
    manifest,
    source,
    registry: context.capabilities,
    limits,
    config,
    grants: options.grants,
    hostGrants: host.grants ?? {},
    directoryKey: context.directoryKey,
    decisions: context.decisions,
    peers,
    serving: tenant,
    hold: (work) => clock.hold(work),
    signal: options.signal,
    log: options.log ?? context.log,
    random: options.random,
    clock: options.clock,
    trustedSql: options.trustedSql ?? false,
    preopens: preopens.host,
    sinks: host,
    storageRoot: host.storageRoot === undefined ? undefined : resolve(host.storageRoot),
  }, directNames);

  await using undo = new AsyncDisposableStack();
  undo.defer(() => admission.close());
  const limit = { deadline: Infinity, signal: options.signal, closed: clock.signal };
  const loading = runtime.load({
    manifest,
    source,
    limits,
    config,
    admit: async (...asked) => (await admission.decide(...asked)).broker.calls,
    output: guestOutput(options, () => admission.calls),
    args: options.args ?? [],
    env: options.env ?? {},
    memoryFiles: preopens.memory,
    ...options.deterministic && { deterministic: options.deterministic },
    lazy: options.lazy ?? false,
    hostFunctions: attendedFunctions(hostFunctions, {
      extension: () => ({ name, version, digest: admission.digest }),
      audit: host.audit,
      peers,
    }),
    rawImports: context.capabilities.imports(),
    random: options.random,
    clock: options.clock && guestTime(options.clock, powers),
    metering: options.metering,
    refine,
    direct: () => admission.direct,
    signal: options.signal,
  });
  const module = await withDeadline(loading, limit, () => admission.abandon()).catch((error) => {
    // An engine that answers after nobody waits any more is closed at once.
    if (admission.abandoned) loading.then((late) => late.close(), () => {});
    throw error;
  });
  undo.defer(() => module.close());
  const { broker, grants, digest } = await admission.decide();
  undo.move();
  const identity = { name, version, digest };
  const extension: Extension = new Extension({
    manifest,
    module: host.audit && host.auditCalls ? auditCalls(module, identity, host.audit) : module,
    engine: runtime.name,
    isolation: isolationOf(runtime),
    digest,
    limits: module.limits ?? limits,
    timeoutCap: timeoutCap({
      host: host.limits ?? {},
      load: options.limits ?? {},
      manifest: manifest.limits,
    }),
    broker,
    grants,
    hostFunctions,
    onClose: () => {
      void context.site.leave(extension);
      context.onClose();
    },
  });
  context.site.join(extension, tenant, broker.calls);
  return extension;
}

/** The package's files. Whatever the engine makes of the module: who expects a hash gets that module, or none. */
async function verifiedSource(pkg: Package, options: LoadOptions): Promise<Source> {
  const integrity = options.integrity ?? pkg.manifest.integrity;
  const hasher = options.hasher ?? integrityHasher;
  const source = openSource({ ...pkg, integrity, hasher });
  if (source.compiled || source.modulePath === "") await verifyNothing(integrity, hasher);
  else if (integrity !== undefined) await source.read(source.modulePath);
  return source;
}

/** The manifest as the operator wants it. */
export function withOptions(manifest: Manifest, { abi }: LoadOptions): Manifest {
  return abi === undefined ? manifest : Object.freeze({ ...manifest, abi });
}

function checkCapabilities({ label, manifest }: Package, registry: CapabilityRegistry): void {
  const issues = checkAsks(manifest.capabilities ?? [], registry);
  // a capability that this host does not have is refused when the grants are decided
  if (issues.some(({ severity, code }) => severity === "error" && code === "bad-manifest")) {
    throw new ManifestError("bad-manifest", label, issues);
  }
}

async function checkAvailable(runtime: Runtime): Promise<void> {
  const missing = await runtime.missing?.() ?? [];
  if (missing.length > 0) throw new Fault("unavailable", missing.join("; or "));
}

/** The limits of an extension that `runtime` runs; `own` are the defaults of its guest convention. */
export function limitsFor(
  runtime: Runtime,
  manifest: Manifest,
  context: Pick<LoadContext, "host" | "options">,
  own: Partial<Limits> = {},
): Limits {
  const inline = isolationOf(runtime) === "inline";
  const tier = inline ? {} : { timeoutMs: OFF_THREAD_TIMEOUT_MS };
  const defaults = { ...DEFAULT_LIMITS, ...tier, ...own };
  return resolveLimits({
    defaults,
    host: context.host.limits ?? {},
    load: context.options.limits ?? {},
    manifest: manifest.limits,
  });
}

function mergeConfig(own: JsonObject, operator: LoadOptions["config"]): JsonObject {
  if (!operator) return own;
  // through JSON text: the operator's objects are not shared with the extension
  return Object.freeze({ ...own, ...JSON.parse(JSON.stringify(operator)) });
}

/** What the host says for a directory under a loaded root. */
function sourceOf<Value>(
  bySource: { readonly [source: string]: Value } | undefined,
  directoryKey: string | undefined,
): Value | undefined {
  const isThere = bySource && directoryKey !== undefined && Object.hasOwn(bySource, directoryKey);
  return isThere ? bySource[directoryKey] : undefined;
}

/** Lines of a guest go to the operator's callbacks, or through the broker to the log. */
function guestOutput(
  { stdout, stderr, streams }: LoadOptions,
  calls: () => HostCalls | undefined,
): GuestOutput {
  const toLog = (level: string) => (message: string) => {
    try {
      // At once: a guest that prints and never waits would fill the memory with lines to be told later.
      calls()?.callSync("log.write", { level, message });
    } catch {
      // the extension closed, or the log itself failed: neither is the guest's
    }
  };
  return {
    stdout: stdout ?? toLog("info"),
    stderr: stderr ?? toLog("warn"),
    ...streams === undefined ? {} : { streams },
  };
}
