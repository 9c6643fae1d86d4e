/** Where something is in a manifest: a list of keys and indexes, and how it is written. @module */

import { printable } from "./printable.ts";

/** Keys and indexes from the root to a value. */
export type Path = readonly (string | number)[];

const PLAIN_KEY = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;

/** `["capabilities", 1, "hosts"]` → `capabilities[1].hosts`; a key that is no word is quoted. */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (!PLAIN_KEY.test(part)) text += `["${printable(part)}"]`;
    else text += `${text === "" ? "" : "."}${printable(part)}`;
  }
  return text;
}
