/** What a guest fails with that has more memory than it may. @module */

import { Fault } from "../errors.ts";

/** The fault of a guest that has more memory than it may. */
export function memoryFault(bytes: number, limit: number): Fault {
  return new Fault("memory-limit", `it has ${bytes} bytes of memory where ${limit} are allowed`);
}
