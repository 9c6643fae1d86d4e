/** Who decides about a capability that is asked for: grants, what is remembered, the operator, nobody. @module */

import { auditRecord, type AuditSink, type DecisionSource } from "../capabilities/audit.ts";
import type { Capability, ExtensionIdentity } from "../capabilities/capability.ts";
import type { CapabilityRegistry } from "../capabilities/catalog.ts";
import { CapabilityError } from "../capabilities/errors.ts";
import { excerpt } from "../capabilities/escape.ts";
import { checkGrants, type GrantOptions, resolveGrants } from "../capabilities/grant.ts";
import { GrantStore } from "../capabilities/grant_store.ts";
import { formatGrantOf } from "../capabilities/parse_grant.ts";
import { powers } from "../capabilities/powers.ts";
import { type RequestDecision, RequestDesk } from "../capabilities/request.ts";
import type { CapabilityAsk, JsonObject } from "../manifest/manifest.ts";
import type { HostOptions } from "./options.ts";

/** One extension whose asks are decided. */
export interface DecisionSubject {
  readonly extension: ExtensionIdentity;
  /** The path or name it is loaded from. */
  readonly label: string;
  readonly asks: readonly CapabilityAsk[];
  /** What its operator wrote for it, before anybody is asked. */
  readonly granted: GrantOptions;
  readonly registry: CapabilityRegistry;
  /** Whether the digest tells its code apart from any other. */
  readonly identified: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Longest grant that a record of a decision repeats. */
const GRANT_LIMIT = 200;

/** A gated ask and what it is for. */
interface Wish {
  readonly ask: CapabilityAsk;
  readonly capability: Capability;
}

/** What somebody decided about one ask. */
interface Verdict {
  /** `undefined` = refused. */
  readonly grant: true | JsonObject | undefined;
  readonly by: DecisionSource;
}

/** Decides for one host, in this order: grants, remembered decisions, the operator, no. */
export class Decisions {
  readonly #desk: RequestDesk | undefined;
  readonly #store: GrantStore | undefined;
  readonly #audit: AuditSink | undefined;

  constructor({ onRequest, rememberedGrants, audit }: HostOptions) {
    this.#desk = onRequest && new RequestDesk(onRequest);
    this.#store = typeof rememberedGrants === "string"
      ? new GrantStore(rememberedGrants)
      : rememberedGrants;
    this.#audit = audit;
  }

  /** Whether anything but the grants themselves can decide. */
  get asks(): boolean {
    return this.#desk !== undefined || this.#store !== undefined;
  }

  /**
   * The grants of `subject` with what was remembered and answered. Each decision about a gated ask is
   * written down.
   *
   * @throws {TypeError} when grants, remembered ones or an answer make no sense.
   * @throws what the operator's handler throws.
   */
  async decide(subject: DecisionSubject): Promise<GrantOptions> {
    const { asks, registry, granted } = subject;
    const { all, named } = checkGrants(granted, registry);
    const known = asks.every(({ name, optional }) => optional || registry.get(name) !== undefined);
    const verdicts = new Map<string, Verdict>();
    let open = known && this.asks;
    for (const wish of wishesOf(subject)) {
      const { name, byNameOnly } = wish.capability;
      if (named.has(name) || (all && !byNameOnly)) continue;
      const verdict = open ? await this.#ask(wish, subject) : NOBODY;
      verdicts.set(name, verdict);
      // the load fails anyway: no more questions
      if (!verdict.grant && !wish.ask.optional) open = false;
    }
    const decided = withVerdicts(granted, verdicts);
    if (this.#audit) this.#record(subject, decided, verdicts);
    return decided;
  }

  async #ask({ ask, capability }: Wish, subject: DecisionSubject): Promise<Verdict> {
    const { extension, label, identified, signal } = subject;
    const { digest } = extension;
    const store = identified ? this.#store : undefined;
    const kept = await store?.recall(digest, capability.name);
    if (kept !== undefined) return { grant: kept === false ? undefined : kept, by: "remembered" };
    if (!this.#desk) return NOBODY;
    const answer = await this.#desk.ask({
      extension: extension.name,
      version: extension.version,
      digest,
      source: label,
      capability: capability.name,
      summary: capability.summary,
      args: ask.args,
      needsArguments: capability.needsArguments === true && Object.keys(ask.args).length === 0,
      optional: ask.optional,
      reason: ask.reason,
      grant: formatGrantOf(capability, ask.args),
      rememberable: store !== undefined,
    }, signal);
    const { grant, remember } = meaningOf(answer, ask);
    if (grant !== undefined && grant !== true) {
      checkGrants({ [capability.name]: grant }, subject.registry);
    }
    if (remember) await store?.remember(digest, extension.name, capability.name, grant ?? false);
    return { grant, by: "request" };
  }

  #record(
    { extension, asks, registry }: DecisionSubject,
    granted: GrantOptions,
    verdicts: ReadonlyMap<string, Verdict>,
  ): void {
    for (const { ask, capability } of wishesOf({ asks, registry })) {
      const { name } = capability;
      const args = agreed(extension.name, ask, granted, registry);
      const grant = formatGrantOf(capability, args ?? ask.args);
      const record = auditRecord(
        extension,
        { capability: name, operation: "", summary: excerpt(grant, GRANT_LIMIT) },
        args ? "granted" : "denied",
        { time: powers.now(), ms: 0 },
        verdicts.get(name)?.by ?? "grants",
      );
      this.#audit?.(record);
    }
  }
}

const NOBODY: Verdict = Object.freeze({ grant: undefined, by: "nobody" });

/** The asks that have to be granted, each capability once. */
function wishesOf(
  { asks, registry }: Pick<DecisionSubject, "asks" | "registry">,
): readonly Wish[] {
  const wishes = new Map<string, Wish>();
  for (const ask of asks) {
    const found = registry.get(ask.name);
    if (found?.mode !== "gated") continue;
    wishes.set(found.capability.name, { ask, capability: found.capability });
  }
  return [...wishes.values()];
}

/** An answer that grants what was asked grants its arguments, as they were shown. */
function meaningOf(
  answer: RequestDecision,
  { args }: CapabilityAsk,
): { readonly grant: true | JsonObject | undefined; readonly remember: boolean } {
  if (typeof answer === "object") return { grant: answer.args, remember: answer.remember };
  const shown = Object.keys(args).length === 0 ? true : args;
  return {
    grant: answer === "once" || answer === "always" ? shown : undefined,
    remember: answer === "always" || answer === "never",
  };
}

function withVerdicts(
  granted: GrantOptions,
  verdicts: ReadonlyMap<string, Verdict>,
): GrantOptions {
  const added = [...verdicts].flatMap(([name, { grant }]) =>
    grant === undefined ? [] : [[name, grant] as const]
  );
  if (added.length === 0) return granted;
  const base = granted === "all" ? { all: true as const } : granted;
  return Object.freeze(Object.fromEntries([...Object.entries(base), ...added]));
}

/** What exists of one ask; `undefined` when nothing does. */
function agreed(
  extension: string,
  ask: CapabilityAsk,
  granted: GrantOptions,
  registry: CapabilityRegistry,
): JsonObject | undefined {
  try {
    const asks = [{ ...ask, optional: true }];
    const name = registry.get(ask.name)?.capability.name;
    const { bound } = resolveGrants({ extension, asks, granted, registry });
    return bound.find((each) => each.name === name)?.args;
  } catch (error) {
    if (error instanceof CapabilityError) return undefined;
    throw error;
  }
}
