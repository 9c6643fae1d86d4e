/** Time and randomness that are the same in every run. @module */

import type { WasiPowers } from "./contract.ts";

/** What a deterministic run begins with. */
export interface Determinism {
  /** Any whole number; the same one gives the same bytes. */
  readonly seed: number;
  /** The time at which it begins, in milliseconds since the epoch. */
  readonly time: number;
}

/** Milliseconds that pass at each look at a clock: a guest that waits for time to pass still ends. */
const STEP_MS = 0.001;

/**
 * Powers of one run: its clocks go forward by a microsecond at each look and by as much as the guest
 * sleeps, which takes no time; its random bytes come from SplitMix32 and are no secret.
 */
export function deterministicPowers({ seed, time }: Determinism): WasiPowers {
  let passed = 0;
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let word = state ^ (state >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
  return {
    now: () => time + (passed += STEP_MS),
    monotonic: () => passed += STEP_MS,
    randomFill(bytes) {
      for (let at = 0; at < bytes.length; at++) bytes[at] = next() >>> 24;
    },
    sleep: (ms) => void (passed += ms),
  };
}
