/** Clocks: `clock_res_get`, `clock_time_get`. Times are nanoseconds. @module */

import type { GuestMemory } from "../memory.ts";
import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";

/** Clocks of the specification. */
export const CLOCK = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME: 2, THREAD_CPUTIME: 3 } as const;

const NANOSECONDS_PER_MS = 1_000_000;
/** The host's clocks give whole milliseconds, and a monotonic one finer than a microsecond. */
const RESOLUTION_NS = { [CLOCK.REALTIME]: 1_000_000n, [CLOCK.MONOTONIC]: 1_000n } as const;

/** Nanoseconds of clock `id` now; `undefined` for a clock that does not exist here. */
export function readClock({ powers }: WasiHost, id: number): bigint | undefined {
  if (id === CLOCK.MONOTONIC) return nanoseconds(powers.monotonic());
  if (id === CLOCK.REALTIME) return nanoseconds(powers.now());
  return undefined;
}

/** Whole milliseconds are multiplied as integers: times since 1970 in nanoseconds exceed 2^53. */
function nanoseconds(ms: number): bigint {
  const whole = Math.floor(ms);
  const rest = Math.floor((ms - whole) * NANOSECONDS_PER_MS);
  return BigInt.asUintN(64, BigInt(whole) * BigInt(NANOSECONDS_PER_MS) + BigInt(rest));
}

const TWO_16 = 2 ** 16;
const TWO_32 = 2 ** 32;
/** Milliseconds of which the nanoseconds are an exact number: a hundred days. */
const EXACT_MS = Number.MAX_SAFE_INTEGER / NANOSECONDS_PER_MS - 1;

/**
 * Writes what {@linkcode nanoseconds} gives, without a bigint and without `%`, which on such numbers
 * is a call: guests look at clocks in loops. The time is none before 1970.
 */
function writeNanoseconds(memory: GuestMemory, out: number, ms: number): void {
  const whole = Math.floor(ms);
  const rest = Math.floor((ms - whole) * NANOSECONDS_PER_MS);
  if (ms < EXACT_MS) {
    const time = whole * NANOSECONDS_PER_MS + rest;
    const high = Math.floor(time / TWO_32);
    return memory.setU64Halves(out, time - high * TWO_32, high);
  }
  // split so that no product exceeds 2^53
  const above = Math.floor(whole / TWO_16);
  const upper = above * NANOSECONDS_PER_MS;
  const top = Math.floor(upper / TWO_16);
  const low = (upper - top * TWO_16) * TWO_16 + (whole - above * TWO_16) * NANOSECONDS_PER_MS +
    rest;
  const carry = Math.floor(low / TWO_32);
  memory.setU64Halves(out, low - carry * TWO_32, top + carry);
}

/** What is wrong with a clock that {@linkcode readClock} does not know. */
export function clockErrno(id: number): number {
  return id === CLOCK.PROCESS_CPUTIME || id === CLOCK.THREAD_CPUTIME ? ERRNO.NOTSUP : ERRNO.INVAL;
}

/** The clock functions. */
export function clockFunctions(host: WasiHost): WasiFunctions {
  const { memory } = host;
  return {
    clock_res_get: {
      type: "(i32, i32) -> i32",
      run(id: number, out: number) {
        if (id !== CLOCK.REALTIME && id !== CLOCK.MONOTONIC) return clockErrno(id);
        memory.setU64(out, RESOLUTION_NS[id]);
        return ERRNO.SUCCESS;
      },
    },
    clock_time_get: {
      type: "(i32, i64, i32) -> i32",
      run(id: number, _precision: bigint, out: number) {
        if (id !== CLOCK.REALTIME && id !== CLOCK.MONOTONIC) return clockErrno(id);
        const { powers } = host;
        const ms = id === CLOCK.MONOTONIC ? powers.monotonic() : powers.now();
        if (ms < 0) memory.setU64(out, nanoseconds(ms));
        else writeNanoseconds(memory, out, ms);
        return ERRNO.SUCCESS;
      },
    },
  };
}
