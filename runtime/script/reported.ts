/** What a lane reports of a call that failed, as a fault. Nothing it says is believed but its kind. @module */

import { type ExtensionErrorCode, Fault } from "../errors.ts";

/** Faults that a lane may report of a call; anything else counts as an error of the guest. */
const REPORTED: ReadonlySet<string> = new Set(
  [
    "bad-guest-data",
    "bad-payload",
    "guest-error",
    "payload-limit",
    "unknown-function",
  ] satisfies ExtensionErrorCode[],
);

const DETAILS: { readonly [code: string]: ((fn: string) => string) | undefined } = {
  "bad-payload": () => "the payload is not JSON",
  "unknown-function": (fn) => `it has no function "${fn}"`,
};

/** The fault of a call of `fn`; `guest` is what the guest says of it. */
export function reportedFault(code: string, guest: string, fn: string): Fault {
  const known = REPORTED.has(code) ? code as ExtensionErrorCode : "guest-error";
  return new Fault(known, DETAILS[known]?.(fn) ?? "", { guest });
}
