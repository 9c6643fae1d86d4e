/** How much a WASI program keeps, or adds, in the directories it was given. @module */

import { join } from "@std/path";
import type { TreePower } from "./powers/tree.ts";

/** Counts bytes and names against two caps. */
export class TreeUsage {
  readonly #caps: { readonly bytes: number; readonly files: number };
  readonly #over: (why: string) => Error;
  #bytes = 0;
  #files = 0;

  /** `over` makes the error of what is too much. */
  constructor(
    caps: { readonly bytes: number; readonly files: number },
    over: (why: string) => Error,
  ) {
    this.#caps = caps;
    this.#over = over;
  }

  /** Counts what is below `directory` already, as far as the caps reach. */
  measure(directory: string, power: TreePower): void {
    const pending = [directory];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const name of power.names(next, Infinity)) {
        this.#files++;
        if (this.#files > this.#caps.files) return;
        const path = join(next, name);
        const facts = power.facts(path);
        if (facts?.kind === "directory") pending.push(path);
        else this.#bytes += facts?.size ?? 0;
      }
    }
  }

  /** Counts more; throws, and counts nothing, when that is too much. */
  take(bytes: number, files: number): void {
    if (bytes > 0 && this.#bytes + bytes > this.#caps.bytes) {
      throw this.#over(`its files may have ${this.#caps.bytes} bytes more at most`);
    }
    if (files > 0 && this.#files + files > this.#caps.files) {
      throw this.#over(`it may have ${this.#caps.files} names more at most`);
    }
    this.#bytes += bytes;
    this.#files += files;
  }

  /** Counts less. What was there before the program came is nothing that it can give back. */
  give(bytes: number, files: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
    this.#files = Math.max(0, this.#files - files);
  }
}
