/** What descriptors tell about themselves, and what can be changed of it: `fd_fdstat_*`, `fd_filestat_*`. @module */

import type { WasiFunctions, WasiHost } from "./contract.ts";
import type { Descriptor, FileDescriptor } from "./descriptors.ts";
import { ERRNO } from "./errno.ts";
import { FDFLAG, sizeOf } from "./fd.ts";
import { fail, type FileStat, type FileTimes, FILETYPE, nanosecondsOf } from "./files.ts";
import { RIGHT, rightsOf } from "./rights.ts";

const ALL_FLAGS = 0b11111;
const FDSTAT_BYTES = 24;
const FILESTAT_BYTES = 64;
/** `fstflags` of the specification. */
const FSTFLAG = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const;
const ALL_FSTFLAGS = 0b1111;
/** Kinds of `advice` of the specification. */
const ADVICES = 6;

/** The functions about descriptors themselves. */
export function fdStatusFunctions(host: WasiHost): WasiFunctions {
  return { ...fdstatFunctions(host), ...filestatFunctions(host), ...spaceFunctions(host) };
}

function fdstatFunctions({ memory, stdio, descriptors }: WasiHost): WasiFunctions {
  const typeOf = (descriptor: Descriptor): number => {
    if (descriptor.kind === "directory") return FILETYPE.DIRECTORY;
    if (descriptor.kind === "file") return FILETYPE.REGULAR_FILE;
    return stdio.isTerminal(descriptor) ? FILETYPE.CHARACTER_DEVICE : FILETYPE.UNKNOWN;
  };
  return {
    fd_fdstat_get: {
      type: "(i32, i32) -> i32",
      run(fd: number, out: number) {
        const descriptor = descriptors.need(fd);
        const at = out >>> 0;
        memory.check(at, FDSTAT_BYTES);
        memory.setU16(at, typeOf(descriptor));
        memory.setU16(at + 2, descriptor.flags);
        memory.setU32(at + 4, 0);
        memory.setU64(at + 8, BigInt(descriptor.rights));
        memory.setU64(at + 16, BigInt(descriptor.inheriting));
        return ERRNO.SUCCESS;
      },
    },
    fd_fdstat_set_flags: {
      type: "(i32, i32) -> i32",
      run(fd: number, flags: number) {
        const descriptor = descriptors.need(fd);
        if ((descriptor.rights & RIGHT.FD_FDSTAT_SET_FLAGS) === 0) return ERRNO.NOTCAPABLE;
        if ((flags & ~ALL_FLAGS) !== 0) return ERRNO.INVAL;
        // nothing of a stream is ever on a disk
        const disk = FDFLAG.DSYNC | FDFLAG.RSYNC | FDFLAG.SYNC;
        if (descriptor.kind === "stream" && (flags & disk) !== 0) return ERRNO.NOTSUP;
        descriptor.flags = flags;
        return ERRNO.SUCCESS;
      },
    },
    fd_fdstat_set_rights: {
      type: "(i32, i64, i64) -> i32",
      run(fd: number, base: bigint, inheriting: bigint) {
        const descriptor = descriptors.need(fd);
        const [rights, inherited] = [rightsOf(base), rightsOf(inheriting)];
        const more = (rights & ~descriptor.rights) | (inherited & ~descriptor.inheriting);
        if (more !== 0) return ERRNO.NOTCAPABLE;
        descriptor.rights = rights;
        descriptor.inheriting = inherited;
        return ERRNO.SUCCESS;
      },
    },
  };
}

function filestatFunctions({ memory, stdio, descriptors, powers }: WasiHost): WasiFunctions {
  const statOf = (fd: number, descriptor: Descriptor): FileStat => {
    if (descriptor.kind === "file") return descriptor.file.stat();
    if (descriptor.kind === "directory") {
      return descriptor.tree.stat(descriptor.path) ?? fail("NOENT");
    }
    const terminal = stdio.isTerminal(descriptor);
    const type = terminal ? FILETYPE.CHARACTER_DEVICE : FILETYPE.UNKNOWN;
    const times = { atim: 0n, mtim: 0n, ctim: 0n };
    return { type, dev: 0, ino: fd >>> 0, nlink: 1, size: 0, ...times };
  };
  return {
    fd_filestat_get: {
      type: "(i32, i32) -> i32",
      run(fd: number, out: number) {
        const descriptor = descriptors.need(fd);
        if ((descriptor.rights & RIGHT.FD_FILESTAT_GET) === 0) return ERRNO.NOTCAPABLE;
        memory.check(out, FILESTAT_BYTES);
        writeFilestat({ memory }, out, statOf(fd, descriptor));
        return ERRNO.SUCCESS;
      },
    },
    fd_filestat_set_times: {
      type: "(i32, i64, i64, i32) -> i32",
      run(fd: number, atim: bigint, mtim: bigint, flags: number) {
        const descriptor = descriptors.need(fd);
        if ((descriptor.rights & RIGHT.FD_FILESTAT_SET_TIMES) === 0) return ERRNO.NOTCAPABLE;
        const times = timesOf(atim, mtim, flags, powers.now);
        if (descriptor.kind === "file") descriptor.file.setTimes(times);
        else if (descriptor.kind === "directory") {
          descriptor.tree.setTimes(descriptor.path, times);
        }
        return ERRNO.SUCCESS;
      },
    },
  };
}

