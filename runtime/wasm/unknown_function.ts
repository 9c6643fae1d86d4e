/** What a call of a function fails with that a guest does not have. @module */

import { closest } from "../../manifest/suggest.ts";
import { Fault } from "../errors.ts";

/** Most names that are compared to find the one that was meant. */
const COMPARED_NAMES = 1_000;

/** The fault; `why` replaces the usual words. */
export function unknownFunction(
  name: string,
  operations: readonly string[],
  why?: string,
): Fault {
  if (why !== undefined) return new Fault("unknown-function", why);
  const hint = closest(name, operations.slice(0, COMPARED_NAMES));
  return new Fault(
    "unknown-function",
    `it exports no function "${name}"` + (hint === undefined ? "" : `; did you mean "${hint}"?`),
  );
}
