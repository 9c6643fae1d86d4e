/** Everything that can go wrong while an extension is loaded or runs. @module */

import { CapabilityError } from "../capabilities/errors.ts";
import { ManifestError } from "../manifest/errors.ts";

/** Codes of {@linkcode ExtensionError}. */
export type ExtensionErrorCode =
  | "duplicate"
  | "unknown-runtime"
  | "unsupported"
  | "unavailable"
  | "integrity"
  | "unknown-function"
  | "closed"
  | "timeout"
  | "out-of-fuel"
  | "memory-limit"
  | "payload-limit"
  | "busy"
  | "lost"
  | "cycle"
  | "too-deep"
  | "needs-async"
  | "bad-payload"
  | "bad-guest-data"
  | "guest-error"
  | "trap"
  | "lane-leaked";

/** What each code means; the subject is the extension. One table for messages and documentation. */
const MEANING: { readonly [code in ExtensionErrorCode]: string } = {
  "duplicate": "another extension of that name is loaded",
  "unknown-runtime": "no engine of that name is registered",
  "unsupported": "this engine cannot do that",
  "unavailable": "the engine cannot run on this machine",
  "integrity": "the module's bytes are not those that were expected",
  "unknown-function": "it has no such function",
  "closed": "it is closed",
  "timeout": "it took longer than it may",
  "out-of-fuel": "it burned more fuel than it may",
  "memory-limit": "it needs more memory than it may have",
  "payload-limit": "a payload or result is larger than it may be",
  "busy": "no instance became free in time",
  "lost": "another call's end took its realm away",
  "cycle": "it is already part of this chain of calls",
  "too-deep": "the chain of calls is too long",
  "needs-async": "the call has to wait, and a synchronous caller cannot",
  "bad-payload": "the payload is not what its codec or convention expects",
  "bad-guest-data": "the guest handed over something malformed",
  "guest-error": "the guest reported an error",
  "trap": "the guest trapped",
  "lane-leaked": "a stuck lane could not be ended and still uses a core",
};

/**
 * The precise failure, thrown inside runtime/ and by custom engines. It knows neither extension
 * nor function; `runtime/extension.ts` turns it into an {@linkcode ExtensionError} once.
 *
 * @example
 * ```ts
 * import { Fault } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const fault = new Fault("timeout");
 * assertEquals([fault.code, fault.message], ["timeout", "it took longer than it may"]);
 * ```
 */
export class Fault extends Error {
  /** Always `"Fault"`. */
  override readonly name = "Fault";
  /** The kind of failure. */
  readonly code: ExtensionErrorCode;
  /** What the guest itself said. */
  readonly guest: string;
  /** The status that a program exited with, where that is what happened. */
  readonly exitStatus: number | undefined;

  /** `detail` says what exactly, as the end of a sentence; the code's meaning when empty. */
  constructor(
    code: ExtensionErrorCode,
    detail = "",
    options?: ErrorOptions & { readonly guest?: string; readonly exitStatus?: number },
  ) {
    super(detail === "" ? MEANING[code] : detail, options);
    this.code = code;
    this.guest = clip(options?.guest ?? "");
    this.exitStatus = options?.exitStatus;
  }
}

/**
 * An extension could not be loaded or called.
 *
 * @example
 * ```ts
 * import { ExtensionError, ExtensionHost } from "@airlock/host";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * const ext = await host.load({ name: "double.js", bytes: "function double(n) { return n * 2 }" }, {
 *   runtime: "quickjs",
 * });
 * const error = await assertRejects(() => ext.invoke("triple", "1"), ExtensionError);
 * assertEquals(error.code, "unknown-function");
 * ```
 */
export class ExtensionError extends Error {
  /** Always `"ExtensionError"`. */
  override readonly name = "ExtensionError";
  /** The kind of failure. */
  readonly code: ExtensionErrorCode;
  /** Name of the extension, or the source it was loaded from. */
  readonly extension: string;
  /** The function that was called; empty for a failure outside a call. */
  readonly fn: string;
  /** What the guest itself said, at most 4 KiB; untrusted text, kept out of `message`. */
  readonly guest: string;
  /** The status that a WASI program exited with, when that is why the call failed. */
  readonly exitStatus: number | undefined;

  /** Says which extension (and function) failed with which fault. */
  constructor(fault: Fault, extension: string, fn = "") {
    // only an end leaks a lane
    const act = fault.code === "lane-leaked" ? "close" : "load";
    const what = fn === ""
      ? `${act} extension "${extension}"`
      : `call "${fn}" of extension "${extension}"`;
    super(
      `Cannot ${what}: ${fault.message}`,
      fault.cause === undefined ? {} : { cause: fault.cause },
    );
    this.code = fault.code;
    this.extension = extension;
    this.fn = fn;
    this.guest = fault.guest;
    this.exitStatus = fault.exitStatus;
  }
}

/** Longest guest text an error keeps: a guest must not fill the host's logs through its errors. */
const GUEST_TEXT_LIMIT = 4096;

function clip(text: string): string {
  return text.length > GUEST_TEXT_LIMIT ? `${text.slice(0, GUEST_TEXT_LIMIT - 1)}…` : text;
}

/** Whether `error` is one a caller may see as it is. */
export function isPublicError(
  error: unknown,
): error is ManifestError | CapabilityError | ExtensionError {
  return error instanceof ExtensionError || error instanceof CapabilityError ||
    error instanceof ManifestError;
}
