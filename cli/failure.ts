/** What went wrong, as a record for programs and as lines for people. @module */

import {
  CapabilityError,
  escapeControls,
  ExtensionError,
  ManifestError,
  shellWord,
} from "../mod.ts";
import { type CliErrorCode, EXIT_OF, type FailureCode } from "./exit.ts";
import { issueLine } from "./issue.ts";
import type { Io } from "./io.ts";
import { paintFor } from "./paint.ts";
import { isFileError } from "./user_file.ts";

/** A failure of the command itself. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A failure as `--json` shows it. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly [detail: string]: unknown;
}

/** The record of whatever was thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ExtensionError) {
    const { code, message, extension, fn, guest } = error;
    return {
      code,
      message,
      extension,
      ...(fn === "" ? {} : { function: fn }),
      ...(guest === "" ? {} : { guest }),
    };
  }
  if (error instanceof CapabilityError) {
    const { code, message, extension, capability, grant, grants } = error;
    return { code, message, extension, capability, grant, grants };
  }
  if (error instanceof ManifestError) {
    const { code, message, source, issues } = error;
    return { code, message, source, issues };
  }
  if (error instanceof CliError) return { code: error.code, message: error.message };
  // The system's own words name the path and say what is wrong with it.
  if (isFileError(error)) return { code: "no-manifest", message: `Cannot read: ${error.message}` };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "unexpected", message };
}

/** The exit code of whatever was thrown. */
export function exitOf(error: unknown): number {
  return EXIT_OF[failureOf(error).code];
}

/** What an operator can do about a failure. */
const ADVICE: { readonly [code in FailureCode]?: string } = {
  "timeout": "--timeout MS allows more time, up to the manifest's own limit",
  "memory-limit": "--memory SIZE allows more memory, up to the manifest's own limit",
  "usage": "airlock --help lists commands and options",
};

/** Tells people, on standard error. */
export function reportFailure(io: Io, error: unknown): void {
  const paint = paintFor(io, "err");
  const failure = failureOf(error);
  const lines = [`${paint.bad("error")}: ${escapeControls(failure.message)}`];
  if (error instanceof ManifestError && error.issues.some(({ line }) => line !== undefined)) {
    lines.push(...error.issues.map((issue) => `  ${issueLine(issue, error.source)}`));
  }
  if (error instanceof ExtensionError && error.guest !== "") {
    lines.push(`  the guest says: ${escapeControls(error.guest)}`);
  }
  if (error instanceof CapabilityError && error.grants.length > 0) {
    lines.push(`  add: ${error.grants.map((grant) => `--grant ${shellWord(grant)}`).join(" ")}`);
  }
  const advice = ADVICE[failure.code];
  if (advice !== undefined) lines.push(`  ${advice}`);
  io.err(`${lines.join("\n")}\n`);
}
