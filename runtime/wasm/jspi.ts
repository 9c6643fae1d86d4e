/** Suspending guests (JavaScript Promise Integration), which TypeScript's library does not describe yet. @module */

import type { GuestFunction } from "./abi/contract.ts";

const jspi = WebAssembly as unknown as {
  /** Makes an import that suspends the guest until the promise of `fn` settles. */
  readonly Suspending: new (fn: GuestFunction) => WebAssembly.ImportValue;
  /** Makes an export that answers with a promise and may be suspended. */
  readonly promising: (fn: GuestFunction) => GuestFunction;
  readonly SuspendError: new () => Error;
};

/** An import that suspends its guest until `fn` settles. */
export function suspending(fn: GuestFunction): WebAssembly.ImportValue {
  return new jspi.Suspending(fn);
}

/** An export during which the guest may be suspended; it answers with a promise. */
export function promising(fn: GuestFunction): GuestFunction {
  return jspi.promising(fn);
}

/** Whether a guest tried to wait where it cannot be suspended. */
export function isSuspendError(error: unknown): boolean {
  return error instanceof jspi.SuspendError;
}
