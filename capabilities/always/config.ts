/** `config`: the extension's configuration, read only. @module */

import { noArguments } from "../arguments.ts";
import { type Capability, defineCapability } from "../capability.ts";
import { keyOf } from "../byte_store.ts";
import type { JsonObject } from "../../manifest/manifest.ts";

/** Reads the manifest's configuration under the operator's. */
export const configCapability: Capability<null, JsonObject> = defineCapability({
  name: "config",
  summary: "read its configuration",
  parse: noArguments,
  operations: {
    /** The value under `key`, `null` when there is none; everything without a key. */
    get: {
      params: ["key"],
      callSync({ key }, { state }) {
        if (key === undefined || key === null) return state;
        return state[keyOf(key)] ?? null;
      },
    },
  },
  setup: ({ config }) => config,
});
