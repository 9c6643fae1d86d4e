/** `clock`: what time it is, as coarsely as the operator wants it known. @module */

import { type Capability, defineCapability } from "../capability.ts";
import { noArguments } from "../arguments.ts";
import type { ExtensionServices } from "../services.ts";

/** Reads the clock of the extension; an operator may have replaced it. */
export const clockCapability: Capability<null, ExtensionServices> = defineCapability({
  name: "clock",
  summary: "read the time",
  parse: noArguments,
  operations: {
    /** Milliseconds since the epoch. */
    now: { params: [], callSync: (_, { state }) => state.now() },
    /** Milliseconds since a fixed moment; never goes back. */
    monotonic: { params: [], callSync: (_, { state }) => state.monotonic() },
  },
  setup: ({ services }) => services,
});
