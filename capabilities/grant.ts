/** What exists for one extension: asked ∩ granted, decided once and frozen. @module */

import { frozenCopy } from "../manifest/freeze.ts";
import type { CapabilityAsk, JsonObject } from "../manifest/manifest.ts";
import { printable } from "../manifest/printable.ts";
import type { Capability } from "./capability.ts";
import type { CapabilityMode, CapabilityRegistry } from "./catalog.ts";
import { CapabilityError, type Refusal } from "./errors.ts";
import { shellWord } from "./escape.ts";
import { type CheckedGrants, checkGrants, type GrantOptions } from "./grant_options.ts";
import { formatGrantOf } from "./parse_grant.ts";

export { asksOfGrants, checkAsks } from "./asks.ts";
export type { AskIssue } from "./asks.ts";
export { checkGrants } from "./grant_options.ts";
export type { CheckedGrants, GrantOptions } from "./grant_options.ts";

/** One capability that an extension has. */
export interface BoundGrant {
  /** Canonical name. */
  readonly name: string;
  /** Whether it had to be asked and granted. */
  readonly mode: CapabilityMode;
  /** The definition. */
  readonly capability: Capability;
  /** Arguments that both sides agree on. */
  readonly args: JsonObject;
  /** What the capability's `parse` made of them. */
  readonly grant: unknown;
}

/** The decision about one extension. Frozen. */
export interface ResolvedGrants {
  /** What exists, Always ones first, in the order of their names. */
  readonly bound: readonly BoundGrant[];
  /** Optional asks that were not granted, or that this host does not have: canonical or written names. */
  readonly stubs: readonly string[];
  /** Why each other capability of this host is refused. */
  readonly refusals: readonly Refusal[];
  /** Granted by name, but not asked for: probably an operator's mistake. */
  readonly unused: readonly string[];
}

/** What {@linkcode resolveGrants} decides about. */
export interface GrantRequest {
  /** Name of the extension, for messages only: grants bind to whom the caller gives them for. */
  readonly extension: string;
  /** What its manifest, or its imports, ask for. */
  readonly asks: readonly CapabilityAsk[];
  /** What its operator grants. */
  readonly granted: GrantOptions;
  /** What the host has. */
  readonly registry: CapabilityRegistry;
}

/**
 * Decides what exists for one extension. Asks should have passed `checkAsks`.
 *
 * @throws {CapabilityError} `missing-capability` when a required ask is unknown to this host, `denied` when
 * one is not granted; the message names all of them, with the `--grant` flags that would help.
 * @throws {TypeError} when the grants themselves make no sense.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, resolveGrants } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const ask = { name: "env", args: { names: ["LANG", "HOME"] }, optional: false, reason: "" };
 * const { bound } = resolveGrants({
 *   extension: "notes",
 *   asks: [ask],
 *   granted: { env: { names: ["LANG", "TZ"] } },
 *   registry: new CapabilityRegistry(),
 * });
 * assertEquals(bound.find(({ name }) => name === "env")?.args["names"], ["LANG"]);
 * ```
 */
export function resolveGrants(
  { extension, asks, granted, registry }: GrantRequest,
): ResolvedGrants {
  const checked = checkGrants(granted, registry);
  const stubs: string[] = [];
  const missing: string[] = [];
  const known = new Map<string, CapabilityAsk>();
  for (const ask of asks) {
    const found = registry.get(ask.name);
    if (found) known.set(found.capability.name, ask);
    else (ask.optional ? stubs : missing).push(ask.name);
  }
  if (missing.length > 0) throw missingError(extension, missing, registry);

  const bound: BoundGrant[] = [];
  const denied: Denial[] = [];
  const refusals: Refusal[] = [];
  for (const name of registry.names()) {
    const found = registry.get(name);
    if (!found) continue;
    const { capability, mode } = found;
    const ask = known.get(name);
    const args = mode === "always"
      ? alwaysArgs(capability, ask, checked)
      : ask && agreedArgs(extension, capability, ask, checked);
    if (args) {
      bound.push(bind(capability, mode, args));
      continue;
    }
    const grant = formatGrantOf(capability, ask?.args ?? {});
    refusals.push(
      Object.freeze({ code: "denied", extension, capability: name, grant, reason: undefined }),
    );
    if (ask?.optional) stubs.push(name);
    else if (ask) denied.push({ name, grant });
  }
  if (denied.length > 0) throw deniedError(extension, denied);
  bound.sort((a, b) => a.mode === b.mode ? 0 : a.mode === "always" ? -1 : 1);
  return Object.freeze({
    bound: Object.freeze(bound),
    stubs: Object.freeze(stubs),
    refusals: Object.freeze(refusals),
    unused: Object.freeze(
      [...checked.named.keys()].filter((name) =>
        !known.has(name) && registry.get(name)?.mode === "gated"
      ),
    ),
  });
}

