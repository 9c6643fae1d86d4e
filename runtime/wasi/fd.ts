/** Descriptors: `fd_*`. Without directories only the three standard streams are ever open. @module */

import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";
import { eachBuffer, isListable } from "./iovec.ts";
import { type Descriptor, RIGHT } from "./stdio.ts";

/** File types of the specification, as far as streams have one. */
const FILETYPE = { UNKNOWN: 0, CHARACTER_DEVICE: 2 } as const;
/** Flags a stream takes: append and nonblock, which change nothing for it. */
const STREAM_FLAGS = 0b101;
const ALL_FLAGS = 0b11111;
const FILESTAT_BYTES = 64;
/** Bytes of output that cost as much as one tick of host work. */
const BYTES_PER_TICK = 256;

/** The descriptor functions. */
export function fdFunctions(host: WasiHost): WasiFunctions {
  return { ...streamFunctions(host), ...statusFunctions(host), ...fileFunctions(host) };
}

/** What streams do. */
function streamFunctions({ memory, stdio, tick }: WasiHost): WasiFunctions {
  return {
    fd_close: {
      type: "(i32) -> i32",
      run(fd: number) {
        if (stdio.get(fd) === undefined) return ERRNO.BADF;
        stdio.close(fd);
        return ERRNO.SUCCESS;
      },
    },
    fd_read: {
      type: "(i32, i32, i32, i32) -> i32",
      run(fd: number, list: number, count: number, out: number) {
        const descriptor = stdio.get(fd);
        if (descriptor === undefined) return ERRNO.BADF;
        if (lacks(descriptor, RIGHT.FD_READ)) return ERRNO.NOTCAPABLE;
        if (!isListable(count)) return ERRNO.INVAL;
        memory.check(out, 4);
        const moved = eachBuffer(memory, list, count, (view) => {
          const bytes = stdio.take(view.length);
          view.set(bytes);
          return bytes.length;
        });
        memory.setU32(out, moved);
        return ERRNO.SUCCESS;
      },
    },
    fd_write: {
      type: "(i32, i32, i32, i32) -> i32",
      run(fd: number, list: number, count: number, out: number) {
        const descriptor = stdio.get(fd);
        if (descriptor === undefined) return ERRNO.BADF;
        const { stream } = descriptor;
        if (stream === "input" || lacks(descriptor, RIGHT.FD_WRITE)) return ERRNO.NOTCAPABLE;
        if (!isListable(count)) return ERRNO.INVAL;
        memory.check(out, 4);
        const moved = eachBuffer(memory, list, count, (view) => {
          stdio.put(stream, view);
          return view.length;
        });
        tick(moved / BYTES_PER_TICK);
        memory.setU32(out, moved);
        return ERRNO.SUCCESS;
      },
    },
    fd_renumber: {
      type: "(i32, i32) -> i32",
      run(from: number, to: number) {
        if (stdio.get(from) === undefined || stdio.get(to) === undefined) return ERRNO.BADF;
        stdio.renumber(from, to);
        return ERRNO.SUCCESS;
      },
    },
  };
}

/** What descriptors tell about themselves. */
function statusFunctions({ memory, stdio }: WasiHost): WasiFunctions {
  const filetype = (descriptor: Descriptor): number =>
    stdio.isTerminal(descriptor) ? FILETYPE.CHARACTER_DEVICE : FILETYPE.UNKNOWN;
  return {
    fd_fdstat_get: {
      type: "(i32, i32) -> i32",
      run(fd: number, out: number) {
        const descriptor = stdio.get(fd);
        if (descriptor === undefined) return ERRNO.BADF;
        const at = out >>> 0;
        memory.check(at, 24);
        memory.setU16(at, filetype(descriptor));
        memory.setU16(at + 2, descriptor.flags);
        memory.setU32(at + 4, 0);
        memory.setU64(at + 8, descriptor.rights);
        memory.setU64(at + 16, 0n);
        return ERRNO.SUCCESS;
      },
    },
    fd_fdstat_set_flags: {
      type: "(i32, i32) -> i32",
      run(fd: number, flags: number) {
        const descriptor = stdio.get(fd);
        if (descriptor === undefined) return ERRNO.BADF;
        if (lacks(descriptor, RIGHT.FD_FDSTAT_SET_FLAGS)) return ERRNO.NOTCAPABLE;
        if ((flags & ~ALL_FLAGS) !== 0) return ERRNO.INVAL;
        if ((flags & ~STREAM_FLAGS) !== 0) return ERRNO.NOTSUP;
        descriptor.flags = flags;
        return ERRNO.SUCCESS;
      },
    },
    fd_fdstat_set_rights: {
      type: "(i32, i64, i64) -> i32",
      run(fd: number, base: bigint, inheriting: bigint) {
        const descriptor = stdio.get(fd);
        if (descriptor === undefined) return ERRNO.BADF;
        const wanted = BigInt.asUintN(64, base);
        const more = (wanted & ~descriptor.rights) !== 0n || inheriting !== 0n;
        if (more) return ERRNO.NOTCAPABLE;
        descriptor.rights = wanted;
        return ERRNO.SUCCESS;
      },
    },
    fd_filestat_get: {
      type: "(i32, i32) -> i32",
      run(fd: number, out: number) {
        const descriptor = stdio.get(fd);
        if (descriptor === undefined) return ERRNO.BADF;
        if (lacks(descriptor, RIGHT.FD_FILESTAT_GET)) return ERRNO.NOTCAPABLE;
        const at = out >>> 0;
        memory.fill(at, FILESTAT_BYTES, (view) => view.fill(0));
        memory.setU64(at + 8, BigInt(fd >>> 0)); // inode
        memory.setU8(at + 16, filetype(descriptor));
        memory.setU64(at + 24, 1n); // links
        return ERRNO.SUCCESS;
      },
    },
  };
}

/** What only files and directories do: streams answer as POSIX makes pipes answer. */
function fileFunctions({ stdio }: WasiHost): WasiFunctions {
  const refuse = (type: string, errno: number) => ({
    type,
    run: (fd: number) => stdio.get(fd) === undefined ? ERRNO.BADF : errno,
  });
  return {
    fd_advise: refuse("(i32, i64, i64, i32) -> i32", ERRNO.SPIPE),
    fd_allocate: refuse("(i32, i64, i64) -> i32", ERRNO.SPIPE),
    fd_datasync: refuse("(i32) -> i32", ERRNO.INVAL),
    fd_filestat_set_size: refuse("(i32, i64) -> i32", ERRNO.INVAL),
    fd_filestat_set_times: refuse("(i32, i64, i64, i32) -> i32", ERRNO.NOTCAPABLE),
    fd_pread: refuse("(i32, i32, i32, i64, i32) -> i32", ERRNO.SPIPE),
    // C libraries look for the first descriptor that is none to learn where preopens end.
    fd_prestat_dir_name: refuse("(i32, i32, i32) -> i32", ERRNO.BADF),
    fd_prestat_get: refuse("(i32, i32) -> i32", ERRNO.BADF),
    fd_pwrite: refuse("(i32, i32, i32, i64, i32) -> i32", ERRNO.SPIPE),
    fd_readdir: refuse("(i32, i32, i32, i64, i32) -> i32", ERRNO.NOTDIR),
    fd_seek: refuse("(i32, i64, i32, i32) -> i32", ERRNO.SPIPE),
    fd_sync: refuse("(i32) -> i32", ERRNO.INVAL),
    fd_tell: refuse("(i32, i32) -> i32", ERRNO.SPIPE),
  };
}

function lacks({ rights }: Descriptor, right: bigint): boolean {
  return (rights & right) === 0n;
}
