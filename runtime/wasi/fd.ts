/** Reading and writing through descriptors: `fd_read`, `fd_write` and what goes with them. @module */

import type { WasiFunctions, WasiHost } from "./contract.ts";
import type { Descriptor, FileDescriptor } from "./descriptors.ts";
import { ERRNO } from "./errno.ts";
import { fail } from "./files.ts";
import { eachBuffer, isListable } from "./iovec.ts";
import { RIGHT } from "./rights.ts";

/** Bytes moved that cost as much as one tick of host work. */
const BYTES_PER_TICK = 256;

/** `fdflags` of the specification. */
export const FDFLAG = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const;

const WHENCE = { SET: 0, CUR: 1, END: 2 } as const;

/** The functions that move bytes and positions. */
export function fdFunctions(host: WasiHost): WasiFunctions {
  return { ...streamFunctions(host), ...positionFunctions(host), ...numberFunctions(host) };
}

/** Most bytes of a write that goes without a view of the guest's memory, which costs as much. */
const SHORT_BYTES = 64;

/** A short write into the host's memory; `undefined` for any other, and then nothing was written. */
function appendOne(
  { memory, stdio, tick }: WasiHost,
  descriptor: Descriptor,
  ptr: number,
  length: number,
): number | undefined {
  if (length > SHORT_BYTES || descriptor.flags !== 0) return undefined;
  memory.check(ptr, length, "a buffer");
  if (descriptor.kind === "stream" && descriptor.stream !== "input") {
    stdio.append(descriptor.stream, memory, ptr, length, tick);
    return length;
  }
  if (descriptor.kind !== "file" || descriptor.file.append === undefined) return undefined;
  descriptor.file.append(memory, ptr, length, descriptor.position);
  descriptor.position += length;
  return length;
}

/** At the descriptor's own position. */
function streamFunctions(host: WasiHost): WasiFunctions {
  const { memory, stdio, descriptors, tick } = host;
  return {
    fd_read: {
      type: "(i32, i32, i32, i32) -> i32",
      run(fd: number, list: number, count: number, out: number) {
        const descriptor = descriptors.get(fd);
        if (descriptor === undefined) return ERRNO.BADF;
        if (descriptor.kind === "directory") return ERRNO.ISDIR;
        if ((descriptor.rights & RIGHT.FD_READ) === 0) return ERRNO.NOTCAPABLE;
        if (!isListable(count)) return ERRNO.INVAL;
        memory.check(out, 4);
        const moved = eachBuffer(memory, list, count, (view) => {
          if (descriptor.kind === "stream") return stdio.take(view);
          const read = descriptor.file.read(view, descriptor.position);
          descriptor.position += read;
          return read;
        });
        tick(moved / BYTES_PER_TICK);
        memory.setU32(out, moved);
        return ERRNO.SUCCESS;
      },
    },
    fd_write: {
      type: "(i32, i32, i32, i32) -> i32",
      run(fd: number, list: number, count: number, out: number) {
        const descriptor = descriptors.get(fd);
        if (descriptor === undefined) return ERRNO.BADF;
        if (descriptor.kind === "directory") return ERRNO.ISDIR;
        if ((descriptor.rights & RIGHT.FD_WRITE) === 0) return ERRNO.NOTCAPABLE;
        if (!isListable(count)) return ERRNO.INVAL;
        memory.check(out, 4);
        if (count === 1 && (descriptor.flags & FDFLAG.APPEND) === 0) {
          const length = appendOne(host, descriptor, memory.u32(list), memory.u32(list + 4));
          if (length !== undefined) {
            memory.setU32(out, length);
            return ERRNO.SUCCESS;
          }
        }
        const moved = eachBuffer(memory, list, count, (view) => {
          if (descriptor.kind === "stream") {
            if (descriptor.stream === "input") return fail("NOTCAPABLE");
            stdio.put(descriptor.stream, view, tick);
            return view.length;
          }
          if ((descriptor.flags & FDFLAG.APPEND) !== 0) {
            descriptor.position = descriptor.file.stat().size;
          }
          const written = descriptor.file.write(view, descriptor.position);
          descriptor.position += written;
          return written;
        });
        if (descriptor.flags !== 0) settle(descriptor);
        tick(moved / BYTES_PER_TICK);
        memory.setU32(out, moved);
        return ERRNO.SUCCESS;
      },
    },
  };
}

