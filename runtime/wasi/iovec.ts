/**
 * Scatter and gather lists: where a guest's reads go and writes come from.
 *
 * ```text
 * iovs  ->  [ ptr u32 | len u32 ] [ ptr u32 | len u32 ] …   iovs_len entries
 * ```
 *
 * @module
 */

import type { GuestMemory } from "../memory.ts";
import { WasiError } from "./files.ts";

/** Most entries of one call: 2^28 of them could all name the same gigabytes. POSIX allows 1024 too. */
const IOVEC_LIMIT = 1024;

/** Most bytes one call moves; a shorter write is legal, so that one call cannot hold the thread. */
export const IO_LIMIT: number = 1024 * 1024;

const ENTRY_BYTES = 8;

/** Whether a list of `count` entries is short enough to be looked at. */
export function isListable(count: number): boolean {
  return count >>> 0 <= IOVEC_LIMIT;
}

/**
 * Calls `step` with a view of each buffer of the list, until it moves fewer bytes than the buffer
 * has or {@linkcode IO_LIMIT} is reached. Nothing is moved when any of the buffers is bad; what
 * fails after something was moved ends the list there.
 *
 * @returns bytes moved.
 * @throws {Fault} `bad-guest-data` for a list or a buffer outside the memory.
 */
export function eachBuffer(
  memory: GuestMemory,
  list: number,
  count: number,
  step: (view: Uint8Array, moved: number) => number,
): number {
  const start = list >>> 0;
  const end = start + (count >>> 0) * ENTRY_BYTES;
  // With one buffer the loop below finds out the same before anything is moved.
  if (count > 1) {
    for (let entry = start; entry < end; entry += ENTRY_BYTES) {
      memory.check(memory.u32(entry), memory.u32(entry + 4), "a buffer");
    }
  }
  let moved = 0;
  for (let entry = start; entry < end; entry += ENTRY_BYTES) {
    // Read anew and checked anew: moving bytes into one buffer may have changed the list.
    const ptr = memory.u32(entry);
    const wanted = memory.u32(entry + 4);
    memory.check(ptr, wanted, "a buffer");
    let done: number;
    try {
      done = step(memory.view(ptr, Math.min(wanted, IO_LIMIT - moved)), moved);
    } catch (error) {
      if (moved > 0 && error instanceof WasiError) break;
      throw error;
    }
    moved += done;
    if (done < wanted) break;
  }
  return moved;
}