/** How much room a file takes, and what is on the disk of it. */
function spaceFunctions({ descriptors }: WasiHost): WasiFunctions {
  const fileWith = (
    fd: number,
    right: number,
    stream: "SPIPE" | "INVAL",
  ): FileDescriptor => {
    const descriptor = descriptors.need(fd);
    if (descriptor.kind === "stream") fail(stream);
    if (descriptor.kind === "directory") fail("ISDIR");
    if ((descriptor.rights & right) === 0) fail("NOTCAPABLE");
    return descriptor;
  };
  const sync = (fd: number, right: number, dataOnly: boolean): number => {
    const descriptor = descriptors.need(fd);
    if (descriptor.kind === "stream") return ERRNO.INVAL;
    if ((descriptor.rights & right) === 0) return ERRNO.NOTCAPABLE;
    // names are on the disk when the system writes them: no directory is open here to ask for it
    if (descriptor.kind === "file") descriptor.file.sync(dataOnly);
    return ERRNO.SUCCESS;
  };
  return {
    fd_advise: {
      type: "(i32, i64, i64, i32) -> i32",
      run(fd: number, offset: bigint, length: bigint, advice: number) {
        fileWith(fd, RIGHT.FD_ADVISE, "SPIPE");
        sizeOf(offset);
        sizeOf(length);
        return advice >>> 0 < ADVICES ? ERRNO.SUCCESS : ERRNO.INVAL;
      },
    },
    fd_allocate: {
      type: "(i32, i64, i64) -> i32",
      run(fd: number, offset: bigint, length: bigint) {
        const { file } = fileWith(fd, RIGHT.FD_ALLOCATE, "SPIPE");
        if (length === 0n) return ERRNO.INVAL;
        const end = sizeOf(offset) + sizeOf(length);
        if (!Number.isSafeInteger(end)) return ERRNO.FBIG;
        if (end > file.stat().size) file.resize(end);
        return ERRNO.SUCCESS;
      },
    },
    fd_filestat_set_size: {
      type: "(i32, i64) -> i32",
      run(fd: number, size: bigint) {
        fileWith(fd, RIGHT.FD_FILESTAT_SET_SIZE, "INVAL").file.resize(sizeOf(size));
        return ERRNO.SUCCESS;
      },
    },
    fd_datasync: {
      type: "(i32) -> i32",
      run: (fd: number) => sync(fd, RIGHT.FD_DATASYNC | RIGHT.FD_SYNC, true),
    },
    fd_sync: { type: "(i32) -> i32", run: (fd: number) => sync(fd, RIGHT.FD_SYNC, false) },
  };
}

/**
 * The times that a guest sets; `INVAL` where it wants one to be two things.
 *
 * @param now Milliseconds since the epoch.
 */
export function timesOf(
  atim: bigint,
  mtim: bigint,
  flags: number,
  now: () => number,
): FileTimes {
  const has = (flag: number) => (flags & flag) !== 0;
  if ((flags & ~ALL_FSTFLAGS) !== 0) fail("INVAL");
  if (has(FSTFLAG.ATIM) && has(FSTFLAG.ATIM_NOW)) fail("INVAL");
  if (has(FSTFLAG.MTIM) && has(FSTFLAG.MTIM_NOW)) fail("INVAL");
  const at = nanosecondsOf(now());
  const pick = (given: boolean, value: bigint, current: boolean) =>
    given ? BigInt.asUintN(64, value) : current ? at : undefined;
  return {
    atim: pick(has(FSTFLAG.ATIM), atim, has(FSTFLAG.ATIM_NOW)),
    mtim: pick(has(FSTFLAG.MTIM), mtim, has(FSTFLAG.MTIM_NOW)),
  };
}

/** Writes a `filestat`. */
export function writeFilestat(
  { memory }: Pick<WasiHost, "memory">,
  out: number,
  stat: FileStat,
): void {
  const at = out >>> 0;
  memory.setU64(at, BigInt(stat.dev));
  memory.setU64(at + 8, BigInt(stat.ino));
  memory.setU64(at + 16, BigInt(stat.type));
  memory.setU64(at + 24, BigInt(stat.nlink));
  memory.setU64(at + 32, BigInt(stat.size));
  memory.setU64(at + 40, stat.atim);
  memory.setU64(at + 48, stat.mtim);
  memory.setU64(at + 56, stat.ctim);
}
