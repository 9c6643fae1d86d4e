/** `random`: bytes that nobody can foresee, unless the operator replaced their source. @module */

import { type Capability, defineCapability, type HostValue } from "../capability.ts";
import { noArguments } from "../arguments.ts";
import type { RandomSource } from "../services.ts";

/** Most bytes of one call, as in Web Crypto: a length is not a way to fill the host's memory. */
const MAX_BYTES = 65_536;

function lengthOf(value: HostValue): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_BYTES) {
    return value;
  }
  throw new RangeError(
    `Cannot give random bytes as their number must be a whole one from 0 to ${MAX_BYTES}`,
  );
}

/** Gives random bytes. */
export const randomCapability: Capability<null, RandomSource> = defineCapability({
  name: "random",
  aliases: ["entropy"],
  summary: "get random bytes",
  parse: noArguments,
  operations: {
    bytes: {
      params: ["length"],
      callSync({ length }, { state }) {
        const bytes = new Uint8Array(lengthOf(length));
        state(bytes);
        return bytes;
      },
    },
  },
  setup: ({ services }) => services.randomFill,
});
