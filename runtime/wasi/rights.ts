/** What a descriptor may be used for: the specification's `rights`, of which there are thirty. @module */

/** Each right as a bit. They fit a number, which is five times as fast as a bigint. */
export const RIGHT = {
  FD_DATASYNC: 0x1,
  FD_READ: 0x2,
  FD_SEEK: 0x4,
  FD_FDSTAT_SET_FLAGS: 0x8,
  FD_SYNC: 0x10,
  FD_TELL: 0x20,
  FD_WRITE: 0x40,
  FD_ADVISE: 0x80,
  FD_ALLOCATE: 0x100,
  PATH_CREATE_DIRECTORY: 0x200,
  PATH_CREATE_FILE: 0x400,
  PATH_LINK_SOURCE: 0x800,
  PATH_LINK_TARGET: 0x1000,
  PATH_OPEN: 0x2000,
  FD_READDIR: 0x4000,
  PATH_READLINK: 0x8000,
  PATH_RENAME_SOURCE: 0x10000,
  PATH_RENAME_TARGET: 0x20000,
  PATH_FILESTAT_GET: 0x40000,
  PATH_FILESTAT_SET_SIZE: 0x80000,
  PATH_FILESTAT_SET_TIMES: 0x100000,
  FD_FILESTAT_GET: 0x200000,
  FD_FILESTAT_SET_SIZE: 0x400000,
  FD_FILESTAT_SET_TIMES: 0x800000,
  PATH_SYMLINK: 0x1000000,
  PATH_REMOVE_DIRECTORY: 0x2000000,
  PATH_UNLINK_FILE: 0x4000000,
  POLL_FD_READWRITE: 0x8000000,
  SOCK_SHUTDOWN: 0x10000000,
  SOCK_ACCEPT: 0x20000000,
} as const;

const ALL_BITS = 30;

const STREAM = RIGHT.FD_FDSTAT_SET_FLAGS | RIGHT.FD_FILESTAT_GET | RIGHT.POLL_FD_READWRITE;

/** Rights of standard input. */
export const INPUT_RIGHTS: number = STREAM | RIGHT.FD_READ;
/** Rights of standard output and error. */
export const OUTPUT_RIGHTS: number = STREAM | RIGHT.FD_WRITE;

/** Rights that mean something for a file. */
export const FILE_RIGHTS: number = RIGHT.FD_DATASYNC | RIGHT.FD_READ | RIGHT.FD_SEEK |
  RIGHT.FD_FDSTAT_SET_FLAGS | RIGHT.FD_SYNC | RIGHT.FD_TELL | RIGHT.FD_WRITE | RIGHT.FD_ADVISE |
  RIGHT.FD_ALLOCATE | RIGHT.FD_FILESTAT_GET | RIGHT.FD_FILESTAT_SET_SIZE |
  RIGHT.FD_FILESTAT_SET_TIMES | RIGHT.POLL_FD_READWRITE;

/** Rights that mean something for a directory; no seeking, no reading, no size. */
export const DIRECTORY_RIGHTS: number = RIGHT.FD_FDSTAT_SET_FLAGS | RIGHT.FD_DATASYNC |
  RIGHT.FD_SYNC | RIGHT.PATH_CREATE_DIRECTORY | RIGHT.PATH_CREATE_FILE | RIGHT.PATH_LINK_SOURCE |
  RIGHT.PATH_LINK_TARGET | RIGHT.PATH_OPEN | RIGHT.FD_READDIR | RIGHT.PATH_READLINK |
  RIGHT.PATH_RENAME_SOURCE | RIGHT.PATH_RENAME_TARGET | RIGHT.PATH_FILESTAT_GET |
  RIGHT.PATH_FILESTAT_SET_SIZE | RIGHT.PATH_FILESTAT_SET_TIMES | RIGHT.FD_FILESTAT_GET |
  RIGHT.FD_FILESTAT_SET_TIMES | RIGHT.PATH_SYMLINK | RIGHT.PATH_REMOVE_DIRECTORY |
  RIGHT.PATH_UNLINK_FILE;

/** Rights that change something; a directory that is only read gives none of them. */
const CHANGING: number = RIGHT.FD_DATASYNC | RIGHT.FD_SYNC | RIGHT.FD_WRITE | RIGHT.FD_ALLOCATE |
  RIGHT.PATH_CREATE_DIRECTORY | RIGHT.PATH_CREATE_FILE | RIGHT.PATH_LINK_SOURCE |
  RIGHT.PATH_LINK_TARGET | RIGHT.PATH_RENAME_SOURCE | RIGHT.PATH_RENAME_TARGET |
  RIGHT.PATH_FILESTAT_SET_SIZE | RIGHT.PATH_FILESTAT_SET_TIMES | RIGHT.FD_FILESTAT_SET_SIZE |
  RIGHT.FD_FILESTAT_SET_TIMES | RIGHT.PATH_SYMLINK | RIGHT.PATH_REMOVE_DIRECTORY |
  RIGHT.PATH_UNLINK_FILE;

/** What a preopened directory may be used for itself, and what is opened in it. */
export function preopenRights(
  write: boolean,
): { readonly rights: number; readonly inheriting: number } {
  const allowed = write ? ~0 : ~CHANGING;
  return {
    rights: DIRECTORY_RIGHTS & allowed,
    inheriting: (DIRECTORY_RIGHTS | FILE_RIGHTS) & allowed,
  };
}

/** The rights of a guest's number; bits without a meaning are left out. */
export function rightsOf(value: bigint): number {
  return Number(BigInt.asUintN(ALL_BITS, value));
}
