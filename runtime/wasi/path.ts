/** Paths: opening, looking at and naming what is below a directory. @module */

import { Fault } from "../errors.ts";
import type { GuestMemory } from "../memory.ts";
import type { WasiFunctions, WasiHost } from "./contract.ts";
import type { Descriptor, DirectoryDescriptor } from "./descriptors.ts";
import { ERRNO } from "./errno.ts";
import { timesOf, writeFilestat } from "./fd_status.ts";
import { fail, FILETYPE, wasiError } from "./files.ts";
import { DIRECTORY_RIGHTS, FILE_RIGHTS, RIGHT, rightsOf } from "./rights.ts";
import { type Place, walk } from "./walk.ts";

const SYMLINK_FOLLOW = 1;
const OFLAG = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const;
const ALL_OFLAGS = 0b1111;
const ALL_FDFLAGS = 0b11111;
const FILESTAT_BYTES = 64;
/** Longest path that is even read: what is longer is too long anyway. */
const TEXT_LIMIT = 16_384;
/** Rights for which a file has to be open for writing. */
const WRITING = RIGHT.FD_WRITE | RIGHT.FD_ALLOCATE | RIGHT.FD_FILESTAT_SET_SIZE;
/** Rights that a guest is told about at once when it may not have them; others it just does not get. */
const INSISTED = RIGHT.FD_READ | RIGHT.FD_WRITE;

/** A guest's text. What is no UTF-8 is no name: `ILSEQ`. */
export function textAt(memory: GuestMemory, ptr: number, length: number): string {
  memory.check(ptr, length);
  if (length >>> 0 > TEXT_LIMIT) fail("NAMETOOLONG");
  try {
    return memory.text(ptr, length);
  } catch (error) {
    if (error instanceof Fault) throw wasiError(ERRNO.ILSEQ);
    throw error;
  }
}

/** The functions that open and look. */
export function pathFunctions(host: WasiHost): WasiFunctions {
  const { memory, descriptors, powers, tick } = host;
  const find = (
    start: DirectoryDescriptor,
    ptr: number,
    length: number,
    follow: boolean,
  ): Place => walk(start, textAt(memory, ptr, length), follow, tick);
  return {
    path_open: {
      type: "(i32, i32, i32, i32, i32, i64, i64, i32, i32) -> i32",
      run(
        ...[fd, lookup, ptr, length, oflags, base, inheriting, fdflags, out]: [
          ...[number, number, number, number, number],
          ...[bigint, bigint, number, number],
        ]
      ) {
        const needed = RIGHT.PATH_OPEN |
          ((oflags & OFLAG.CREAT) !== 0 ? RIGHT.PATH_CREATE_FILE : 0) |
          ((oflags & OFLAG.TRUNC) !== 0 ? RIGHT.PATH_FILESTAT_SET_SIZE : 0);
        const start = descriptors.directory(fd, needed);
        if ((oflags & ~ALL_OFLAGS) !== 0 || (fdflags & ~ALL_FDFLAGS) !== 0) return ERRNO.INVAL;
        if ((oflags & OFLAG.CREAT) !== 0 && (oflags & OFLAG.DIRECTORY) !== 0) return ERRNO.INVAL;
        const wanted = rightsOf(base);
        if ((wanted & ~start.inheriting & INSISTED) !== 0) return ERRNO.NOTCAPABLE;
        memory.check(out, 4);
        descriptors.checkRoom();
        const exclusive = (oflags & OFLAG.CREAT) !== 0 && (oflags & OFLAG.EXCL) !== 0;
        const follow = (lookup & SYMLINK_FOLLOW) !== 0 && !exclusive;
        const place = find(start, ptr, length, follow);
        const opened = open(place, {
          oflags,
          flags: fdflags,
          rights: wanted & start.inheriting,
          inheriting: rightsOf(inheriting) & start.inheriting,
        });
        memory.setU32(out, descriptors.add(opened));
        return ERRNO.SUCCESS;
      },
    },
    path_filestat_get: {
      type: "(i32, i32, i32, i32, i32) -> i32",
      run(fd: number, lookup: number, ptr: number, length: number, out: number) {
        const start = descriptors.directory(fd, RIGHT.PATH_FILESTAT_GET);
        memory.check(out, FILESTAT_BYTES);
        const place = find(start, ptr, length, (lookup & SYMLINK_FOLLOW) !== 0);
        writeFilestat(host, out, existing(place));
        return ERRNO.SUCCESS;
      },
    },
    path_filestat_set_times: {
      type: "(i32, i32, i32, i32, i64, i64, i32) -> i32",
      run(
        ...[fd, lookup, ptr, length, atim, mtim, flags]: [
          ...[number, number, number, number],
          ...[bigint, bigint, number],
        ]
      ) {
        const start = descriptors.directory(fd, RIGHT.PATH_FILESTAT_SET_TIMES);
        const times = timesOf(atim, mtim, flags, powers.now);
        const place = find(start, ptr, length, (lookup & SYMLINK_FOLLOW) !== 0);
        existing(place);
        place.tree.setTimes(place.path, times);
        return ERRNO.SUCCESS;
      },
    },
    path_readlink: {
      type: "(i32, i32, i32, i32, i32, i32) -> i32",
      run(
        ...[fd, ptr, length, into, room, out]: [number, number, number, number, number, number]
      ) {
        const start = descriptors.directory(fd, RIGHT.PATH_READLINK);
        memory.check(into, room);
        memory.check(out, 4);
        const place = find(start, ptr, length, false);
        if (existing(place).type !== FILETYPE.SYMBOLIC_LINK) return ERRNO.INVAL;
        const target = new TextEncoder().encode(place.tree.readLink(place.path));
        const part = target.subarray(0, room >>> 0);
        memory.write(into, part);
        memory.setU32(out, part.length);
        return ERRNO.SUCCESS;
      },
    },
  };
}

