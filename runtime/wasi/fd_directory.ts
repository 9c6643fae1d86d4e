/**
 * Directories as descriptors: `fd_prestat_*`, `fd_readdir`.
 *
 * ```text
 * dirent, 24 bytes and the name:  next cookie u64 | inode u64 | length of the name u32 | type u8 …
 * ```
 *
 * @module
 */

import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";
import { fail, FILETYPE } from "./files.ts";
import { RIGHT } from "./rights.ts";

const DIRENT_BYTES = 24;
const PREOPEN_DIRECTORY = 0n;
const encoder = new TextEncoder();

/** The directory functions. */
export function fdDirectoryFunctions({ memory, descriptors, tick }: WasiHost): WasiFunctions {
  const preopenName = (fd: number): Uint8Array => {
    const descriptor = descriptors.need(fd);
    const name = descriptor.kind === "directory" ? descriptor.preopen : undefined;
    // C libraries look for the first descriptor that is none to learn where preopens end
    return name === undefined ? fail("BADF") : encoder.encode(name);
  };
  return {
    fd_prestat_get: {
      type: "(i32, i32) -> i32",
      run(fd: number, out: number) {
        const { length } = preopenName(fd);
        memory.setU64(out, PREOPEN_DIRECTORY | BigInt(length) << 32n);
        return ERRNO.SUCCESS;
      },
    },
    fd_prestat_dir_name: {
      type: "(i32, i32, i32) -> i32",
      run(fd: number, ptr: number, length: number) {
        const name = preopenName(fd);
        if (length >>> 0 < name.length) return ERRNO.NAMETOOLONG;
        memory.write(ptr, name);
        return ERRNO.SUCCESS;
      },
    },
    fd_readdir: {
      type: "(i32, i32, i32, i64, i32) -> i32",
      run(fd: number, ptr: number, length: number, cookie: bigint, out: number) {
        const descriptor = descriptors.directory(fd, RIGHT.FD_READDIR);
        const { tree, path } = descriptor;
        const room = length >>> 0;
        memory.check(ptr, room);
        memory.check(out, 4);
        // Read anew only from the start: in between, entries that come and go shift no others.
        if (cookie === 0n || descriptor.names === undefined) {
          descriptor.names = [".", "..", ...tree.names(path)];
          tick(descriptor.names.length);
        }
        const { names } = descriptor;
        const from = BigInt.asUintN(64, cookie);
        let used = 0;
        const put = (bytes: Uint8Array): void => {
          const part = bytes.subarray(0, room - used);
          memory.write((ptr >>> 0) + used, part);
          used += part.length;
        };
        for (let at = Number(from); at < names.length && used < room; at++) {
          tick(1);
          const name = names[at] ?? "";
          const bytes = encoder.encode(name);
          // The entry above the directory is told as the directory: what is above it is none of the guest's.
          const stat = at < 2 ? tree.stat(path) : tree.stat(path === "" ? name : `${path}/${name}`);
          const entry = new DataView(new ArrayBuffer(DIRENT_BYTES));
          entry.setBigUint64(0, BigInt(at + 1), true);
          entry.setBigUint64(8, BigInt(stat?.ino ?? 0), true);
          entry.setUint32(16, bytes.length, true);
          entry.setUint8(20, stat?.type ?? FILETYPE.UNKNOWN);
          put(new Uint8Array(entry.buffer));
          put(bytes);
        }
        memory.setU32(out, used);
        return ERRNO.SUCCESS;
      },
    },
  };
}
