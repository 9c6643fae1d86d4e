/** Which failures leave a guest as it was. @module */

/** Codes of those: the guest answered, or nothing of it ran. */
export const HARMLESS: ReadonlySet<string> = new Set([
  "unknown-function",
  "bad-payload",
  "guest-error",
]);
