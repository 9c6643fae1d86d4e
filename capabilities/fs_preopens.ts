/** The directories of an `fs` grant as a WASI program sees them. @module */

import { join } from "@std/path";
import { FileError } from "./file_error.ts";
import { HostTree } from "./host_tree.ts";
import { containsPath, formatPath, type PlainPath, resolvePath } from "./path_resolve.ts";
import type { TreePower } from "./powers/tree.ts";
import type { BoundPreopen } from "./preopen.ts";
import { isDatabaseFile, type StorageGrant } from "./storage_place.ts";
import { TreeUsage } from "./tree_usage.ts";

/** A name for a granted path. */
export interface Mount {
  readonly guest: string;
  readonly path: PlainPath;
}

/** What the directories are made of. */
export interface FsPreopens {
  readonly grant: StorageGrant & {
    readonly bytes: number;
    readonly files: number;
    readonly mounts: readonly Mount[];
  };
  /** The extension's own directory. */
  readonly directory: string | undefined;
  readonly power: TreePower;
  /** Makes the error of what is too much. */
  readonly over: (why: string) => Error;
}

/** Reads `GUEST=PATH`; otherwise says what is wrong with it. */
export function readMount(text: string): Mount | string {
  const equals = text.indexOf("=");
  if (equals < 1) return 'must be a name and a path as in "/data=data"';
  const resolved = resolvePath(text.slice(equals + 1));
  if (!resolved.ok) return `must name a plain path: ${resolved.why}`;
  return { guest: text.slice(0, equals), path: resolved.path };
}

/**
 * A tree for each path that may be read, writable where it may be written too. What is not there, or is
 * no directory, is left out: a program that needs it finds out by itself.
 */
export function fsPreopens({ grant, directory, power, over }: FsPreopens): readonly HostTree[] {
  const { read, write, mounts, bytes, files } = grant;
  const usage = new TreeUsage(grant, over);
  const covers = (paths: readonly PlainPath[], path: PlainPath) =>
    paths.some((each) => containsPath(each, path));
  const named = mounts.filter(({ path }) => covers(read, path));
  const others = read.filter((path) => !named.some((mount) => same(mount.path, path)));
  const all = [...named, ...others.map((path) => ({ guest: nameOf(path), path }))];
  let measured = false;
  const database = directory === undefined ? undefined : realPathOf(directory, power);
  return all.flatMap(({ guest, path }) => {
    const own = !path.absolute;
    if (own && directory === undefined) return [];
    const host = own ? join(directory ?? "", ...path.parts) : formatPath(path);
    const preopen: BoundPreopen = { guest, host, write: covers(write, path), bytes, files };
    try {
      if (own && directory !== undefined) {
        if (preopen.write) power.makeDirectories(host);
        if (!measured) usage.measure(directory, power);
        measured = true;
      }
      // the database of the extension lies in its own root, and is the business of `sqlite` alone
      const root = own ? undefined : power.realPath(host);
      const hides = (inner: string) =>
        root === undefined
          ? isDatabaseFile([...path.parts, ...inner.split("/")])
          : database !== undefined && isDatabaseIn(database, join(root, inner));
      const links = grant.followsLinks !== false;
      return [new HostTree(preopen, power, usage, { links, hides })];
    } catch (error) {
      if (error instanceof FileError) return [];
      throw error;
    }
  });
}

/** The directory without links; `undefined` where there is none yet, and no database in it either. */
function realPathOf(directory: string, power: TreePower): string | undefined {
  try {
    return power.realPath(directory);
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}

/** Whether `path` is a file of the database that lies in `directory`. */
function isDatabaseIn(directory: string, path: string): boolean {
  return path.startsWith(`${directory}/`) &&
    isDatabaseFile(path.slice(directory.length + 1).split("/"));
}

/** What a program calls a path that nobody named: the extension's own root is its root. */
function nameOf(path: PlainPath): string {
  return path.absolute ? formatPath(path) : `/${path.parts.join("/")}`;
}

function same(a: PlainPath, b: PlainPath): boolean {
  return containsPath(a, b) && containsPath(b, a);
}
