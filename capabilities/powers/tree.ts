/**
 * The power over directories that WASI programs are given, for guests that cannot wait: links are
 * never followed, nothing prompts, and the system's own error numbers come out as they are.
 *
 * @module
 */

import * as fs from "node:fs";
import { FileError, type FileErrorCode } from "../file_error.ts";

/** What an entry is; a link is not followed. */
export interface TreeFacts {
  /** What it is itself. */
  readonly kind: "file" | "directory" | "link" | "other";
  /** Bytes. */
  readonly size: number;
  /** The device it is on. */
  readonly dev: number;
  /** Its number there. */
  readonly ino: number;
  /** Names that lead to it. */
  readonly nlink: number;
  /** Last access, in milliseconds since the epoch. */
  readonly atime: number;
  /** Last change of its content. */
  readonly mtime: number;
  /** Last change of anything. */
  readonly ctime: number;
}

/** How a file is opened; it is there unless `create` says otherwise. */
export interface TreeOpen {
  /** For reading. */
  readonly read: boolean;
  /** For writing. */
  readonly write: boolean;
  /** Makes the file; it fails when there is something. */
  readonly create: boolean;
}

/** Reading and changing directories by absolute paths, at once. All fail with a {@linkcode FileError}. */
export interface TreePower {
  /** Whether this process may make symbolic links: Deno wants unscoped rights for that. */
  readonly linksAllowed: boolean;
  /** Whether names must not have what separates paths on another system. */
  readonly strictNames: boolean;
  /** Whether this process may use a directory at all. */
  allowed(path: string, write: boolean): boolean;
  /** The path with all links resolved. */
  realPath(path: string): string;
  /** `undefined` when nothing is there. */
  facts(path: string): TreeFacts | undefined;
  /** Names in a directory; fails with `NOMEM` when there are more than `limit`. */
  names(path: string, limit: number): readonly string[];
  /** What a link says. */
  readLink(path: string): string;
  /** Makes one directory. */
  makeDirectory(path: string): void;
  /** Makes a directory and those above it; nothing where it is. */
  makeDirectories(path: string): void;
  /** Makes a link that says `target`. */
  makeLink(path: string, target: string): void;
  /** Gives a file another name. */
  link(path: string, to: string): void;
  /** Moves an entry, onto one of its own kind if there is one. */
  rename(path: string, to: string): void;
  /** Removes a file or a link itself. */
  unlink(path: string): void;
  /** Removes an empty directory. */
  removeDirectory(path: string): void;
  /** Milliseconds since the epoch; a link is not followed. */
  setTimes(path: string, atime: number, mtime: number): void;
  /** A descriptor of this process. It neither follows a link nor waits for a FIFO's other end. */
  open(path: string, how: TreeOpen): number;
  /** About what is really open. */
  openedFacts(fd: number): TreeFacts;
  /** Bytes read; 0 at the end. */
  read(fd: number, into: Uint8Array, position: number): number;
  /** Bytes written. */
  write(fd: number, bytes: Uint8Array, position: number): number;
  /** Cuts an open file, or lengthens it with zeros. */
  resize(fd: number, size: number): void;
  /** Milliseconds since the epoch. */
  setOpenedTimes(fd: number, atime: number, mtime: number): void;
  /** Waits until what was written is on the disk. */
  sync(fd: number, dataOnly: boolean): void;
  /** Gives the descriptor back. */
  close(fd: number): void;
}

/** Files of guests are nobody else's. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
/** Not every system has these two. */
const SAFELY = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

/** The system's error codes that guests hear of; others are `IO`. */
const CODES: { readonly [code: string]: FileErrorCode } = {
  EACCES: "ACCES",
  EBADF: "BADF",
  EBUSY: "BUSY",
  EDQUOT: "DQUOT",
  EEXIST: "EXIST",
  EFBIG: "FBIG",
  EINVAL: "INVAL",
  EISDIR: "ISDIR",
  ELOOP: "LOOP",
  EMFILE: "MFILE",
  EMLINK: "MLINK",
  ENAMETOOLONG: "NAMETOOLONG",
  ENFILE: "MFILE",
  ENOENT: "NOENT",
  ENOMEM: "NOMEM",
  ENOSPC: "NOSPC",
  ENOTDIR: "NOTDIR",
  ENOTEMPTY: "NOTEMPTY",
  EPERM: "PERM",
  EROFS: "ROFS",
  ETXTBSY: "TXTBSY",
  EXDEV: "XDEV",
};

