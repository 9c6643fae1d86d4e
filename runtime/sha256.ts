/** The SHA-256 of an extension's files: computed once, whoever asks for it. @module */

import { powers } from "../capabilities/powers.ts";

const known = new WeakMap<Uint8Array, Promise<Uint8Array>>();

/** The digest of `bytes`, which nobody may change any more. */
export function sha256Of(bytes: Uint8Array): Promise<Uint8Array> {
  let digest = known.get(bytes);
  if (digest === undefined) {
    digest = powers.digest("SHA-256", bytes);
    known.set(bytes, digest);
  }
  return digest;
}
