/** What a guest is told of an operation that failed on the host's side. @module */

import { CapabilityError, NeedsAsyncError, OperationError } from "../../capabilities/errors.ts";
import { ExtensionError, Fault } from "../errors.ts";

/** Longest message a guest gets. */
const MESSAGE_LIMIT = 1024;

/**
 * The refusal of the prelude's contract, `{code, capability, message}` as JSON. A guest sees the
 * message that whoever wrote the operation gave; never a stack, and nothing of an error of the
 * operating system, whose message holds the host's paths.
 */
export function refusalOf(error: unknown, id?: number): string {
  const capability = error instanceof CapabilityError ? error.capability : "";
  return refusal(codeOf(error), capability, messageOf(error), id);
}

/** A refusal made here. `id` names the error behind it where the guest was answered at once. */
export function refusal(code: string, capability: string, message: string, id?: number): string {
  return JSON.stringify({ code, capability, message: message.slice(0, MESSAGE_LIMIT), id });
}

function codeOf(error: unknown): string {
  const known = error instanceof CapabilityError || error instanceof ExtensionError ||
    error instanceof Fault || error instanceof NeedsAsyncError ||
    error instanceof OperationError;
  if (known) return error.code;
  return error instanceof DOMException && error.name === "AbortError" ? "abandoned" : "failed";
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error) || isSystemError(error)) return "the operation failed";
  return error.message;
}

/** A missing permission of the host is one too: its message names the path or host it is for. */
function isSystemError(error: Error): boolean {
  if (error.name === "NotCapable" || error.name === "PermissionDenied") return true;
  return "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code);
}
