/** Stand-in for `@std/fs`: the functions this project uses, on Deno's own and `node:path`. @module */

import path from "node:path";
import { fileURLToPath } from "node:url";
// deno-lint-ignore no-import-prefix -- a package in a registry has no import map
import { globToRegExp } from "jsr:@std/path@^1";

/** What to look for with {@linkcode exists}. */
export interface ExistsOptions {
  readonly isDirectory?: boolean;
  readonly isFile?: boolean;
}

/** Whether there is something at `path`, of the wanted kind. */
export async function exists(
  path: string | URL,
  { isDirectory = false, isFile = false }: ExistsOptions = {},
): Promise<boolean> {
  const info = await statOf(path);
  if (!info) return false;
  return (!isDirectory || info.isDirectory) && (!isFile || info.isFile);
}

/** Makes the directory and its parents where they are not there yet. */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}

/** Makes the directory, or removes everything in it. */
export async function emptyDir(dir: string | URL): Promise<void> {
  const root = text(dir);
  await ensureDir(root);
  for await (const { name } of Deno.readDir(root)) {
    await Deno.remove(path.join(root, name), { recursive: true });
  }
}

/** How to {@linkcode copy}. */
export interface CopyOptions {
  /** Replaces what is there; default `false`. */
  readonly overwrite?: boolean;
}

/** Copies a file, a link or a directory with all it holds. */
export async function copy(
  src: string | URL,
  dest: string | URL,
  { overwrite = false }: CopyOptions = {},
): Promise<void> {
  const [from, to] = [path.resolve(text(src)), path.resolve(text(dest))];
  if (from === to) throw new Error(`Cannot copy "${from}" to itself`);
  if (isInside(to, from)) throw new Error(`Cannot copy "${from}" into itself: "${to}"`);
  if (!overwrite && await linkOf(to)) throw alreadyThere(to);
  await copyTree(from, to, overwrite);
}

async function copyTree(from: string, to: string, overwrite: boolean): Promise<void> {
  const info = await Deno.lstat(from);
  if (info.isSymlink) {
    if (overwrite && await linkOf(to)) await Deno.remove(to);
    await Deno.symlink(await Deno.readLink(from), to);
  } else if (info.isDirectory) {
    await ensureDir(to);
    for await (const { name } of Deno.readDir(from)) {
      await copyTree(path.join(from, name), path.join(to, name), overwrite);
    }
  } else {
    await Deno.copyFile(from, to);
  }
}

/** How to {@linkcode move}. */
export interface MoveOptions {
  /** Replaces what is there; default `false`. */
  readonly overwrite?: boolean;
}

/** Moves a file or a directory. */
export async function move(
  src: string | URL,
  dest: string | URL,
  { overwrite = false }: MoveOptions = {},
): Promise<void> {
  const [from, to] = [path.resolve(text(src)), path.resolve(text(dest))];
  const info = await Deno.stat(from);
  if (info.isDirectory && isInside(to, from)) {
    throw new Deno.errors.NotSupported(`Cannot move "${from}" into itself: "${to}"`);
  }
  if (from !== to && await linkOf(to)) {
    if (!overwrite) throw alreadyThere(to);
    await Deno.remove(to, { recursive: true });
  }
  await Deno.rename(from, to);
}

/** What {@linkcode walk} gives. */
export interface WalkEntry extends Deno.DirEntry {
  /** The entry's path, starting with the root as it was given. */
  path: string;
}

/** What {@linkcode walk} gives and where it goes. */
export interface WalkOptions {
  /** Levels below the root; default: all. */
  readonly maxDepth?: number;
  readonly includeFiles?: boolean;
  readonly includeDirs?: boolean;
  readonly includeSymlinks?: boolean;
  /** Gives what a link points to, and goes into linked directories; default `false`. */
  readonly followSymlinks?: boolean;
  /** Only paths that end with one of these. */
  readonly exts?: readonly string[];
  /** Only paths that match one of these. */
  readonly match?: readonly RegExp[];
  /** No paths that match one of these, and nothing below them. */
  readonly skip?: readonly RegExp[];
}

/** Gives `root` and everything below it, in no particular order. */
export async function* walk(
  root: string | URL,
  options: WalkOptions = {},
): AsyncIterableIterator<WalkEntry> {
  const { maxDepth = Infinity, includeFiles = true, includeDirs = true } = options;
  const { includeSymlinks = true, followSymlinks = false } = options;
  const { exts, match, skip } = options;
  const isSkipped = (at: string) => skip?.some((re) => re.test(at)) ?? false;
  const isWanted = (at: string) =>
    (exts?.some((ext) => at.endsWith(ext.startsWith(".") ? ext : `.${ext}`)) ?? true) &&
    (match?.some((re) => re.test(at)) ?? true) && !isSkipped(at);

  if (maxDepth < 0) return;
  const dir = path.normalize(text(root));
  if (includeDirs && isWanted(dir)) yield await entryOf(dir);
  if (maxDepth < 1 || isSkipped(dir)) return;
  for await (const found of Deno.readDir(dir)) {
    let at = path.join(dir, found.name);
    let entry: WalkEntry = { ...found, path: at };
    if (found.isSymlink) {
      if (!followSymlinks) {
        if (includeSymlinks && isWanted(at)) yield entry;
        continue;
      }
      at = await Deno.realPath(at);
      entry = await entryOf(at);
    }
    if (entry.isDirectory) yield* walk(at, { ...options, maxDepth: maxDepth - 1 });
    else if (includeFiles && isWanted(at)) yield entry;
  }
}

/** What {@linkcode expandGlob} gives and where it looks. */
export interface ExpandGlobOptions {
  /** Directory the glob starts at; default: the current one. */
  readonly root?: string;
  /** Globs of what is left out. */
  readonly exclude?: readonly string[];
  readonly includeDirs?: boolean;
  readonly followSymlinks?: boolean;
}

/** Gives what a glob matches, sorted by path. */
export async function* expandGlob(
  glob: string | URL,
  options: ExpandGlobOptions = {},
): AsyncIterableIterator<WalkEntry> {
  const { root = ".", exclude = [], includeDirs = true, followSymlinks = false } = options;
  const base = path.resolve(root);
  const wanted = path.relative(base, path.resolve(base, text(glob))).replaceAll("\\", "/");
  const pattern = globToRegExp(wanted);
  const left = exclude.map((one) => globToRegExp(one));
  const found: WalkEntry[] = [];
  for await (const entry of walk(base, { includeDirs, followSymlinks })) {
    const at = path.relative(base, entry.path).replaceAll("\\", "/");
    if (pattern.test(at) && !left.some((re) => re.test(at))) found.push(entry);
  }
  yield* found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

async function entryOf(at: string): Promise<WalkEntry> {
  const { isFile, isDirectory, isSymlink } = await Deno.stat(at);
  return { path: at, name: path.basename(at), isFile, isDirectory, isSymlink };
}

async function statOf(at: string | URL): Promise<Deno.FileInfo | undefined> {
  return await absent(Deno.stat(at));
}

async function linkOf(at: string): Promise<Deno.FileInfo | undefined> {
  return await absent(Deno.lstat(at));
}

async function absent<T>(wait: Promise<T>): Promise<T | undefined> {
  try {
    return await wait;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function isInside(inner: string, outer: string): boolean {
  return inner.startsWith(outer + path.sep);
}

function alreadyThere(at: string): Error {
  return new Deno.errors.AlreadyExists(`Cannot write "${at}" as it is there already`);
}

function text(value: string | URL): string {
  return value instanceof URL ? fileURLToPath(value) : value;
}
