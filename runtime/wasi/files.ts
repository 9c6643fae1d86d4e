/** What a directory tree of a WASI program is, whatever it is made of: types, and the error of all of them. @module */

import type { GuestMemory } from "../memory.ts";
import { ERRNO } from "./errno.ts";

/** A system call came to nothing: the guest is answered with its errno. */
export class WasiError extends Error {
  override readonly name = "WasiError";
  readonly errno: number;

  constructor(errno: number) {
    super(`WASI errno ${errno}`);
    this.errno = errno;
  }
}

/** Made once each: writing down where one was thrown costs ten times the call that it ends. */
const errors: readonly WasiError[] = Object.values(ERRNO).map((errno) =>
  Object.freeze(new WasiError(errno))
);

/** The error that ends a system call with this errno. */
export function wasiError(errno: number): WasiError {
  return errors[errno] ?? new WasiError(errno);
}

/** Ends a system call with an errno. */
export function fail(errno: keyof typeof ERRNO): never {
  throw wasiError(ERRNO[errno]);
}

/** File types of the specification. */
export const FILETYPE = {
  UNKNOWN: 0,
  BLOCK_DEVICE: 1,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR_FILE: 4,
  SOCKET_DGRAM: 5,
  SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
} as const;

/** What is known of an entry; times are nanoseconds since the epoch. */
export interface FileStat {
  /** One of {@linkcode FILETYPE}. */
  readonly type: number;
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
  readonly size: number;
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

/** Times to set; `undefined` leaves one as it is. */
export interface FileTimes {
  readonly atim: bigint | undefined;
  readonly mtim: bigint | undefined;
}

/** How a file is opened. */
export interface OpenHow {
  readonly read: boolean;
  readonly write: boolean;
  /** It is not there and is made. */
  readonly create: boolean;
}

/** An open file. All of it may throw a {@linkcode WasiError}. */
export interface OpenFile {
  stat(): FileStat;
  /** Bytes read, which are fewer than wanted only at the end. */
  read(into: Uint8Array, position: number): number;
  /** Bytes written; a hole before them reads as zeros. */
  write(bytes: Uint8Array, position: number): number;
  /** The same for a range of a guest's memory, where no view of it has to be made. */
  append?(memory: GuestMemory, ptr: number, length: number, position: number): number;
  resize(size: number): void;
  setTimes(times: FileTimes): void;
  sync(dataOnly: boolean): void;
  close(): void;
}

/**
 * A tree of files. Paths are plain (`a/b`, "" for the root itself), and every part but the last was
 * looked at and is a directory: trees follow no links and know no `..`.
 */
export interface FileTree {
  /** The entry itself; `undefined` when nothing is there. */
  stat(path: string): FileStat | undefined;
  names(path: string): readonly string[];
  readLink(path: string): string;
  makeDirectory(path: string): void;
  makeLink(path: string, target: string): void;
  /** Gives a file another name. */
  link(path: string, to: string): void;
  /** Moves an entry onto nothing, or onto one of its own kind. */
  rename(path: string, to: string): void;
  unlink(path: string): void;
  removeDirectory(path: string): void;
  setTimes(path: string, times: FileTimes): void;
  open(path: string, how: OpenHow): OpenFile;
}

/** A directory that a program begins with. */
export interface WasiPreopen {
  /** What the program calls it. */
  readonly guest: string;
  readonly write: boolean;
  readonly tree: FileTree;
}

const NANOSECONDS_PER_MS = 1_000_000n;

/** Nanoseconds of milliseconds, whole ones: what hosts tell is no finer. */
export function nanosecondsOf(ms: number): bigint {
  return BigInt(Math.max(0, Math.floor(ms))) * NANOSECONDS_PER_MS;
}
