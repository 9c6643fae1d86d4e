/** Tells everything about an extension that its files show, and every issue of them; runs nothing. @module */

import type { CapabilityRegistry } from "../capabilities/catalog.ts";
import { checkAsks, resolveGrants } from "../capabilities/grant.ts";
import { formatGrant } from "../capabilities/parse_grant.ts";
import { type Issue, ManifestError } from "../manifest/errors.ts";
import type { CapabilityAsk, Isolation, JsonObject, Manifest } from "../manifest/manifest.ts";
import { placeIssues } from "../manifest/place.ts";
import { show } from "../manifest/printable.ts";
import type { ModuleDescription, ModuleIssue, Runtime } from "./contract.ts";
import { Fault } from "./errors.ts";
import { integrityHasher } from "./integrity.ts";
import type { Limits } from "./limits.ts";
import { limitsFor, type LoadContext, withOptions } from "./load.ts";
import type { LoadTarget } from "./locate.ts";
import type { InspectOptions } from "./options.ts";
import { isolationOf } from "./registry.ts";
import { type Survey, survey } from "./salvage.ts";
import { openSource, type Source } from "./source.ts";

/** One capability an extension asks for, and what the operator's grants make of it. */
export interface DescribedAsk {
  /** The canonical name where this host has the capability, else as written. */
  readonly name: string;
  /** What exactly is asked for. */
  readonly args: JsonObject;
  /** Whether the extension can do without it. */
  readonly optional: boolean;
  /** The extension's own reason; untrusted text. */
  readonly reason: string;
  /** `"always"` bound, `"granted"`, `"refused"`, or `"unknown"` to this host. */
  readonly decision: "always" | "granted" | "refused" | "unknown";
  /** The value of `--grant` that would allow what is refused; else empty. */
  readonly grant: string;
}

/** What an extension is by its files alone. `undefined`: an issue kept it from being found out. */
export interface ExtensionDescription {
  /** The path or name it was read from. */
  readonly source: string;
  /** Its directory, where it has one. */
  readonly directory: string | undefined;
  /** Path of the manifest's file, where it has one. */
  readonly manifestFile: string | undefined;
  /** The manifest, as far as it can be used. */
  readonly manifest: Manifest | undefined;
  /** Everything that is wrong with manifest, capabilities and module files; empty = clean. */
  readonly issues: readonly ModuleIssue[];
  /** Canonical name of the engine. */
  readonly engine: string | undefined;
  /** Where it would run. */
  readonly isolation: Isolation | undefined;
  /** Why the engine cannot run on this machine, each with its remedy. */
  readonly missing: readonly string[];
  /** The limits it would run under. */
  readonly limits: Limits | undefined;
  /** What it asks for, and whether that would be granted. */
  readonly asks: readonly DescribedAsk[];
  /** What its engine tells of its files. */
  readonly module: ModuleDescription | undefined;
  /** Bytes of the module file. */
  readonly moduleBytes: number | undefined;
  /** Hash of the module file, as `integrity` in a manifest takes it. */
  readonly integrity: string | undefined;
  /** `sha256-` digest over the manifest and every file. */
  readonly digest: string | undefined;
}

/** What the host lends to one inspection. */
export interface InspectContext extends Pick<LoadContext, "host" | "runtimes" | "capabilities"> {
  readonly options: InspectOptions;
}

/**
 * Describes `target`.
 *
 * @throws {ManifestError} `no-manifest`.
 * @throws {Fault} `integrity` when the module is not the expected one; `unsupported` for something
 * that is no extension.
 */
export async function inspectExtension(
  target: LoadTarget,
  context: InspectContext,
): Promise<ExtensionDescription> {
  const { options, capabilities } = context;
  const found = await survey(target, options);
  const issues: ModuleIssue[] = found.issues.map(inManifest);
  const { source: label, manifestFile, pkg } = found;
  const place = { source: label, directory: pkg?.directory, manifestFile };
  if (!pkg) return { ...NOTHING, ...place, issues };

  const manifest = withOptions(pkg.manifest, options);
  const source = openSource({
    ...pkg,
    integrity: options.integrity ?? manifest.integrity,
    hasher: options.hasher ?? integrityHasher,
  });
  const runtime = findRuntime(manifest, found, context, issues);
  const limits = runtime && limitsFor(runtime, manifest, context);
  const bytes = await readModule(source, found, issues);
  const module = runtime && limits && issues.every(({ path }) => path !== "module")
    ? await describe(runtime, {
      manifest,
      source,
      limits,
      rawImports: capabilities.imports(),
      metering: options.metering,
      refine: (own) => limitsFor(runtime, manifest, context, own),
      signal: options.signal,
      ask: options.describe ?? false,
    }, issues)
    : undefined;
  const asked = manifest.capabilities ?? asksOf(module, capabilities);
  issues.push(...checkAsks(asked, capabilities).map(inManifest));
  issues.push(...unaskedImports(manifest, module, capabilities));
  return {
    ...place,
    manifest: found.broken ? undefined : manifest,
    issues: located(issues, found),
    engine: runtime?.name,
    isolation: runtime && isolationOf(runtime),
    missing: await runtime?.missing?.() ?? [],
    limits: module?.limits ?? limits,
    asks: describeAsks(manifest.name, asked, context),
    module,
    moduleBytes: bytes?.length,
    integrity: bytes && await integrityHasher.hash(bytes),
    digest: found.broken ? undefined : await source.digest(),
  };
}