interface Opening {
  readonly oflags: number;
  readonly flags: number;
  readonly rights: number;
  readonly inheriting: number;
}

/** What is there; a path with a slash at its end is that of a directory. */
function existing({ stat, slash }: Place) {
  if (stat === undefined) fail("NOENT");
  if (slash && stat.type !== FILETYPE.DIRECTORY) fail("NOTDIR");
  return stat;
}

function open(place: Place, { oflags, flags, rights, inheriting }: Opening): Descriptor {
  const { tree, path, stat, slash } = place;
  const has = (flag: number) => (oflags & flag) !== 0;
  const write = (rights & WRITING) !== 0 || has(OFLAG.TRUNC);
  const how = { read: (rights & RIGHT.FD_READ) !== 0, write };
  if (stat === undefined) {
    if (!has(OFLAG.CREAT)) fail("NOENT");
    if (slash) fail("ISDIR");
    const file = tree.open(path, { ...how, create: true });
    return { kind: "file", file, position: 0, rights: rights & FILE_RIGHTS, inheriting, flags };
  }
  if (has(OFLAG.CREAT) && has(OFLAG.EXCL)) fail("EXIST");
  if (stat.type === FILETYPE.SYMBOLIC_LINK) fail("LOOP");
  if (stat.type === FILETYPE.DIRECTORY) {
    if (has(OFLAG.CREAT) || has(OFLAG.TRUNC) || (rights & RIGHT.FD_WRITE) !== 0) fail("ISDIR");
    const own = { preopen: undefined, names: undefined, rights: rights & DIRECTORY_RIGHTS };
    return { kind: "directory", tree, path, ...own, inheriting, flags };
  }
  if (has(OFLAG.DIRECTORY) || slash) fail("NOTDIR");
  const file = tree.open(path, { ...how, create: false });
  if (has(OFLAG.TRUNC)) {
    try {
      file.resize(0);
    } catch (error) {
      file.close();
      throw error;
    }
  }
  return { kind: "file", file, position: 0, rights: rights & FILE_RIGHTS, inheriting, flags };
}
