/** A cell's configuration as the MessagePack that its `pulp_init` reads. @module */

import type { Json, JsonObject } from "./contract.ts";
import { Float, type Packable, packMsgpack } from "./pulp_msgpack.ts";

/** What a TOML manifest says of its numbers, by JSON pointer: `1.0`, or an integer beyond ±2^53. */
export type WrittenNumbers = { readonly [pointer: string]: string };

/** The bytes of `config`; none where it has no keys. */
export function packConfig(config: JsonObject, numbers: WrittenNumbers = {}): Uint8Array {
  if (Object.keys(config).length === 0) return new Uint8Array(0);
  return packMsgpack(typed(config, "", numbers));
}

function typed(value: Json, pointer: string, numbers: WrittenNumbers): Packable {
  if (typeof value === "number") {
    return numberOf(value, Object.hasOwn(numbers, pointer) ? numbers[pointer] : undefined);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((item: Json, at) => typed(item, `${pointer}/${at}`, numbers));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const part = key.replaceAll("~", "~0").replaceAll("/", "~1");
      return [key, typed(item, `${pointer}/${part}`, numbers)] as const;
    }),
  );
}

/** What an operator sets in the place of a float stays a float; of an integer, it is what it is. */
function numberOf(value: number, written: string | undefined): Packable {
  if (written === undefined) return value;
  if (/[.e]/.test(written)) return new Float(value);
  return Number(written) === value ? BigInt(written) : value;
}
