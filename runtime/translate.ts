/** Turns what runtime/ throws inside into what callers see. @module */

import { NeedsAsyncError } from "../capabilities/errors.ts";
import { ExtensionError, Fault } from "./errors.ts";

/** A fault gets its extension and function; everything else, `signal.reason` above all, stays untouched. */
export function translate(error: unknown, extension: string, fn = ""): unknown {
  if (error instanceof Fault) return new ExtensionError(error, extension, fn);
  if (error instanceof NeedsAsyncError) {
    const fault = new Fault("needs-async", "an operation has to wait", { cause: error });
    return new ExtensionError(fault, extension, fn);
  }
  return error;
}