/** An Always capability exists whatever anybody says; arguments of either side can only narrow it. */
function alwaysArgs(
  capability: Capability,
  ask: CapabilityAsk | undefined,
  { named }: CheckedGrants,
): JsonObject {
  const grant = named.get(capability.name) ?? true;
  return common(capability, ask?.args ?? {}, grant === true ? {} : grant) ?? {};
}

/** Asked ∩ granted; `undefined` when nothing is left. */
function agreedArgs(
  extension: string,
  capability: Capability,
  { args }: CapabilityAsk,
  { all, named }: CheckedGrants,
): JsonObject | undefined {
  const { name, byNameOnly, needsArguments } = capability;
  const grant = named.get(name);
  if (grant === undefined) return all && !byNameOnly ? args : undefined;
  if (grant !== true) return common(capability, args, grant);
  if (!needsArguments || Object.keys(args).length > 0) return args;
  const flag = formatGrantOf(capability, {});
  throw new CapabilityError("denied", { extension, capability: name, grant: flag }, {
    reason: `Cannot grant capability "${name}" to extension "${
      printable(extension)
    }" without arguments as it asks for none in particular: grant "${flag}", or "${name}=*" for everything`,
  });
}

function common(
  { intersect }: Capability,
  asked: JsonObject,
  granted: JsonObject,
): JsonObject | undefined {
  if (Object.keys(granted).length === 0) return asked;
  if (Object.keys(asked).length === 0) return granted;
  return intersect ? intersect(asked, granted) : granted;
}

function bind(capability: Capability, mode: CapabilityMode, args: JsonObject): BoundGrant {
  const frozen = frozenCopy(args) as JsonObject;
  const parsed = capability.parse(frozen);
  if (!parsed.ok) {
    const [problem] = parsed.problems;
    throw new TypeError(
      `Cannot bind capability "${capability.name}" as its arguments are wrong: ${problem?.path} ${problem?.message}`,
    );
  }
  return Object.freeze({
    name: capability.name,
    mode,
    capability,
    args: frozen,
    grant: parsed.grant,
  });
}

/** A required ask that was not granted. */
interface Denial {
  readonly name: string;
  readonly grant: string;
}

function deniedError(extension: string, denied: readonly Denial[]): CapabilityError {
  const [first] = denied;
  const names = denied.map(({ name }) => `"${name}"`).join(", ");
  const flags = denied.map(({ grant }) => `--grant ${shellWord(grant)}`).join(" ");
  const what = denied.length === 1
    ? `capability ${names}: it is not granted`
    : `capabilities ${names}: they are not granted`;
  return new CapabilityError("denied", {
    extension,
    capability: first?.name ?? "",
    grant: first?.grant ?? "",
    grants: denied.map(({ grant }) => grant),
  }, {
    reason: `Cannot give extension "${printable(extension)}" ${what}; add ${flags} to allow it`,
  });
}

function missingError(
  extension: string,
  missing: readonly string[],
  registry: CapabilityRegistry,
): CapabilityError {
  const [first = ""] = missing;
  const names = missing.map((name) => {
    const suggestion = registry.suggest(name);
    const hint = suggestion === undefined ? "" : ` (did you mean "${suggestion}"?)`;
    return `"${printable(name)}"${hint}`;
  });
  return new CapabilityError("missing-capability", { extension, capability: first, grant: "" }, {
    reason: `Cannot give extension "${printable(extension)}" ${
      names.length === 1 ? "capability" : "capabilities"
    } ${names.join(", ")}: this host does not have it`,
  });
}
