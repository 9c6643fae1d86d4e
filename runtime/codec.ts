/** How values become payload bytes and back. @module */

import { decode, encode } from "@msgpack/msgpack";
import type { Payload } from "./contract.ts";
import { Fault } from "./errors.ts";
import { checkMsgpack } from "./msgpack_check.ts";
import { decodeUtf8 } from "./utf8.ts";

/**
 * Turns values into payloads and results into values.
 *
 * @example
 * ```ts
 * import { type Codec, json } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const codec: Codec = json;
 * assertEquals(codec.decode(new TextEncoder().encode('{"a":1}')), { a: 1 });
 * ```
 */
export interface Codec {
  /** What a manifest's `codec` calls it. */
  readonly name: string;
  /** The payload of `value`; throws a `TypeError` for a value it has no form for. */
  encode(value: unknown): Payload;
  /** The value of `bytes`; throws when they are not well-formed. */
  decode(bytes: Uint8Array): unknown;
}

/**
 * JSON text; `undefined` is the empty payload in both directions.
 *
 * @example
 * ```ts
 * import { json } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(json.encode({ a: 1 }), '{"a":1}');
 * ```
 */
export const json: Codec = Object.freeze<Codec>({
  name: "json",
  encode(value) {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined && value !== undefined) {
      throw new TypeError(`Cannot encode as JSON: current value is a ${typeof value}`);
    }
    return text ?? "";
  },
  decode: (bytes) => bytes.length === 0 ? undefined : JSON.parse(decodeUtf8(bytes)) as unknown,
});

/**
 * MessagePack; `undefined` is the empty payload in both directions.
 *
 * @example
 * ```ts
 * import { msgpack } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(msgpack.encode([1]), new Uint8Array([0x91, 1]));
 * ```
 */
export const msgpack: Codec = Object.freeze<Codec>({
  name: "msgpack",
  encode: (value) => value === undefined ? new Uint8Array() : encode(value),
  decode(bytes) {
    if (bytes.length === 0) return undefined;
    checkMsgpack(bytes);
    return decode(bytes);
  },
});

/**
 * A string and its UTF-8 bytes.
 *
 * @example
 * ```ts
 * import { text } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(text.decode(new Uint8Array([104, 105])), "hi");
 * ```
 */
export const text: Codec = Object.freeze<Codec>({
  name: "text",
  encode(value) {
    if (typeof value === "string") return value;
    throw new TypeError(`Cannot encode as text: current value is a ${typeof value}`);
  },
  decode: (bytes) => decodeUtf8(bytes),
});

/**
 * Bytes as they are; a string stands for its UTF-8 bytes.
 *
 * @example
 * ```ts
 * import { bytes } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bytes.decode(new Uint8Array([1])), new Uint8Array([1]));
 * ```
 */
export const bytes: Codec = Object.freeze<Codec>({
  name: "bytes",
  encode(value) {
    if (value instanceof Uint8Array || typeof value === "string") return value;
    throw new TypeError(`Cannot encode as bytes: current value is a ${typeof value}`);
  },
  decode: (bytes) => bytes,
});

const CODECS: ReadonlyMap<string, Codec> = new Map(
  [json, msgpack, text, bytes].map((codec) => [codec.name, codec]),
);

/**
 * The codec a manifest names; JSON when it names none.
 *
 * @throws {Fault} `unsupported` for a name that is none of json, msgpack, text, bytes.
 */
export function codecNamed(name: string | undefined): Codec {
  const codec = name === undefined ? json : CODECS.get(name);
  if (codec) return codec;
  throw new Fault(
    "unsupported",
    `there is no codec "${name}"; codecs are ${[...CODECS.keys()].join(", ")}`,
  );
}
