/** How large memories and tables may become. @module */

import { Fault } from "../../errors.ts";
import type { Size } from "./declarations.ts";
import type { Outline } from "./outline.ts";
import type { Writer } from "./writer.ts";

/** What a module may have. */
export interface SizeLimits {
  /** Pages of memory, 64 KiB each. */
  readonly memoryPages: number;
  /** Elements of all tables together. */
  readonly tableEntries: number;
}

/** Bytes of a page. */
const PAGE_BYTES = 65_536;
/** Most pages a memory of 32-bit addresses can have. */
const MAX_PAGES = 65_536;
/** A table without elements is not free either: 100,000 of them are an attack. */
const TABLE_OVERHEAD = 16;
/** A table that grows is copied now and then, all of it at once: 60,000 elements take 3 ms. */
const GROWING_TABLE = 65_536;

const HAS_MAX = 1;

/** Sizes with their new maxima: imported ones first, then the module's own. */
export interface CappedSizes {
  readonly memories: readonly Required<Size>[];
  readonly tables: readonly Required<Size>[];
}

/**
 * Gives every memory and table a maximum within `limits`.
 *
 * @throws {Fault} `memory-limit` for a module that begins with more than it may have.
 */
export function capSizes(
  { imports, memories, tables }: Pick<Outline, "imports" | "memories" | "tables">,
  limits: SizeLimits,
): CappedSizes {
  const pages = Math.min(Math.floor(limits.memoryPages), MAX_PAGES);
  return {
    memories: [...imports.memories, ...memories].map(({ min, max = MAX_PAGES }) => {
      if (min > pages) {
        throw new Fault(
          "memory-limit",
          `it begins with ${min * PAGE_BYTES} bytes of memory where ${
            pages * PAGE_BYTES
          } are allowed`,
        );
      }
      return { min, max: Math.min(max, pages) };
    }),
    tables: capTables([...imports.tables, ...tables], limits.tableEntries),
  };
}

function capTables(tables: readonly Size[], entries: number): readonly Required<Size>[] {
  let used = 0;
  let growing = 0;
  for (const { min, max = Infinity } of tables) {
    used += min + TABLE_OVERHEAD;
    if (max > min && min < GROWING_TABLE) growing++;
  }
  if (tables.length > 0 && used > entries + TABLE_OVERHEAD) {
    throw new Fault(
      "memory-limit",
      `it begins with ${used} elements in ${tables.length} tables where ${entries} are allowed`,
    );
  }
  const share = growing === 0 ? 0 : Math.max(0, Math.floor((entries - used) / growing));
  return tables.map(({ min, max = Infinity }) => ({
    min,
    max: Math.max(min, Math.min(max, min + share, GROWING_TABLE)),
  }));
}

/** Writes a size. */
export function writeSize(out: Writer, { min, max }: Required<Size>): void {
  out.byte(HAS_MAX);
  out.u32(min);
  out.u32(max ?? min);
}
