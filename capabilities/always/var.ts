/** `var`: variables of one extension, in memory, gone with it. @module */

import { ArgumentReader, smallerOf } from "../arguments.ts";
import { bytesOf, ByteStore, keyOf } from "../byte_store.ts";
import { type Capability, defineCapability } from "../capability.ts";
import { CapabilityError } from "../errors.ts";

/** The cap of the manifest or the operator, under the host's. */
interface VarGrant {
  readonly bytes: number | undefined;
}

/** Variables never expire. */
const ANY_TIME = 0;

/** Keeps bytes under names, for this extension alone. */
export const varCapability: Capability<VarGrant, ByteStore> = defineCapability({
  name: "var",
  summary: "keep variables in memory",
  parse(args) {
    const reader = new ArgumentReader(args);
    return reader.result<VarGrant>({ bytes: reader.positiveInteger("bytes") });
  },
  intersect: (asked, granted) => smallerOf("bytes", asked, granted),
  operations: {
    /** Bytes, or null. */
    get: {
      params: ["key"],
      callSync: ({ key }, { state }) => state.peek(keyOf(key), ANY_TIME),
    },
    set: {
      params: ["key", "value"],
      callSync({ key, value }, { state, extension }) {
        if (state.set(keyOf(key), bytesOf(value), Infinity, ANY_TIME)) return undefined;
        throw new CapabilityError("quota", {
          extension: extension.name,
          capability: "var",
          grant: "",
        });
      },
    },
    /** Whether there was one. */
    delete: { params: ["key"], callSync: ({ key }, { state }) => state.delete(keyOf(key)) },
    /** All names, sorted. */
    keys: { params: [], callSync: (_, { state }) => state.keys("", ANY_TIME) },
  },
  setup: ({ grant, stateBytes }) => new ByteStore(Math.min(grant.bytes ?? Infinity, stateBytes)),
  teardown: (state) => state.clear(),
});
