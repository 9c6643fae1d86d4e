/** What an extension may do while it runs: seen, taken back, given again; each change is written down. @module */

import { type AuditOutcome, auditRecord, type AuditSink } from "../capabilities/audit.ts";
import type { Broker } from "../capabilities/broker.ts";
import type { ExtensionIdentity } from "../capabilities/capability.ts";
import type { CapabilityRegistry } from "../capabilities/catalog.ts";
import { excerpt } from "../capabilities/escape.ts";
import { type BoundGrant, resolveGrants } from "../capabilities/grant.ts";
import { formatGrantOf } from "../capabilities/parse_grant.ts";
import { powers } from "../capabilities/powers.ts";
import { show } from "../manifest/printable.ts";
import type { CapabilityAsk, JsonObject } from "../manifest/manifest.ts";
import { translate } from "./translate.ts";

/** What an extension may do, while it runs. */
export interface ExtensionGrants {
  /** Canonical names of what is bound, the Always ones included, sorted. */
  list(): readonly string[];
  /** Whether a capability is bound and not revoked. */
  has(capability: string): boolean;
  /**
   * Takes a capability back: operations in flight reject with `revoked`, and so does every later one.
   *
   * @throws {TypeError} when the extension never had it.
   */
  revoke(capability: string): void;
  /**
   * Grants what the extension asks for and has not, or a revoked capability again; `args` as in
   * `grants`, `true` for exactly what it asks for. WASM guests and native functions have it with their
   * next operation. The `airlock` object of a JavaScript realm is frozen as it starts: there a revoked
   * capability works again at once, and one that it never had appears with the next load.
   *
   * @throws {TypeError} when it does not ask for it, has it already, or `args` make no sense.
   * @throws {CapabilityError} `denied` when `args` have to say what is granted.
   * @throws {ExtensionError} `unavailable` when this process itself may not do it.
   */
  add(capability: string, args?: true | JsonObject): Promise<void>;
}

/** What {@linkcode extensionGrants} works with. */
export interface ExtensionGrantsParts {
  readonly broker: Broker;
  readonly extension: ExtensionIdentity;
  readonly asks: readonly CapabilityAsk[];
  readonly registry: CapabilityRegistry;
  readonly audit: AuditSink | undefined;
  /** Throws when this process may not do itself what is granted. */
  readonly check: (bound: BoundGrant) => void;
}

/** Longest grant that a record repeats. */
const GRANT_LIMIT = 200;

/** The living grants of one extension. */
export function extensionGrants(parts: ExtensionGrantsParts): ExtensionGrants {
  const { broker, extension, asks, registry, audit, check } = parts;
  const record = (capability: string, outcome: AuditOutcome, summary: string) => {
    const subject = { capability, operation: "", summary: excerpt(summary, GRANT_LIMIT) };
    const when = { time: powers.now(), ms: 0 };
    audit?.(auditRecord(extension, subject, outcome, when, "operator"));
  };
  const canonical = (capability: string) => registry.get(capability)?.capability.name ?? capability;
  return Object.freeze<ExtensionGrants>({
    list: () => broker.list(),
    has: (capability) => broker.has(capability),
    revoke(capability) {
      const had = broker.has(capability);
      broker.revoke(capability);
      if (had) record(canonical(capability), "revoked", "");
    },
    async add(capability, args = true) {
      const name = canonical(capability);
      const ask = asks.find((each) => canonical(each.name) === name);
      if (!ask) {
        throw new TypeError(
          `Cannot grant capability ${show(capability)} as the extension does not ask for it`,
        );
      }
      const { bound } = resolveGrants({
        extension: extension.name,
        asks: [{ ...ask, optional: true }],
        granted: { [name]: args },
        registry,
      });
      const found = bound.find((each) => each.name === name);
      if (!found) {
        throw new TypeError(
          `Cannot grant capability "${name}" as nothing of it is both asked for and granted`,
        );
      }
      try {
        check(found);
      } catch (error) {
        throw translate(error, extension.name);
      }
      await broker.add(found);
      record(name, "granted", formatGrantOf(found.capability, found.args));
    },
  });
}
