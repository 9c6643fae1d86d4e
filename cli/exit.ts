/** What the command's exit codes mean, and which code of an error gets which. @module */

import type { CapabilityErrorCode, ExtensionErrorCode, ManifestErrorCode } from "../mod.ts";

/** Exit codes by meaning. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  invalid: 3,
  refused: 4,
  guest: 5,
  stopped: 6,
  integrity: 7,
} as const;

/** One line of help for each exit code. */
export const EXIT_MEANING: { readonly [name in keyof typeof EXIT]: string } = {
  ok: "ok",
  unexpected: "unexpected failure",
  usage: "usage",
  invalid: "manifest or module invalid",
  refused: "capability refused",
  guest: "guest error or trap",
  stopped: "timeout, out of fuel or aborted",
  integrity: "integrity",
};

/** Codes of the command's own failures. */
export type CliErrorCode = "usage" | "unreadable" | "aborted" | "unexpected";

/** Every code that an error of the command can have. */
export type FailureCode =
  | CliErrorCode
  | ManifestErrorCode
  | CapabilityErrorCode
  | ExtensionErrorCode;

/** The exit code of every failure: complete by its type. */
export const EXIT_OF: { readonly [code in FailureCode]: number } = Object.freeze({
  "unexpected": EXIT.unexpected,
  "closed": EXIT.unexpected,
  "lane-leaked": EXIT.unexpected,

  "usage": EXIT.usage,

  "unreadable": EXIT.invalid,
  "no-manifest": EXIT.invalid,
  "bad-manifest": EXIT.invalid,
  "duplicate": EXIT.invalid,
  "unknown-runtime": EXIT.invalid,
  "unsupported": EXIT.invalid,
  "unavailable": EXIT.invalid,

  "missing-capability": EXIT.refused,
  "denied": EXIT.refused,
  "revoked": EXIT.refused,
  "quota": EXIT.refused,

  "unknown-function": EXIT.guest,
  "memory-limit": EXIT.guest,
  "payload-limit": EXIT.guest,
  "lost": EXIT.guest,
  "cycle": EXIT.guest,
  "too-deep": EXIT.guest,
  "needs-async": EXIT.guest,
  "bad-payload": EXIT.guest,
  "bad-guest-data": EXIT.guest,
  "guest-error": EXIT.guest,
  "trap": EXIT.guest,

  "timeout": EXIT.stopped,
  "out-of-fuel": EXIT.stopped,
  "busy": EXIT.stopped,
  "aborted": EXIT.stopped,

  "integrity": EXIT.integrity,
});