/** At a position that is given, or moving the descriptor's own. */
function positionFunctions({ memory, descriptors, tick }: WasiHost): WasiFunctions {
  const at = (
    fd: number,
    right: number,
    count: number,
    offset: bigint,
    out: number,
  ): readonly [FileDescriptor, number] => {
    const descriptor = seekable(descriptors.need(fd));
    if ((descriptor.rights & right) !== right) fail("NOTCAPABLE");
    if (!isListable(count)) fail("INVAL");
    memory.check(out, 4);
    return [descriptor, sizeOf(offset)];
  };
  return {
    fd_pread: {
      type: "(i32, i32, i32, i64, i32) -> i32",
      run(fd: number, list: number, count: number, offset: bigint, out: number) {
        const right = RIGHT.FD_READ | RIGHT.FD_SEEK;
        const [{ file }, start] = at(fd, right, count, offset, out);
        const moved = eachBuffer(
          memory,
          list,
          count,
          (view, before) => file.read(view, start + before),
        );
        tick(moved / BYTES_PER_TICK);
        memory.setU32(out, moved);
        return ERRNO.SUCCESS;
      },
    },
    fd_pwrite: {
      type: "(i32, i32, i32, i64, i32) -> i32",
      run(fd: number, list: number, count: number, offset: bigint, out: number) {
        const right = RIGHT.FD_WRITE | RIGHT.FD_SEEK;
        const [descriptor, start] = at(fd, right, count, offset, out);
        const { file } = descriptor;
        const moved = eachBuffer(
          memory,
          list,
          count,
          (view, before) => file.write(view, start + before),
        );
        if (descriptor.flags !== 0) settle(descriptor);
        tick(moved / BYTES_PER_TICK);
        memory.setU32(out, moved);
        return ERRNO.SUCCESS;
      },
    },
    fd_seek: {
      type: "(i32, i64, i32, i32) -> i32",
      run(fd: number, offset: bigint, whence: number, out: number) {
        const descriptor = seekable(descriptors.need(fd));
        const asks = offset === 0n && whence === WHENCE.CUR ? RIGHT.FD_TELL : RIGHT.FD_SEEK;
        if ((descriptor.rights & (asks | RIGHT.FD_SEEK)) === 0) return ERRNO.NOTCAPABLE;
        memory.check(out, 8);
        const base = baseOf(descriptor, whence);
        if (base === undefined) return ERRNO.INVAL;
        const position = base + Number(offset);
        if (position < 0) return ERRNO.INVAL;
        if (!Number.isSafeInteger(position)) return ERRNO.OVERFLOW;
        descriptor.position = position;
        memory.setU64(out, BigInt(position));
        return ERRNO.SUCCESS;
      },
    },
    fd_tell: {
      type: "(i32, i32) -> i32",
      run(fd: number, out: number) {
        const descriptor = seekable(descriptors.need(fd));
        if ((descriptor.rights & RIGHT.FD_TELL) === 0) return ERRNO.NOTCAPABLE;
        memory.setU64(out, BigInt(descriptor.position));
        return ERRNO.SUCCESS;
      },
    },
  };
}

/** Numbers of descriptors. */
function numberFunctions({ descriptors }: WasiHost): WasiFunctions {
  return {
    fd_close: {
      type: "(i32) -> i32",
      run(fd: number) {
        descriptors.close(fd);
        return ERRNO.SUCCESS;
      },
    },
    fd_renumber: {
      type: "(i32, i32) -> i32",
      run(from: number, to: number) {
        descriptors.renumber(from, to);
        return ERRNO.SUCCESS;
      },
    },
  };
}

/** A size or offset of the guest: what no file reaches is `FBIG`. */
export function sizeOf(value: bigint): number {
  const size = Number(BigInt.asUintN(64, value));
  return Number.isSafeInteger(size) ? size : fail("FBIG");
}

/** Streams have no positions, and directories none that a guest can move. */
function seekable(descriptor: Descriptor): FileDescriptor {
  if (descriptor.kind === "file") return descriptor;
  return fail(descriptor.kind === "directory" ? "ISDIR" : "SPIPE");
}

function baseOf({ position, file }: FileDescriptor, whence: number): number | undefined {
  switch (whence) {
    case WHENCE.SET:
      return 0;
    case WHENCE.CUR:
      return position;
    case WHENCE.END:
      return file.stat().size;
    default:
      return undefined;
  }
}

/** What is written to a descriptor that asks for it is on the disk when the guest goes on. */
function settle(descriptor: Descriptor): void {
  if (descriptor.kind !== "file") return;
  if ((descriptor.flags & (FDFLAG.SYNC | FDFLAG.RSYNC)) !== 0) descriptor.file.sync(false);
  else if ((descriptor.flags & FDFLAG.DSYNC) !== 0) descriptor.file.sync(true);
}
