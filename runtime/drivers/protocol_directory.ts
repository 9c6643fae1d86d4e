/** The plugins that lie in a directory: its `.wasm` files, none below it. @module */

import { join } from "@std/path";
import { isNotFound, powers } from "../../capabilities/powers.ts";
import { ExtensionError, Fault } from "../errors.ts";

/** One plugin file. */
export interface PluginFile {
  /** Its name in the directory. */
  readonly name: string;
  readonly path: string;
  /** Changes when the file does. */
  readonly stamp: string;
}

/**
 * The `.wasm` files of `directory`, in any case, in the order of their names.
 *
 * @throws {ExtensionError} `unsupported` when there is no such directory, or it is a file.
 */
export async function pluginFiles(directory: string): Promise<readonly PluginFile[]> {
  if (await kindOf(directory) !== "directory") {
    throw new ExtensionError(new Fault("unsupported", "it is no directory"), directory);
  }
  const files: PluginFile[] = [];
  for (const name of await powers.files.list(directory)) {
    if (!name.toLowerCase().endsWith(".wasm")) continue;
    const path = join(directory, name);
    const { kind, size, mtime } = await factsOf(path);
    if (kind === "file") files.push({ name, path, stamp: `${name}\0${size}\0${mtime}` });
  }
  return files;
}

async function kindOf(path: string): Promise<string | undefined> {
  try {
    return (await factsOf(path)).kind;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Facts about what a path leads to: a link to a plugin is a plugin. */
async function factsOf(path: string): ReturnType<typeof powers.files.lstat> {
  return await powers.files.lstat(await powers.files.realPath(path));
}
