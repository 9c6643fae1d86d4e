/** Sorts the directories of a load into those of this machine and those in memory. @module */

import { type BoundPreopen, boundPreopen } from "../capabilities/preopen.ts";
import type { LoadOptions } from "./options.ts";
import { MemoryFiles } from "./wasi/memory_files.ts";

/** The directories of one load. */
export interface Preopens {
  /** Those of this machine. */
  readonly host: readonly BoundPreopen[];
  /** Those in memory, by the name the guest has for them. */
  readonly memory: ReadonlyMap<string, MemoryFiles>;
}

/**
 * Checks the directories that an operator gives.
 *
 * @throws {TypeError} for one that makes no sense.
 */
export function preopensOf({ preopens = {} }: Pick<LoadOptions, "preopens">): Preopens {
  const host: BoundPreopen[] = [];
  const memory = new Map<string, MemoryFiles>();
  for (const [guest, preopen] of Object.entries(preopens)) {
    if (preopen instanceof MemoryFiles) memory.set(guest, preopen);
    else host.push(boundPreopen(guest, preopen));
  }
  return { host, memory };
}
