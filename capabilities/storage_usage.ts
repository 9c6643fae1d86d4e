/** How much an extension keeps in files, counted once and then kept count of. @module */

import { join } from "@std/path";
import type { StoragePower } from "./powers/storage.ts";

/** What may be kept. */
export interface StorageCaps {
  /** Of all files together. */
  readonly bytes: number;
  /** Files and directories. */
  readonly files: number;
}

/** Counts bytes and entries. What other programs change meanwhile is seen when the extension is loaded again. */
export class StorageUsage {
  readonly #caps: StorageCaps;
  #bytes = 0;
  #entries = 0;

  constructor(caps: StorageCaps) {
    this.#caps = caps;
  }

  /** Counts what is below `directory`, as far as the caps reach. */
  async measure(directory: string, power: StoragePower): Promise<void> {
    this.#bytes = 0;
    this.#entries = 0;
    const pending = [directory];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const found = (await power.facts(next))?.kind === "directory"
        ? await power.list(next, this.#caps.files - this.#entries + 1)
        : [];
      // more than there may be: nothing fits any more
      this.#entries += found?.length ?? Infinity;
      if (this.#entries > this.#caps.files) return;
      for (const { name, kind } of found ?? []) {
        const path = join(next, name);
        if (kind === "directory") pending.push(path);
        else this.#bytes += (await power.facts(path))?.size ?? 0;
      }
    }
  }

  /** Counts more, or less; `false` when that is too much, and then nothing changed. */
  take(bytes: number, entries: number): boolean {
    const fits = (bytes <= 0 || this.#bytes + bytes <= this.#caps.bytes) &&
      (entries <= 0 || this.#entries + entries <= this.#caps.files);
    if (!fits) return false;
    this.#bytes += bytes;
    this.#entries += entries;
    return true;
  }
}
