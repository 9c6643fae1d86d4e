/** Sockets, of which guests have none: every descriptor is something else. @module */

import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";

/** The socket functions. */
export function sockFunctions({ descriptors }: WasiHost): WasiFunctions {
  const run = (fd: number): number =>
    descriptors.get(fd) === undefined ? ERRNO.BADF : ERRNO.NOTSOCK;
  return {
    sock_accept: { type: "(i32, i32, i32) -> i32", run },
    sock_recv: { type: "(i32, i32, i32, i32, i32, i32) -> i32", run },
    sock_send: { type: "(i32, i32, i32, i32, i32) -> i32", run },
    sock_shutdown: { type: "(i32, i32) -> i32", run },
  };
}
