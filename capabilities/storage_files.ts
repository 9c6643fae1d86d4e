/** The file operations of one extension: found, confined, counted, then done. @module */

import { OperationError } from "./errors.ts";
import { formatPath } from "./path_resolve.ts";
import type { EntryFacts, StoragePower } from "./powers/storage.ts";
import { isDatabaseFile, notAFile, type Place, type StorageWalker } from "./storage_place.ts";
import type { StorageUsage } from "./storage_usage.ts";

/** Largest file that is read or listed whole: one call must not fill the memory of the host. */
const READ_BYTES: number = 16 * 1024 * 1024;
/** Longest listing. */
const LIST_ENTRIES = 10_000;

/** What the files of an extension are made of. */
export interface StorageParts {
  readonly walker: StorageWalker;
  readonly power: StoragePower;
  readonly usage: StorageUsage;
  /** The extension's own directory. */
  readonly directory: string | undefined;
  /** Makes the error of an operation that is too much. */
  readonly over: (why: string) => Error;
}

/** Files of one extension. Changes are made one after another, so that they are counted rightly. */
export class StorageFiles {
  readonly #parts: StorageParts;
  #measured: Promise<void> | undefined;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(parts: StorageParts) {
    this.#parts = parts;
  }

  /** The whole content; `null` when nothing is there. */
  async read(place: Place): Promise<Uint8Array | null> {
    const { walker, power, over } = this.#parts;
    const found = await walker.find(place);
    if (!found) return null;
    // opening a FIFO would already tell its other end, and a device may do anything
    if (found.facts.kind !== "file") throw notAFile(place);
    await using file = await power.open(found.real, "read");
    await walker.confirm(place, found, file);
    const bytes = await file.read(READ_BYTES);
    if (!bytes) throw over(`"${formatPath(place.path)}" is larger than ${READ_BYTES} bytes`);
    return bytes;
  }

  /** Makes `bytes` the whole content, and the directories above it. */
  write(place: Place, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    return this.#change(signal, async () => {
      const { walker, power } = this.#parts;
      const found = await walker.find(place);
      if (found) {
        if (found.facts.kind !== "file") throw notAFile(place);
        await using file = await power.open(found.real, "write");
        await walker.confirm(place, found, file);
        this.#count(bytes.length - found.facts.size, 0);
        await file.replace(bytes);
        return;
      }
      const real = await walker.prepare(place, () => this.#count(0, 1));
      this.#count(bytes.length, 1);
      await using file = await power.open(real, "create");
      await walker.confirm(place, { real, full: real }, file);
      await file.replace(bytes);
    });
  }

  /** Removes a file, a link or an empty directory; whether there was one. */
  delete(place: Place, signal: AbortSignal | undefined): Promise<boolean> {
    return this.#change(signal, async () => {
      const { walker, power } = this.#parts;
      if (place.below.length === 0) throw notAFile(place);
      const found = await walker.find(place);
      if (!found) return false;
      const { kind, size } = found.facts;
      if (kind === "directory" && (await power.list(found.real, 1))?.length !== 0) {
        throw new OperationError(
          "not-possible",
          `Cannot delete "${formatPath(place.path)}" as it is a directory with something in it`,
        );
      }
      await power.remove(found.real);
      this.#count(kind === "file" ? -size : 0, -1);
      return true;
    });
  }

  /** Entries, sorted; `null` when nothing is there. */
  async list(
    place: Place,
  ): Promise<readonly { readonly name: string; readonly kind: EntryFacts["kind"] }[] | null> {
    const { walker, power, over } = this.#parts;
    const found = await walker.find(place);
    if (!found) return null;
    if (found.facts.kind !== "directory") {
      throw new OperationError(
        "not-possible",
        `Cannot list "${formatPath(place.path)}" as it is no directory`,
      );
    }
    const entries = await power.list(found.real, LIST_ENTRIES);
    if (!entries) throw over(`"${formatPath(place.path)}" has more than ${LIST_ENTRIES} entries`);
    // what was listed is what was found
    if ((await walker.find(place))?.facts.identity !== found.facts.identity) {
      throw walker.leadsOut(place);
    }
    const isTop = place.own && place.below.length === 0;
    return isTop ? entries.filter(({ name }) => !isDatabaseFile([name])) : entries;
  }

  /** Facts; `null` when nothing is there. */
  async stat(place: Place): Promise<Pick<EntryFacts, "kind" | "size" | "mtime"> | null> {
    const found = await this.#parts.walker.find(place);
    if (!found) return null;
    const { kind, size, mtime } = found.facts;
    return { kind, size, mtime };
  }

  #change<T>(signal: AbortSignal | undefined, change: () => Promise<T>): Promise<T> {
    const turn = this.#changes.then(async () => {
      await this.#measure();
      // one that was stopped while it waited changes nothing
      signal?.throwIfAborted();
      return await change();
    });
    this.#changes = turn.catch(() => {});
    return turn;
  }

  #measure(): Promise<void> {
    const { directory, power, usage } = this.#parts;
    this.#measured ??= directory === undefined
      ? Promise.resolve()
      : usage.measure(directory, power).catch((error) => {
        // the next change counts again
        this.#measured = undefined;
        throw error;
      });
    return this.#measured;
  }

  #count(bytes: number, entries: number): void {
    if (!this.#parts.usage.take(bytes, entries)) {
      throw this.#parts.over("its files would be more, or larger, than it may keep");
    }
  }
}
