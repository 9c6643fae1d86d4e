/** What directories a WASI program is given: the form of the option, checked once. @module */

import { resolve } from "@std/path";

/** A directory of this machine, as a WASI program may use it. */
export interface HostPreopen {
  /** Its path; a relative one begins in the working directory. */
  readonly host: string;
  /** Whether the program may change what is in it; default: `false`. */
  readonly write?: boolean;
  /** Bytes it may add to what is there; default: 1 GiB, `null` = unlimited. */
  readonly bytes?: number | null;
  /** Files, directories and links it may add; default: 100,000, `null` = unlimited. */
  readonly files?: number | null;
}

/** A checked {@linkcode HostPreopen} under its name. Paths are absolute, numbers may be `Infinity`. */
export interface BoundPreopen {
  /** What the program calls it. */
  readonly guest: string;
  readonly host: string;
  readonly write: boolean;
  readonly bytes: number;
  readonly files: number;
}

/** A disk filled by one program. */
const DEFAULT_BYTES = 1024 ** 3;
/** A file system filled with names: each costs an inode. */
const DEFAULT_FILES = 100_000;
/** Longest name of a preopen: it is copied into guests that ask. */
const NAME_LENGTH = 4_096;

/**
 * Checks one directory that an operator gives to a program.
 *
 * @throws {TypeError} for a name or a cap that makes no sense.
 */
export function boundPreopen(guest: string, preopen: string | HostPreopen): BoundPreopen {
  const given: HostPreopen = typeof preopen === "string" ? { host: preopen } : preopen;
  if (guest === "" || guest.length > NAME_LENGTH || guest.includes("\0")) {
    throw new TypeError(
      `Cannot preopen a directory as its name must be short text without NUL: current value is ${
        JSON.stringify(guest.slice(0, 100))
      }`,
    );
  }
  if (typeof given.host !== "string" || given.host === "") {
    throw new TypeError(`Cannot preopen "${guest}" as its directory must be a path`);
  }
  return Object.freeze({
    guest,
    host: resolve(given.host),
    write: given.write ?? false,
    bytes: cap(guest, "bytes", given.bytes, DEFAULT_BYTES),
    files: cap(guest, "files", given.files, DEFAULT_FILES),
  });
}

function cap(guest: string, what: string, value: number | null | undefined, or: number): number {
  if (value === undefined) return or;
  if (value === null) return Infinity;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new TypeError(
    `Cannot preopen "${guest}" as its ${what} must be a positive integer: current value is ${value}`,
  );
}
