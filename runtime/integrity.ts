/** Whether the bytes that get compiled are those that were expected. @module */

import { type HashAlgorithm, powers } from "../capabilities/powers.ts";
import { Fault } from "./errors.ts";

/**
 * Hashes module bytes and compares them with an expected hash. Either function may be async.
 *
 * @example
 * ```ts
 * import { sha256Hasher } from "@airlock/host";
 * import { assert, assertMatch } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("abc");
 * const hash = await sha256Hasher.hash(bytes);
 * assertMatch(hash, /^ba7816bf/);
 * assert(await sha256Hasher.isValid(bytes, hash));
 * ```
 */
export interface Hasher {
  /** The hash of `bytes`, in the form that `isValid` takes. */
  hash(bytes: Uint8Array): string | Promise<string>;
  /** Whether `bytes` hash to `expected`; a malformed `expected` is just not valid. */
  isValid(bytes: Uint8Array, expected: string): boolean | Promise<boolean>;
}

/**
 * SHA-256 as lower-case hexadecimal digits.
 *
 * @example
 * ```ts
 * import { sha256Hasher } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals((await sha256Hasher.hash(new Uint8Array())).slice(0, 8), "e3b0c442");
 * ```
 */
export const sha256Hasher: Hasher = Object.freeze<Hasher>({
  async hash(bytes) {
    return (await powers.digest("SHA-256", bytes)).toHex();
  },
  isValid: (bytes, expected) => matches(bytes, parseHex("SHA-256", expected)),
});

/**
 * Subresource Integrity strings (`sha256-…`, `sha384-…`, `sha512-…`, base64 or hex) or bare hexadecimal SHA-256; the default.
 *
 * @example
 * ```ts
 * import { integrityHasher } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const hash = await integrityHasher.hash(new Uint8Array());
 * assertEquals(hash, "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
 * ```
 */
export const integrityHasher: Hasher = Object.freeze<Hasher>({
  async hash(bytes) {
    return `sha256-${(await powers.digest("SHA-256", bytes)).toBase64()}`;
  },
  isValid: (bytes, expected) => matches(bytes, parseIntegrity(expected)),
});

/**
 * Hashes nothing: the hash of everything is empty, and only an empty hash is valid.
 *
 * @example
 * ```ts
 * import { noHasher } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(noHasher.isValid(new Uint8Array([1]), ""), true);
 * ```
 */
export const noHasher: Hasher = Object.freeze<Hasher>({
  hash: () => "",
  isValid: (_bytes, expected) => expected === "",
});

/** Lengths in bytes of the hashes that integrity strings name. */
const HASH_BYTES: { readonly [name: string]: number } = {
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};

interface Expected {
  readonly algorithm: HashAlgorithm;
  readonly hash: Uint8Array;
}

async function matches(bytes: Uint8Array, expected: Expected | undefined): Promise<boolean> {
  if (!expected) return false;
  return powers.equal(await powers.digest(expected.algorithm, bytes), expected.hash);
}

function parseIntegrity(text: string): Expected | undefined {
  const match = /^sha(256|384|512)-(.+)$/.exec(text.trim());
  if (!match) return parseHex("SHA-256", text.trim());
  const [, bits, value = ""] = match;
  const algorithm = `SHA-${bits}` as HashAlgorithm;
  return parseHex(algorithm, value) ?? parseBase64(algorithm, value);
}

function parseHex(algorithm: HashAlgorithm, text: string): Expected | undefined {
  if (text.length !== 2 * (HASH_BYTES[algorithm] ?? 0) || !/^[0-9a-f]+$/i.test(text)) return;
  return { algorithm, hash: Uint8Array.fromHex(text) };
}

function parseBase64(algorithm: HashAlgorithm, text: string): Expected | undefined {
  try {
    const hash = Uint8Array.fromBase64(text);
    return hash.length === HASH_BYTES[algorithm] ? { algorithm, hash } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Checks `bytes` against `expected`; no expectation is always met.
 *
 * @throws {Fault} `integrity`, with what the hash really is.
 */
export async function verify(
  bytes: Uint8Array,
  expected: string | undefined,
  hasher: Hasher,
): Promise<void> {
  if (expected === undefined || await hasher.isValid(bytes, expected)) return;
  throw new Fault(
    "integrity",
    `the module's hash is not the expected "${expected}": current value is "${await hasher
      .hash(bytes)}"`,
  );
}

/**
 * The same where there are no bytes to check: a compiled module, or none at all.
 *
 * @throws {Fault} `integrity` when any bytes were expected.
 */
export async function verifyNothing(expected: string | undefined, hasher: Hasher): Promise<void> {
  if (expected === undefined) return;
  if (expected === "" && await hasher.isValid(new Uint8Array(), expected)) return;
  throw new Fault("integrity", `there are no bytes of which the hash could be "${expected}"`);
}
