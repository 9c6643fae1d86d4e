/** Random bytes out of a secret of 32: ChaCha20's stream, so that a replaced source stays as good as it is. @module */

/** Bytes of a seed. */
export const SEED_BYTES = 32;

const WORDS = 16;
const BLOCK_BYTES = 4 * WORDS;
const DOUBLE_ROUNDS = 10;

/** The four words that every block begins with. */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

/** Which words each quarter of a double round mixes. */
const QUARTERS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** Fills bytes with the stream of RFC 8439, section 2.4, with a nonce of zeros and a counter from 0. */
export function seededRandom(seed: Uint8Array): (bytes: Uint8Array) => void {
  const view = new DataView(seed.buffer, seed.byteOffset, SEED_BYTES);
  const state = new Uint32Array(WORDS);
  state.set(CONSTANTS);
  for (let i = 0; i < SEED_BYTES / 4; i++) state[4 + i] = view.getUint32(4 * i, true);
  const block = new Uint8Array(BLOCK_BYTES);
  let used = BLOCK_BYTES;

  function next(): void {
    const mixed = state.slice();
    const at = (i: number): number => mixed[i] ?? 0;
    const turn = (a: number, b: number, c: number, bits: number): void => {
      mixed[a] = at(a) + at(b);
      const word = at(c) ^ at(a);
      mixed[c] = (word << bits) | (word >>> (32 - bits));
    };
    for (let round = 0; round < DOUBLE_ROUNDS; round++) {
      for (const [a, b, c, d] of QUARTERS) {
        turn(a, b, d, 16);
        turn(c, d, b, 12);
        turn(a, b, d, 8);
        turn(c, d, b, 7);
      }
    }
    const out = new DataView(block.buffer);
    for (let i = 0; i < WORDS; i++) out.setUint32(4 * i, at(i) + (state[i] ?? 0), true);
    // The counter has 64 bits here: a stream never ends.
    state[12] = (state[12] ?? 0) + 1;
    if (state[12] === 0) state[13] = (state[13] ?? 0) + 1;
    used = 0;
  }

  return (bytes) => {
    for (let at = 0; at < bytes.length; at++) {
      if (used === BLOCK_BYTES) next();
      bytes[at] = block[used++] ?? 0;
    }
  };
}
