/** Files of the host itself: what its operator wants kept, never what an extension names. @module */

import { basename, dirname, join } from "@std/path";

/** Reading and replacing small files, and writing to the end of a long one. */
export interface HostFilePower {
  /**
   * The text of a regular file of at most `limit` bytes; `undefined` when there is none.
   *
   * @throws {TypeError} when it is too large, no file, or others may write it.
   */
  read(path: string, limit: number): Promise<string | undefined>;
  /** Puts `text` in the place of a file: readers see the old text or the new one. Only its owner may read it. */
  replace(path: string, text: string): Promise<void>;
  /** Opens a file to write at its end; it is made where there is none, for its owner only. */
  append(path: string): Promise<AppendedFile>;
}

/** A file that only grows. */
export interface AppendedFile {
  /** Writes all of `text`. */
  write(text: string): Promise<void>;
  /** Waits until it is on the disk, and closes it. */
  close(): Promise<void>;
}

/** For the owner only: it says what may be done in his name. */
const PRIVATE = 0o600;

/** Writing by the group and by everybody. */
const OTHERS_WRITE = 0o022;

/** The files of this process. */
export const hostFiles: HostFilePower = Object.freeze<HostFilePower>({
  async read(path, limit) {
    let info: Deno.FileInfo;
    try {
      info = await Deno.stat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    const why = !info.isFile
      ? "it is no regular file"
      : info.size > limit
      ? `it has more than ${limit} bytes`
      : ((info.mode ?? 0) & OTHERS_WRITE) !== 0
      ? "others may write it: take that right away (chmod go-w)"
      : undefined;
    if (why !== undefined) throw new TypeError(`Cannot read "${path}" as ${why}`);
    return await Deno.readTextFile(path);
  },
  async replace(path, text) {
    const name = `.${basename(path)}.${crypto.randomUUID()}`;
    const temporary = join(dirname(path), name);
    try {
      await Deno.writeTextFile(temporary, text, { createNew: true, mode: PRIVATE });
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  },
  async append(path) {
    const file = await Deno.open(path, { append: true, create: true, mode: PRIVATE });
    return {
      async write(text) {
        let rest = new TextEncoder().encode(text);
        while (rest.length > 0) rest = rest.subarray(await file.write(rest));
      },
      async close() {
        try {
          await file.syncData();
        } finally {
          file.close();
        }
      },
    };
  },
});
