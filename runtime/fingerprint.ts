/** A cheap mark of a directory's content, to see whether it changed since it was loaded. @module */

import { join } from "@std/path";
import { powers } from "../capabilities/powers.ts";

/** Files looked at; a directory with more is taken as changed each time. */
const FILE_LIMIT = 2_000;

/**
 * Names, sizes and modification times of every file below `directory`, as one string; `undefined`
 * when there are too many, or some cannot be looked at. A hint: who can set modification times can
 * keep it unchanged.
 */
export function fingerprint(directory: string): Promise<string | undefined> {
  return look(directory).catch(() => undefined);
}

async function look(directory: string): Promise<string | undefined> {
  const lines: string[] = [];
  const pending = [""];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const name of await powers.files.list(join(directory, path))) {
      const inner = path === "" ? name : `${path}/${name}`;
      const { kind, size, mtime } = await powers.files.lstat(join(directory, inner));
      if (kind === "directory") pending.push(inner);
      else lines.push(`${inner}\0${kind}\0${size}\0${mtime}`);
      if (lines.length + pending.length > FILE_LIMIT) return undefined;
    }
  }
  return lines.sort().join("\n");
}
