/** The extensions of a directory: each subdirectory with a manifest, by Hanzo Base's loader rules. @module */

import { join } from "@std/path";
import { isNotFound, powers } from "../capabilities/powers.ts";
import { locateExtension, type Package } from "./locate.ts";
import { inParallel, PARALLEL_LOOKS } from "./parallel.ts";

/** One subdirectory that has a manifest. */
export interface Subdirectory {
  readonly name: string;
  readonly path: string;
  /** The extension, or why its manifest cannot be used. */
  readonly found:
    | { readonly ok: true; readonly pkg: Package }
    | { readonly ok: false; readonly error: unknown };
}

/**
 * Subdirectories with a manifest, in the order of their names; links are not followed. A directory
 * that does not exist is empty.
 */
export async function subdirectories(directory: string): Promise<readonly Subdirectory[]> {
  const names = await powers.files.directories(directory).catch((error): readonly string[] => {
    if (isNotFound(error)) return [];
    throw error;
  });
  const look = async (name: string): Promise<Subdirectory | undefined> => {
    const path = join(directory, name);
    try {
      const pkg = await locateExtension(path);
      return pkg && { name, path, found: { ok: true, pkg } };
    } catch (error) {
      return { name, path, found: { ok: false, error } };
    }
  };
  const found = await inParallel(names.map((name) => () => look(name)), PARALLEL_LOOKS);
  return found.flatMap((one) => one === undefined ? [] : [one]);
}

/**
 * Whether of `content` an extension called `name`, loaded from `path` before, is no more: its
 * manifest is gone, or it has another name, or another one with that name comes first. A broken
 * manifest leaves the old one where it was.
 */
export function hasVanished(
  path: string,
  name: string,
  content: readonly Subdirectory[],
): boolean {
  const here = content.find((one) => one.path === path);
  if (here && !here.found.ok) return false;
  return path !== content.find(({ found }) => found.ok && found.pkg.manifest.name === name)?.path;
}
