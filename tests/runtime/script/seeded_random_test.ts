/** Randomness out of a seed. @module */

import { assertEquals } from "@std/assert";
import { SEED_BYTES, seededRandom } from "../../../runtime/script/seeded_random.ts";

Deno.test("seededRandom() is the stream of RFC 8439, however it is cut", () => {
  // Appendix A.1, test vectors 1 and 2: a key and a nonce of zeros, blocks 0 and 1.
  const expected = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7" +
    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586" +
    "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed" +
    "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f";
  for (const cut of [1, 7, 64, 128]) {
    const fill = seededRandom(new Uint8Array(SEED_BYTES));
    const out = new Uint8Array(128);
    for (let at = 0; at < out.length; at += cut) fill(out.subarray(at, at + cut));
    assertEquals(out.toHex(), expected);
  }
});
