/** Randomness: `random_get`, from a pool so that small requests do not each cross into the engine. @module */

import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";

const POOL_BYTES = 4096;
/** Most bytes that a loop copies faster than the engine's own functions. */
const SHORT_BYTES = 64;
/** Random bytes that cost as much as one tick of host work. */
const BYTES_PER_TICK = 1024;

/**
 * A source that draws from `fill` in blocks. Every byte is handed out once and wiped, so guests
 * may share a pool.
 */
export function pooledRandom(fill: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  let pool: Uint8Array | undefined;
  let at = POOL_BYTES;
  return (bytes) => {
    if (bytes.length >= POOL_BYTES) return fill(bytes);
    pool ??= new Uint8Array(POOL_BYTES);
    if (at + bytes.length > POOL_BYTES) {
      fill(pool);
      at = 0;
    }
    const end = at + bytes.length;
    if (bytes.length > SHORT_BYTES) {
      bytes.set(pool.subarray(at, end));
      pool.fill(0, at, end);
    } else {
      // calling the engine costs more than so few bytes
      for (let i = 0; i < bytes.length; i++) {
        bytes[i] = pool[at + i] ?? 0;
        pool[at + i] = 0;
      }
    }
    at = end;
  };
}

/** The random function. */
export function randomFunctions({ memory, powers, tick }: WasiHost): WasiFunctions {
  /** One buffer for each short length: a view of the guest's memory costs as much as the bytes. */
  const short: Uint8Array[] = [];
  return {
    random_get: {
      type: "(i32, i32) -> i32",
      run(ptr: number, len: number) {
        const count = len >>> 0;
        memory.check(ptr, count);
        if (count <= SHORT_BYTES) {
          const bytes = short[count] ??= new Uint8Array(count);
          powers.randomFill(bytes);
          memory.write(ptr, bytes);
          return ERRNO.SUCCESS;
        }
        // In pieces: a request of gigabytes must still meet its deadline.
        for (let at = 0; at < count; at += POOL_BYTES) {
          const piece = Math.min(POOL_BYTES, count - at);
          tick(piece / BYTES_PER_TICK);
          memory.fill((ptr >>> 0) + at, piece, powers.randomFill);
        }
        return ERRNO.SUCCESS;
      },
    },
  };
}
