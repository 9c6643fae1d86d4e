/** What Pulp cells import to keep files. @module */

import type { HostFunction } from "./contract.ts";
import { Code, type HandingCodes, type PulpDoor } from "./pulp_door.ts";

const BAD_PATH = 4;
const FAILED = 5;
const NOT_FOUND = 6;
const HANDING: HandingCodes = { absent: 7, failed: 7, unwritable: 8 };

/** The functions; where files are not granted they answer at once. */
export function fileImports(door: PulpDoor): { readonly [name: string]: HostFunction } {
  const pathOf = (ptr: number, len: number): string => {
    const path = door.text(ptr, len);
    // What else is no plain path is refused by the operation, as one that failed.
    const climbs = path.split("/").includes("..");
    if (/^[/\\]/.test(path) || path.includes("\0") || climbs) throw new Code(BAD_PATH);
    return path;
  };
  return {
    fs_read: door.later(
      "(i32, i32, i32, i32) -> i32",
      "fs.read",
      async (signal, ptr = 0, len = 0, ptrOut = 0, lenOut = 0) => {
        const path = pathOf(ptr, len);
        const content = await door.askLater("fs.read", { path }, { failed: FAILED, signal });
        if (content === null) throw new Code(NOT_FOUND);
        if (!(content instanceof Uint8Array) || !door.fits(content)) throw new Code(FAILED);
        door.hand(content, ptrOut, lenOut, HANDING);
      },
    ),
    fs_write: door.later(
      "(i32, i32, i32, i32) -> i32",
      "fs.write",
      async (signal, ptr = 0, len = 0, dataPtr = 0, dataLen = 0) => {
        const args = { path: pathOf(ptr, len), bytes: door.readAny(dataPtr, dataLen) };
        await door.askLater("fs.write", args, { failed: FAILED, signal });
      },
    ),
    fs_delete: door.later(
      "(i32, i32) -> i32",
      "fs.delete",
      async (signal, ptr = 0, len = 0) => {
        const path = pathOf(ptr, len);
        const there = await door.askLater("fs.delete", { path }, { failed: FAILED, signal });
        if (there === false) throw new Code(NOT_FOUND);
      },
    ),
  };
}
