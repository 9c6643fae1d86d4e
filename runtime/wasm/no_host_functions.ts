/** What guests can call by name where no embedder offers anything. @module */

import type { HostFunctions } from "../contract.ts";

/** Nothing, for ever. */
export const NO_HOST_FUNCTIONS: HostFunctions = Object.freeze<HostFunctions>({
  waits: false,
  version: 0,
  find: () => undefined,
  list: () => [],
});
