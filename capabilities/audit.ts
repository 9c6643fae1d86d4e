/** What is written down about every operation that was asked for, whatever came of it. @module */

import type { ExtensionIdentity, Operation, OperationArgs } from "./capability.ts";
import { CapabilityError } from "./errors.ts";
import { excerpt } from "./escape.ts";

/**
 * What came of an operation: `allowed` ran and answered, `failed` ran and threw, `abandoned` was cut
 * off by its caller or by the end of the extension, and the others were refused. `granted` is what
 * came of a decision only.
 */
export type AuditOutcome =
  | "allowed"
  | "granted"
  | "denied"
  | "revoked"
  | "quota"
  | "failed"
  | "abandoned";

/**
 * Who decided about a capability as a whole: the operator's `grants`, a `remembered` answer, a
 * `request` that was answered just now, the `operator` while it ran, or `nobody`, which means no.
 */
export type DecisionSource = "grants" | "remembered" | "request" | "operator" | "nobody";

/** One operation, for whoever has to know later. Text in it is escaped. */
export interface AuditRecord {
  /** Milliseconds since the epoch, by the host's clock, when the outcome was known. */
  readonly time: number;
  /** Name of the extension. */
  readonly extension: string;
  /** Its version. */
  readonly version: string;
  /** `sha256-` digest of its manifest and files; empty where it has none. */
  readonly digest: string;
  /** Canonical name of the capability. */
  readonly capability: string;
  /** Name of the operation in it; empty for the decision about the capability as a whole. */
  readonly operation: string;
  /** What it was about, such as a key or a variable's name, never a value; the grant of a decision. */
  readonly summary: string;
  /** What came of it. */
  readonly outcome: AuditOutcome;
  /** Milliseconds it took; 0 where it was refused. */
  readonly ms: number;
  /** Who decided; only in the record of a decision. */
  readonly by?: DecisionSource;
  /** Units of fuel that the guest's call had used by then, where they are counted. */
  readonly fuel?: number;
}

/** Takes audit records, at once. An operation whose record it refuses by throwing fails. */
export type AuditSink = (record: AuditRecord) => void;

/** Longest text of a record: a guest must not fill the audit with its own words. */
const TEXT_LIMIT = 200;

/** The part of a record that does not depend on what comes of the operation. */
export interface AuditSubject {
  readonly capability: string;
  readonly operation: string;
  readonly summary: string;
}

/** When the outcome was known, how long it took, and what the guest's call had used by then. */
export interface Measured {
  readonly time: number;
  readonly ms: number;
  readonly fuel?: number | undefined;
}

/** The record of `subject`, frozen. */
export function auditRecord(
  { name, version, digest }: ExtensionIdentity,
  subject: AuditSubject,
  outcome: AuditOutcome,
  { time, ms, fuel }: Measured,
  by?: DecisionSource,
): AuditRecord {
  return Object.freeze({
    time,
    extension: excerpt(name, TEXT_LIMIT),
    version: excerpt(version, TEXT_LIMIT),
    digest,
    capability: excerpt(subject.capability, TEXT_LIMIT),
    operation: excerpt(subject.operation, TEXT_LIMIT),
    summary: subject.summary,
    outcome,
    ms,
    ...(by === undefined ? {} : { by }),
    ...(fuel === undefined ? {} : { fuel }),
  });
}

/** What a call is about, in the operation's own words or by its first argument. */
export function summaryOf({ params, summarize }: Operation, args: OperationArgs): string {
  const [first] = params;
  const value = summarize ? summarize(args) : first === undefined ? undefined : args[first];
  switch (typeof value) {
    case "string":
      return excerpt(value, TEXT_LIMIT);
    case "number":
    case "boolean":
      return String(value);
    default:
      return value instanceof Uint8Array ? `${value.length} bytes` : "";
  }
}

/** What an error that an operation threw means for its record. */
export function outcomeOf(error: unknown): AuditOutcome {
  if (!(error instanceof CapabilityError) || error.code === "missing-capability") return "failed";
  return error.code;
}
