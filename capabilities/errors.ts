/** The error of everything an extension is not allowed to do. @module */

import { escapeControls } from "./escape.ts";

/** Codes of {@linkcode CapabilityError}. */
export type CapabilityErrorCode =
  | "missing-capability"
  | "denied"
  | "revoked"
  | "quota";

/** What a {@linkcode CapabilityError} is about. */
export interface CapabilityErrorDetail {
  /** Name of the extension that was refused. */
  readonly extension: string;
  /** Canonical name of the capability. */
  readonly capability: string;
  /** The grant that would allow it, as `--grant` takes it; empty where none would. */
  readonly grant: string;
  /** Where several are missing at once: the grants of all of them, that one first. */
  readonly grants?: readonly string[];
}

/**
 * An extension was refused a capability.
 *
 * @example
 * ```ts
 * import { CapabilityError } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new CapabilityError("denied", {
 *   extension: "notes",
 *   capability: "env",
 *   grant: "env=NOTES_LANG",
 * });
 * assertEquals(error.grant, "env=NOTES_LANG");
 * assertEquals(error.grants, ["env=NOTES_LANG"]);
 * ```
 */
export class CapabilityError extends Error {
  /** Tells it from other errors, also across realms. */
  override readonly name = "CapabilityError";
  /** The kind of refusal. */
  readonly code: CapabilityErrorCode;
  /** Name of the extension that was refused. */
  readonly extension: string;
  /** Canonical name of the capability. */
  readonly capability: string;
  /** The grant that would allow it, as `--grant` takes it; empty where none would. */
  readonly grant: string;
  /** All grants that are missing, `grant` first: a load asks for several. Empty where none would help. */
  readonly grants: readonly string[];

  /** Says that `detail.extension` was refused `detail.capability`, and why. */
  constructor(
    code: CapabilityErrorCode,
    detail: CapabilityErrorDetail,
    options?: ErrorOptions & { readonly reason?: string },
  ) {
    // names in it may be a stranger's words
    super(escapeControls(options?.reason ?? describe(code, detail)), options);
    this.code = code;
    this.extension = detail.extension;
    this.capability = detail.capability;
    this.grant = detail.grant;
    this.grants = Object.freeze([...detail.grants ?? (detail.grant === "" ? [] : [detail.grant])]);
  }
}

function describe(
  code: CapabilityErrorCode,
  { extension, capability, grant }: CapabilityErrorDetail,
): string {
  switch (code) {
    case "missing-capability":
      return `Cannot provide capability "${capability}" to extension "${extension}": this host has no such capability`;
    case "denied":
      return `Cannot use capability "${capability}" in extension "${extension}": it is not granted; grant "${grant}" to allow it`;
    case "revoked":
      return `Cannot use capability "${capability}" in extension "${extension}": its grant was revoked`;
    case "quota":
      return `Cannot use capability "${capability}" in extension "${extension}": its quota is used up`;
  }
}

/**
 * An operation that waits was asked for by a caller that cannot wait. Engines translate it to
 * their `needs-async`.
 *
 * @example
 * ```ts
 * import { NeedsAsyncError } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new NeedsAsyncError("net.fetch").operation, "net.fetch");
 * ```
 */
export class NeedsAsyncError extends Error {
  /** Tells it from other errors, also across realms. */
  override readonly name = "NeedsAsyncError";
  /** Always the same. */
  readonly code = "needs-async";
  /** The operation, as `capability.operation`. */
  readonly operation: string;

  /** Names the operation. */
  constructor(operation: string) {
    super(`Cannot do "${operation}" for a synchronous caller: it has to wait`);
    this.operation = operation;
  }
}

/** Codes of {@linkcode OperationError}. */
export type OperationErrorCode =
  | "unreachable"
  | "unavailable"
  | "not-possible"
  | "missing-extension"
  | "disabled-extension";

/**
 * An operation was allowed and came to nothing. Its message is for guests, too: it names nothing of
 * this machine that they do not know.
 *
 * @example
 * ```ts
 * import { OperationError } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new OperationError("unreachable", "Cannot fetch as the connection failed");
 * assertEquals(error.code, "unreachable");
 * ```
 */
export class OperationError extends Error {
  /** Tells it from other errors, also across realms. */
  override readonly name = "OperationError";
  /**
   * `unreachable`: nobody answers there. `unavailable`: this host has not what it needs, and the
   * message says what. `not-possible`: not with what is there. `missing-extension`: no extension of
   * that name is loaded. `disabled-extension`: it is not running now.
   */
  readonly code: OperationErrorCode;

  /** `message` is the whole sentence. */
  constructor(code: OperationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A refusal before anybody threw: made once, so that a guest cannot make refusing expensive. */
export interface Refusal extends CapabilityErrorDetail {
  /** The kind of refusal. */
  readonly code: CapabilityErrorCode;
  /** The whole message, where it is not the code's own. */
  readonly reason: string | undefined;
}

/** The error of a refusal, for whoever has to throw it. */
export function refusalError(refusal: Refusal): CapabilityError {
  const { code, reason } = refusal;
  return new CapabilityError(code, refusal, reason === undefined ? {} : { reason });
}
