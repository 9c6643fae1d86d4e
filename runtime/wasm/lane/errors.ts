/** Errors as records: a structured clone keeps neither their class nor their code. @module */

import {
  CapabilityError,
  type CapabilityErrorCode,
  NeedsAsyncError,
  OperationError,
  type OperationErrorCode,
} from "../../../capabilities/errors.ts";
import { FileError, type FileErrorCode } from "../../../capabilities/file_error.ts";
import { ExtensionError, type ExtensionErrorCode, Fault } from "../../errors.ts";
import { WasiError, wasiError } from "../../wasi/files.ts";

/** An error on its way between two threads. */
export type WireError = WireErrorFields & {
  /** The question that the host answered with this very error, if it was one. */
  readonly origin?: number | undefined;
};

type WireErrorFields =
  | { readonly kind: "stopped" }
  | {
    readonly kind: "fault";
    readonly code: ExtensionErrorCode;
    readonly message: string;
    readonly guest: string;
    readonly exitStatus: number | undefined;
    readonly cause: WireError | undefined;
  }
  | {
    readonly kind: "capability";
    readonly code: CapabilityErrorCode;
    readonly extension: string;
    readonly capability: string;
    readonly grant: string;
    readonly message: string;
  }
  | {
    readonly kind: "extension";
    readonly code: ExtensionErrorCode;
    readonly extension: string;
    readonly fn: string;
    readonly message: string;
    readonly guest: string;
  }
  | { readonly kind: "operation"; readonly code: OperationErrorCode; readonly message: string }
  | { readonly kind: "file"; readonly code: FileErrorCode }
  | { readonly kind: "wasi"; readonly errno: number }
  | { readonly kind: "needs-async"; readonly operation: string }
  | { readonly kind: "dom"; readonly name: string; readonly message: string }
  | { readonly kind: "error"; readonly name: string; readonly message: string }
  | { readonly kind: "value"; readonly value: unknown };

/** Why a task ended that its host stopped; the host knows the reason. */
export const STOPPED: Fault = new Fault("closed", "its host stopped it");

/** Causes of causes that are kept: a chain of them may be a circle. */
const CAUSE_DEPTH = 4;

/** Finds the number of the question that an error answered. */
export type OriginOf = (error: unknown) => number | undefined;

const NO_ORIGIN: OriginOf = () => undefined;

/** `error` as a record. */
export function encodeError(
  error: unknown,
  originOf: OriginOf = NO_ORIGIN,
  depth: number = CAUSE_DEPTH,
): WireError {
  return { ...fieldsOf(error, originOf, depth), origin: originOf(error) };
}

function fieldsOf(error: unknown, originOf: OriginOf, depth: number): WireErrorFields {
  if (error === STOPPED) return { kind: "stopped" };
  if (error instanceof Fault) {
    const { code, message, guest, exitStatus, cause } = error;
    const told = cause === undefined || depth === 0
      ? undefined
      : encodeError(cause, originOf, depth - 1);
    return { kind: "fault", code, message, guest, exitStatus, cause: told };
  }
  if (error instanceof CapabilityError) {
    const { code, extension, capability, grant, message } = error;
    return { kind: "capability", code, extension, capability, grant, message };
  }
  if (error instanceof ExtensionError) {
    const { code, extension, fn, message, guest } = error;
    return { kind: "extension", code, extension, fn, message, guest };
  }
  if (error instanceof OperationError) {
    return { kind: "operation", code: error.code, message: error.message };
  }
  if (error instanceof FileError) return { kind: "file", code: error.code };
  if (error instanceof WasiError) return { kind: "wasi", errno: error.errno };
  if (error instanceof NeedsAsyncError) return { kind: "needs-async", operation: error.operation };
  if (error instanceof DOMException) {
    return { kind: "dom", name: error.name, message: error.message };
  }
  if (error instanceof Error) return { kind: "error", name: error.name, message: error.message };
  const plain = typeof error === "string" || typeof error === "number" || error === undefined;
  return { kind: "value", value: plain ? error : null };
}

/** Finds the error that answered a question. */
export type ErrorOf = (origin: number) => unknown;

/** The error of a record: the very one where `errorOf` still knows it. */
export function decodeError(wire: WireError, errorOf: ErrorOf = () => undefined): unknown {
  const original = wire.origin === undefined ? undefined : errorOf(wire.origin);
  if (original !== undefined) return original;
  switch (wire.kind) {
    case "stopped":
      return STOPPED;
    case "fault": {
      const { code, message, guest, exitStatus, cause } = wire;
      return new Fault(code, message, {
        guest,
        ...exitStatus === undefined ? {} : { exitStatus },
        ...cause === undefined ? {} : { cause: decodeError(cause, errorOf) },
      });
    }
    case "capability":
      return new CapabilityError(wire.code, wire, { reason: wire.message });
    case "extension": {
      const { code, message, guest, extension, fn } = wire;
      return new ExtensionError(new Fault(code, message, { guest }), extension, fn);
    }
    case "operation":
      return new OperationError(wire.code, wire.message);
    case "file":
      return new FileError(wire.code);
    case "wasi":
      return wasiError(wire.errno);
    case "needs-async":
      return new NeedsAsyncError(wire.operation);
    case "dom":
      return new DOMException(wire.message, wire.name);
    case "error":
      return namedError(wire.name, wire.message);
    case "value":
      return wire.value;
  }
}

function namedError(name: string, message: string): Error {
  switch (name) {
    case "TypeError":
      return new TypeError(message);
    case "RangeError":
      return new RangeError(message);
    case "SyntaxError":
      return new SyntaxError(message);
  }
  return new FarError(name, message);
}

/** An error of another thread, of a class that is not known here. */
class FarError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}
