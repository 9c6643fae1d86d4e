/**
 * WASI preview 1: all 46 functions, none of which can be made to throw into the guest. A bad pointer
 * is an errno; what ends the guest is not caught here.
 *
 * @see https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md
 * @module
 */

import { Fault } from "../errors.ts";
import { argsFunctions } from "./args.ts";
import { clockFunctions } from "./clock.ts";
import type { WasiFunction, WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";
import { fdFunctions } from "./fd.ts";
import { fdDirectoryFunctions } from "./fd_directory.ts";
import { fdStatusFunctions } from "./fd_status.ts";
import { WasiError } from "./files.ts";
import { pathFunctions } from "./path.ts";
import { pathNameFunctions } from "./path_names.ts";
import { pollFunctions } from "./poll.ts";
import { procFunctions } from "./proc.ts";
import { randomFunctions } from "./random.ts";
import { sockFunctions } from "./sock.ts";

/** The module name that guests import these functions from. */
export const WASI_MODULE = "wasi_snapshot_preview1";

/** The system calls of one guest. */
export function wasiFunctions(host: WasiHost): WasiFunctions {
  const functions: Record<string, WasiFunction> = {};
  const families = [
    argsFunctions,
    clockFunctions,
    fdFunctions,
    fdStatusFunctions,
    fdDirectoryFunctions,
    pathFunctions,
    pathNameFunctions,
    pollFunctions,
    procFunctions,
    randomFunctions,
    sockFunctions,
  ];
  for (const family of families) {
    for (const [name, { type, run }] of Object.entries(family(host))) {
      functions[name] = { type, run: answering(run) };
    }
  }
  return functions;
}

/** `run`, with what failed answered by its errno, and a pointer that is none by `EFAULT`. */
function answering(run: WasiFunction["run"]): WasiFunction["run"] {
  const call = run as (...args: (number | bigint)[]) => number;
  return (...args: (number | bigint)[]) => {
    try {
      return call(...args);
    } catch (error) {
      if (error instanceof WasiError) return error.errno;
      if (error instanceof Fault && error.code === "bad-guest-data") return ERRNO.FAULT;
      throw error;
    }
  };
}
