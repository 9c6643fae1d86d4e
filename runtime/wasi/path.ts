/** Paths. A guest without directories has nothing to start from: no descriptor is a directory. @module */

import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";

/** The path functions. */
export function pathFunctions({ stdio }: WasiHost): WasiFunctions {
  const refuse = (fd: number): number => stdio.get(fd) === undefined ? ERRNO.BADF : ERRNO.NOTDIR;
  return {
    path_create_directory: { type: "(i32, i32, i32) -> i32", run: refuse },
    path_filestat_get: { type: "(i32, i32, i32, i32, i32) -> i32", run: refuse },
    path_filestat_set_times: { type: "(i32, i32, i32, i32, i64, i64, i32) -> i32", run: refuse },
    path_link: { type: "(i32, i32, i32, i32, i32, i32, i32) -> i32", run: refuse },
    path_open: { type: "(i32, i32, i32, i32, i32, i64, i64, i32, i32) -> i32", run: refuse },
    path_readlink: { type: "(i32, i32, i32, i32, i32, i32) -> i32", run: refuse },
    path_remove_directory: { type: "(i32, i32, i32) -> i32", run: refuse },
    path_rename: { type: "(i32, i32, i32, i32, i32, i32) -> i32", run: refuse },
    path_symlink: {
      type: "(i32, i32, i32, i32, i32) -> i32",
      // The target comes first: a text that is not resolved.
      run: (_target: number, _length: number, fd: number) => refuse(fd),
    },
    path_unlink_file: { type: "(i32, i32, i32) -> i32", run: refuse },
  };
}