/** What a module without a list asks for: by its imports, and what it adds in its own words. */
function asksOf(
  module: ModuleDescription | undefined,
  registry: CapabilityRegistry,
): readonly CapabilityAsk[] {
  const canonical = ({ name }: CapabilityAsk) => registry.get(name)?.capability.name ?? name;
  const implied = module?.implied ?? [];
  const names = new Set(implied.map(canonical));
  const told = module?.described?.capabilities ?? [];
  return [...implied, ...told.filter((ask) => !names.has(canonical(ask)))];
}

/** Imports that are refused whenever they are called, as the manifest does not ask for what they need. */
function unaskedImports(
  { module: file = "", capabilities: asked }: Manifest,
  module: ModuleDescription | undefined,
  registry: CapabilityRegistry,
): readonly ModuleIssue[] {
  if (asked === undefined) return [];
  const canonical = (name: string) => registry.get(name)?.capability.name ?? name;
  const names = new Set(asked.map(({ name }) => canonical(name)));
  return (module?.answers ?? []).flatMap(({ name, capability }): readonly ModuleIssue[] => {
    const needed = canonical(capability);
    if (registry.get(needed)?.mode !== "gated" || names.has(needed)) return [];
    const why = `the manifest does not ask for "${needed}"`;
    const message = `it imports ${show(name)}, which is refused as ${why}`;
    return [{ severity: "warning", path: "", message, file }];
  });
}

/** What is known of an extension whose manifest tells nothing. */
const NOTHING = {
  manifest: undefined,
  engine: undefined,
  isolation: undefined,
  missing: [],
  limits: undefined,
  asks: [],
  module: undefined,
  moduleBytes: undefined,
  integrity: undefined,
  digest: undefined,
} as const;

function inManifest(issue: Issue): ModuleIssue {
  return { ...issue, file: "" };
}

/** Issues with their lines, those of the manifest first and in the order of its text. */
function located(
  issues: readonly ModuleIssue[],
  { text, manifestFile }: Survey,
): readonly ModuleIssue[] {
  const own = issues.filter(({ file }) => file === "");
  const placed = text === undefined ? own : placeIssues(text, own, manifestFile);
  const line = (issue: Issue) => issue.line ?? 0;
  const column = (issue: Issue) => issue.column ?? 0;
  return [
    ...placed.toSorted((a, b) => line(a) - line(b) || column(a) - column(b)),
    ...issues.filter(({ file }) => file !== ""),
  ];
}

function findRuntime(
  manifest: Manifest,
  found: Survey,
  { runtimes, options, host }: InspectContext,
  issues: ModuleIssue[],
): Runtime | undefined {
  if (!found.has("runtime")) return undefined;
  try {
    return runtimes.find(manifest.runtime, {
      operator: options.isolation ?? host.isolation,
      manifest: manifest.isolation,
    });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    issues.push({ severity: "error", path: "runtime", message: error.message, file: "" });
    return undefined;
  }
}

async function readModule(
  source: Source,
  found: Survey,
  issues: ModuleIssue[],
): Promise<Uint8Array | undefined> {
  if (source.modulePath === "" || source.compiled || !found.has("module")) return undefined;
  try {
    return await source.read(source.modulePath);
  } catch (error) {
    if (error instanceof ManifestError) issues.push(...error.issues.map(inManifest));
    else if (error instanceof Fault && error.code !== "integrity") {
      issues.push({ severity: "error", path: "module", message: error.message, file: "" });
    } else throw error;
    return undefined;
  }
}

async function describe(
  runtime: Runtime,
  request: Parameters<NonNullable<Runtime["describe"]>>[0],
  issues: ModuleIssue[],
): Promise<ModuleDescription | undefined> {
  try {
    const module = await runtime.describe?.(request);
    issues.push(...module?.issues ?? []);
    return module;
  } catch (error) {
    if (error instanceof ManifestError) issues.push(...error.issues.map(inManifest));
    else if (error instanceof Fault && error.code !== "integrity") {
      const file = request.source.modulePath;
      issues.push({ severity: "error", path: "", message: error.message, file });
    } else throw error;
    return undefined;
  }
}

function describeAsks(
  extension: string,
  asked: readonly CapabilityAsk[],
  { capabilities, options }: InspectContext,
): readonly DescribedAsk[] {
  const usable = asked.filter((ask) => checkAsks([ask], capabilities).length === 0);
  const { bound } = resolveGrants({
    extension,
    // an optional ask that is refused does not end the decision about the others
    asks: usable.map((ask) => ({ ...ask, optional: true })),
    granted: options.grants ?? {},
    registry: capabilities,
  });
  return asked.map((ask) => {
    const decision = decisionOn(ask, capabilities, new Set(bound.map(({ name }) => name)));
    const { args, optional, reason } = ask;
    const name = capabilities.get(ask.name)?.capability.name ?? ask.name;
    const grant = decision === "refused" ? formatGrant(name, args, capabilities) : "";
    return { name, args, optional, reason, decision, grant };
  });
}

function decisionOn(
  { name }: CapabilityAsk,
  registry: CapabilityRegistry,
  bound: ReadonlySet<string>,
): DescribedAsk["decision"] {
  const found = registry.get(name);
  if (!found) return "unknown";
  if (found.mode === "always") return "always";
  return bound.has(found.capability.name) ? "granted" : "refused";
}
