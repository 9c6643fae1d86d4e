/** Stand-in for `@std/crypto`: the functions this project uses, on `node:crypto`. @module */

import { createHash, timingSafeEqual as nodeTimingSafeEqual } from "node:crypto";

/** Names of the digests. */
export type DigestAlgorithm = "SHA-256" | "SHA-384" | "SHA-512";

const NODE_NAMES: { readonly [name in DigestAlgorithm]: string } = {
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

/** The digests that {@linkcode crypto} adds to the web's. */
export interface StdSubtleCrypto extends SubtleCrypto {
  /** Digests bytes, or a stream of them. */
  digest(
    algorithm: AlgorithmIdentifier,
    data: BufferSource | AsyncIterable<BufferSource> | Iterable<BufferSource>,
  ): Promise<ArrayBuffer>;
  /** Digests bytes at once. */
  digestSync(
    algorithm: AlgorithmIdentifier,
    data: BufferSource | Iterable<BufferSource>,
  ): ArrayBuffer;
}

/** The web's `crypto` with digests of streams, and at once. */
export interface StdCrypto extends Crypto {
  readonly subtle: StdSubtleCrypto;
}

/** The web's `crypto` with digests of streams, and at once. */
export const crypto: StdCrypto = wrap(globalThis.crypto, {
  subtle: wrap(globalThis.crypto.subtle, {
    async digest(
      algorithm: AlgorithmIdentifier,
      data: BufferSource | AsyncIterable<BufferSource> | Iterable<BufferSource>,
    ): Promise<ArrayBuffer> {
      const hash = createHash(nodeName(algorithm));
      if (isBytes(data)) hash.update(view(data));
      else for await (const chunk of data) hash.update(view(chunk));
      return new Uint8Array(hash.digest()).buffer;
    },
    digestSync(
      algorithm: AlgorithmIdentifier,
      data: BufferSource | Iterable<BufferSource>,
    ): ArrayBuffer {
      const hash = createHash(nodeName(algorithm));
      if (isBytes(data)) hash.update(view(data));
      else for (const chunk of data) hash.update(view(chunk));
      return new Uint8Array(hash.digest()).buffer;
    },
  }),
});

/** Compares bytes in a time that does not depend on them. */
export function timingSafeEqual(
  a: ArrayBufferView | ArrayBufferLike | DataView,
  b: ArrayBufferView | ArrayBufferLike | DataView,
): boolean {
  if (a.byteLength !== b.byteLength) {
    throw new TypeError(
      `Cannot compare as both sides must be of one length: they are ${a.byteLength} and ${b.byteLength}`,
    );
  }
  return nodeTimingSafeEqual(view(a), view(b));
}

function nodeName(algorithm: AlgorithmIdentifier): string {
  const name = typeof algorithm === "string" ? algorithm : algorithm.name;
  const found = Object.entries(NODE_NAMES).find(([known]) => known === name.toUpperCase());
  if (!found) throw new TypeError(`Cannot digest as there is no algorithm "${name}"`);
  return found[1];
}

function isBytes(data: object): data is BufferSource {
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
}

function view(data: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** `target` with `more`; the web's objects refuse methods called on anything but themselves. */
function wrap<T extends object, M extends object>(target: T, more: M): T & M {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(more, name)) return Reflect.get(more, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as T & M;
}
