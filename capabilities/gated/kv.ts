/** `kv`: a small store in memory, one for each extension, where values may expire. @module */

import { ArgumentReader, smallerOf } from "../arguments.ts";
import { bytesOf, ByteStore, keyOf } from "../byte_store.ts";
import { type Capability, defineCapability, type HostValue } from "../capability.ts";
import { CapabilityError } from "../errors.ts";

/** How much may be kept, and how long. */
interface KvGrant {
  readonly bytes: number;
  /** Longest life of a value in seconds. */
  readonly ttl: number;
}

interface KvState {
  readonly store: ByteStore;
  now(): number;
}

/** Bytes of a store whose grant names none: a store used as a heap. */
const DEFAULT_BYTES = 1024 * 1024;

function secondsOf(value: HostValue): number {
  if (value === undefined || value === null) return Infinity;
  if (typeof value === "number" && value > 0) return value;
  throw new RangeError("Cannot keep the value as its ttl must be a positive number of seconds");
}

/** Keeps bytes under keys, apart for each extension, with an optional life in seconds. */
export const kvCapability: Capability<KvGrant, KvState> = defineCapability<KvGrant, KvState>({
  name: "kv",
  aliases: ["cache"],
  summary: "keep values in a store of its own",
  parse(args) {
    const reader = new ArgumentReader(args);
    return reader.result<KvGrant>({
      bytes: reader.positiveInteger("bytes") ?? DEFAULT_BYTES,
      ttl: reader.positiveInteger("ttl") ?? Infinity,
    });
  },
  intersect: (asked, granted) => ({
    ...smallerOf("bytes", asked, granted),
    ...smallerOf("ttl", asked, granted),
  }),
  operations: {
    /** Bytes, or `null` when there are none or they expired. */
    get: {
      params: ["key"],
      callSync: ({ key }, { state }) => state.store.get(keyOf(key), state.now()),
    },
    /** Keeps bytes or text for `ttl` seconds, or as long as the grant allows. */
    set: {
      params: ["key", "value", "ttl"],
      callSync({ key, value, ttl }, { state, grant, extension }) {
        const now = state.now();
        const expires = now + Math.min(secondsOf(ttl), grant.ttl) * 1_000;
        if (state.store.set(keyOf(key), bytesOf(value), expires, now)) return undefined;
        throw new CapabilityError("quota", {
          extension: extension.name,
          capability: "kv",
          grant: "",
        });
      },
    },
    /** Whether there was something. */
    delete: { params: ["key"], callSync: ({ key }, { state }) => state.store.delete(keyOf(key)) },
    /** Keys that start with `prefix`, sorted. */
    list: {
      params: ["prefix"],
      callSync: ({ prefix }, { state }) =>
        state.store.keys(prefix === undefined || prefix === null ? "" : keyOf(prefix), state.now()),
    },
  },
  setup: ({ grant, services }) => ({
    store: new ByteStore(grant.bytes),
    now: () => services.now(),
  }),
  teardown: ({ store }) => store.clear(),
});