/** The files of this process. */
export const tree: TreePower = Object.freeze<TreePower>({
  get linksAllowed() {
    return granted({ name: "read" }) && granted({ name: "write" });
  },
  strictNames: Deno.build.os === "windows",
  allowed: (path, write) =>
    granted({ name: "read", path }) && (!write || granted({ name: "write", path })),
  realPath: (path) => attempt(() => Deno.realPathSync(path)),
  facts(path) {
    try {
      return factsOf(Deno.lstatSync(path));
    } catch (error) {
      const { NotFound, NotADirectory } = Deno.errors;
      if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
      throw fileError(error);
    }
  },
  names(path, limit) {
    const names: string[] = [];
    return attempt(() => {
      for (const { name } of Deno.readDirSync(path)) {
        if (names.length >= limit) throw new FileError("NOMEM");
        names.push(name);
      }
      return names;
    });
  },
  readLink: (path) => attempt(() => Deno.readLinkSync(path)),
  makeDirectory: (path) => attempt(() => Deno.mkdirSync(path, { mode: DIRECTORY_MODE })),
  makeDirectories: (path) =>
    attempt(() => Deno.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE })),
  makeLink: (path, target) => attempt(() => Deno.symlinkSync(target, path)),
  link: (path, to) => attempt(() => Deno.linkSync(path, to)),
  rename: (path, to) => attempt(() => Deno.renameSync(path, to)),
  unlink: (path) => attempt(() => fs.unlinkSync(path)),
  removeDirectory: (path) => attempt(() => fs.rmdirSync(path)),
  setTimes: (path, atime, mtime) =>
    attempt(() => fs.lutimesSync(path, secondsOf(atime), secondsOf(mtime))),
  open(path, { read, write, create }) {
    const access = read ? (write ? O_RDWR : O_RDONLY) : (write ? O_WRONLY : O_RDONLY);
    const flags = access | SAFELY | (create ? O_CREAT | O_EXCL : 0);
    return attempt(() => fs.openSync(path, flags, FILE_MODE));
  },
  openedFacts(fd) {
    const stats = attempt(() => fs.fstatSync(fd));
    return {
      kind: stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other",
      size: stats.size,
      dev: stats.dev,
      ino: stats.ino,
      nlink: stats.nlink,
      atime: stats.atimeMs,
      mtime: stats.mtimeMs,
      ctime: stats.ctimeMs,
    };
  },
  read: (fd, into, position) => attempt(() => fs.readSync(fd, into, 0, into.length, position)),
  write: (fd, bytes, position) => attempt(() => fs.writeSync(fd, bytes, 0, bytes.length, position)),
  resize: (fd, size) => attempt(() => fs.ftruncateSync(fd, size)),
  setOpenedTimes: (fd, atime, mtime) =>
    attempt(() => fs.futimesSync(fd, secondsOf(atime), secondsOf(mtime))),
  sync: (fd, dataOnly) => attempt(() => dataOnly ? fs.fdatasyncSync(fd) : fs.fsyncSync(fd)),
  close: (fd) => attempt(() => fs.closeSync(fd)),
});

/** Seconds become nanoseconds by cutting: a microsecond more keeps the millisecond what it is. */
function secondsOf(ms: number): number {
  return (ms + 0.001) / 1000;
}

function granted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function factsOf(info: Deno.FileInfo): TreeFacts {
  return {
    kind: info.isSymlink ? "link" : info.isFile ? "file" : info.isDirectory ? "directory" : "other",
    size: info.size,
    dev: info.dev,
    ino: info.ino ?? 0,
    nlink: info.nlink ?? 1,
    atime: info.atime?.getTime() ?? 0,
    mtime: info.mtime?.getTime() ?? 0,
    ctime: info.ctime?.getTime() ?? 0,
  };
}

function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw fileError(error);
  }
}

/** The system's word for what went wrong, without the path that its message has. */
function fileError(error: unknown): FileError {
  if (error instanceof FileError) return error;
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
  const known = typeof code === "string" && Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (known !== undefined) return new FileError(known, { cause: error });
  if (error instanceof Deno.errors.NotCapable) return new FileError("NOTCAPABLE", { cause: error });
  return new FileError("IO", { cause: error });
}
