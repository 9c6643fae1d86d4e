/** The power over files of extensions: links are never followed unknowingly, and nothing here prompts. @module */

import { constants, type promises } from "node:fs";
import { open } from "node:fs/promises";
import { OperationError } from "../errors.ts";

/** What an entry is; a link is not followed. */
export interface EntryFacts {
  /** What it is itself. */
  readonly kind: "file" | "directory" | "link" | "other";
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch; 0 where unknown. */
  readonly mtime: number;
  /** Device and inode: equal for the same file. */
  readonly identity: string;
  /** Names that lead to it; more than one is a hard link. */
  readonly names: number;
}

/** An open file. */
export interface OpenFile extends AsyncDisposable {
  /** About what was really opened. */
  facts(): Promise<EntryFacts>;
  /** Its content, or `undefined` when it has more than `limit` bytes. */
  read(limit: number): Promise<Uint8Array | undefined>;
  /** Makes `bytes` its whole content. */
  replace(bytes: Uint8Array): Promise<void>;
}

/** Reading and writing files by their absolute path. */
export interface StoragePower {
  /** The path with all links resolved; `undefined` when nothing is there. */
  realPath(path: string): Promise<string | undefined>;
  /** Facts about the path itself; `undefined` when nothing is there. */
  facts(path: string): Promise<EntryFacts | undefined>;
  /**
   * Opens a file without waiting for a FIFO's other end, and without following a link in the last
   * part where the system and Deno can do so: under a path-scoped permission Deno follows it
   * nevertheless, so what was opened has to be looked at. `create` fails when there is something.
   */
  open(path: string, mode: "read" | "write" | "create"): Promise<OpenFile>;
  /** Makes one directory; nothing when there is one. */
  makeDirectory(path: string): Promise<void>;
  /** Makes a directory and those above it. */
  makeDirectories(path: string): Promise<void>;
  /** Removes a file, a link itself, or an empty directory. */
  remove(path: string): Promise<void>;
  /** Names and kinds in a directory, sorted, of at most `limit` entries. */
  list(
    path: string,
    limit: number,
  ): Promise<readonly { readonly name: string; readonly kind: EntryFacts["kind"] }[] | undefined>;
}

/** Files of extensions are nobody else's. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = constants;
/** Not every system has these two. */
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const FLAGS = {
  read: O_RDONLY | SAFELY,
  write: O_WRONLY | SAFELY,
  create: O_WRONLY | O_CREAT | O_EXCL | SAFELY,
};

/** The files of this process. */
export const storage: StoragePower = Object.freeze<StoragePower>({
  realPath(path) {
    requirePermission("read", path);
    return orUndefined(Deno.realPath(path));
  },
  async facts(path) {
    requirePermission("read", path);
    const info = await orUndefined(Deno.lstat(path));
    if (!info) return undefined;
    const kind = kindOf(info);
    const { size, mtime, dev, ino, nlink } = info;
    return {
      kind,
      size,
      mtime: mtime?.getTime() ?? 0,
      identity: `${dev}:${ino}`,
      names: nlink ?? 1,
    };
  },
  async open(path, mode) {
    requirePermission(mode === "read" ? "read" : "write", path);
    return new NodeFile(await open(path, FLAGS[mode], FILE_MODE));
  },
  async makeDirectory(path) {
    requirePermission("write", path);
    try {
      await Deno.mkdir(path, { mode: DIRECTORY_MODE });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  },
  async makeDirectories(path) {
    requirePermission("write", path);
    await Deno.mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  },
  async remove(path) {
    requirePermission("write", path);
    await Deno.remove(path);
  },
  async list(path, limit) {
    requirePermission("read", path);
    const found: { name: string; kind: EntryFacts["kind"] }[] = [];
    for await (const entry of Deno.readDir(path)) {
      if (found.length >= limit) return undefined;
      found.push({ name: entry.name, kind: kindOf(entry) });
    }
    return found.sort((a, b) => a.name < b.name ? -1 : 1);
  },
});

class NodeFile implements OpenFile {
  readonly #handle: promises.FileHandle;

  constructor(handle: promises.FileHandle) {
    this.#handle = handle;
  }

  async facts(): Promise<EntryFacts> {
    const info = await this.#handle.stat();
    const kind = info.isFile() ? "file" : info.isDirectory() ? "directory" : "other";
    const { size, mtimeMs, dev, ino, nlink } = info;
    return { kind, size, mtime: mtimeMs, identity: `${dev}:${ino}`, names: nlink };
  }

  async read(limit: number): Promise<Uint8Array | undefined> {
    const { size } = await this.#handle.stat();
    if (size > limit) return undefined;
    // a file that grows while it is read stays within the limit, too
    let bytes = new Uint8Array(size + 1);
    let at = 0;
    for (;;) {
      const { bytesRead } = await this.#handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
      if (at > limit) return undefined;
      if (at < bytes.length) continue;
      const more = new Uint8Array(Math.min(at * 2, limit + 1));
      more.set(bytes);
      bytes = more;
    }
  }

  async replace(bytes: Uint8Array): Promise<void> {
    await this.#handle.truncate(0);
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, at);
      at += bytesWritten;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

function kindOf(
  entry: { readonly isFile: boolean; readonly isDirectory: boolean; readonly isSymlink: boolean },
): EntryFacts["kind"] {
  return entry.isSymlink
    ? "link"
    : entry.isFile
    ? "file"
    : entry.isDirectory
    ? "directory"
    : "other";
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
    throw error;
  }
}

/** Touching a file without the permission would make Deno ask on the terminal, in the guest's name. */
function requirePermission(name: "read" | "write", path: string): void {
  if (Deno.permissions.querySync({ name, path }).state === "granted") return;
  // guests read the message: where the host keeps its files is for the operator only
  throw new OperationError("unavailable", `Cannot ${name} files as the host process may not`, {
    cause: new Deno.errors.NotCapable(`It has to be started with --allow-${name}=${path}`),
  });
}
