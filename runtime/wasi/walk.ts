/**
 * Where a guest's path leads. Every step is looked at before it is taken, links are followed here and
 * nowhere else, and nothing leads above the directory that the path starts from.
 *
 * @module
 */

import { fail, type FileStat, type FileTree, FILETYPE } from "./files.ts";

/** Longest path and longest name, in bytes, as common file systems have them. */
const PATH_BYTES = 4_096;
const NAME_BYTES = 255;
/** Most links on the way: a loop of them would never end. */
const LINKS = 32;

/** Where a path starts. */
export interface Start {
  readonly tree: FileTree;
  /** The directory's own path in its tree; "" for the root. */
  readonly path: string;
}

/** Where a path leads. */
export interface Place {
  readonly tree: FileTree;
  /** In its tree. */
  readonly path: string;
  /** What is there; `undefined` for nothing, and then only the last name is missing. */
  readonly stat: FileStat | undefined;
  /** Whether the path was written as that of a directory, with a slash at its end. */
  readonly slash: boolean;
  /** Whether it ends in a name; `.` and `..` are none. */
  readonly named: boolean;
}

const encoder = new TextEncoder();

/** Follows `text` from `start`; the last link only where `follow` says so, or a slash comes after it. */
export function walk(
  start: Start,
  text: string,
  follow: boolean,
  tick: (cost: number) => void,
): Place {
  const { tree } = start;
  if (text === "") fail("NOENT");
  if (text.includes("\0")) fail("INVAL");
  if (text.length > PATH_BYTES) fail("NAMETOOLONG");
  if (text.startsWith("/")) fail("NOTCAPABLE");
  let slash = text.endsWith("/");
  let links = 0;
  /** Steps still to take, the next one last. */
  const ahead = stepsOf(text);
  const taken: string[] = [];
  const here = (name?: string) => joined(start.path, name === undefined ? taken : [...taken, name]);
  for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
    tick(1);
    if (step === ".") continue;
    if (step === "..") {
      if (taken.length === 0) fail("NOTCAPABLE");
      taken.pop();
      continue;
    }
    checkName(step);
    const path = here(step);
    const stat = tree.stat(path);
    const last = ahead.length === 0;
    if (stat?.type === FILETYPE.SYMBOLIC_LINK && (!last || follow || slash)) {
      if (++links > LINKS) fail("LOOP");
      const target = tree.readLink(path);
      if (target === "") fail("NOENT");
      if (target.startsWith("/")) fail("NOTCAPABLE");
      if (target.length > PATH_BYTES) fail("NAMETOOLONG");
      if (last && target.endsWith("/")) slash = true;
      ahead.push(...stepsOf(target));
      continue;
    }
    if (last) return { tree, path, stat, slash, named: true };
    if (stat === undefined) fail("NOENT");
    if (stat.type !== FILETYPE.DIRECTORY) fail("NOTDIR");
    taken.push(step);
  }
  const path = here();
  return { tree, path, stat: tree.stat(path), slash: true, named: false };
}

/** The steps of a path, the first one last; doubled slashes are one. */
function stepsOf(text: string): string[] {
  return text.split("/").filter((step) => step !== "").reverse();
}

function checkName(name: string): void {
  const long = name.length > NAME_BYTES ||
    (name.length * 3 > NAME_BYTES && encoder.encode(name).length > NAME_BYTES);
  if (long) fail("NAMETOOLONG");
}

function joined(base: string, parts: readonly string[]): string {
  const below = parts.join("/");
  return base === "" ? below : below === "" ? base : `${base}/${below}`;
}
