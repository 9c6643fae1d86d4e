/** Stand-in for `@std/path`: the functions this project uses, on `node:path`. @module */

import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What separates the parts of a path on this system. */
export const SEPARATOR: "/" | "\\" = path.sep;

/** One or more separators. */
export const SEPARATOR_PATTERN: RegExp = path.sep === "/" ? /\/+/ : /[\\/]+/;

/** Joins `parts` and normalizes the result. */
export function join(first?: string | URL, ...parts: string[]): string {
  return path.join(text(first ?? "."), ...parts);
}

/** Resolves `parts` from right to left into an absolute path. */
export function resolve(...parts: string[]): string {
  return path.resolve(...parts);
}

/** The path from `from` to `to`. */
export function relative(from: string, to: string): string {
  return path.relative(from, to);
}

/** Removes `.`, `..` and repeated separators where that does not change the meaning. */
export function normalize(value: string | URL): string {
  return path.normalize(text(value));
}

/** Whether `value` starts at a root. */
export function isAbsolute(value: string): boolean {
  return path.isAbsolute(value);
}

/** The path of the directory that holds `value`. */
export function dirname(value: string | URL): string {
  const dir = path.dirname(text(value));
  const root = path.parse(dir).root;
  let end = dir.length;
  while (end > root.length && isSeparator(dir[end - 1])) end--;
  return dir.slice(0, end);
}

/** The last part of `value`, without `suffix`. */
export function basename(value: string | URL, suffix = ""): string {
  const whole = text(value);
  const isOnlySeparators = whole !== "" && [...whole].every(isSeparator);
  return isOnlySeparators ? path.sep : path.basename(whole, suffix);
}

/** The extension of the last part of `value`, with its dot. */
export function extname(value: string | URL): string {
  return path.extname(text(value));
}

/** The path that a `file:` URL names. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

/** The `file:` URL of an absolute path. */
export function toFileUrl(value: string): URL {
  if (!path.isAbsolute(value)) {
    throw new TypeError(`Cannot make a file URL as the path must be absolute: it is "${value}"`);
  }
  return pathToFileURL(value, { windows: process.platform === "win32" });
}

/** How a glob is read. */
export interface GlobToRegExpOptions {
  /** `**` stands for any number of directories; default `true`. */
  readonly globstar?: boolean;
  /** Letters match in either case; default `false`. */
  readonly caseInsensitive?: boolean;
}

/** A regular expression for whole paths: `*`, `**`, `?`, `[abc]`, `{a,b}`. */
export function globToRegExp(glob: string, options: GlobToRegExpOptions = {}): RegExp {
  const { globstar = true, caseInsensitive = false } = options;
  const separator = path.sep === "/" ? "/" : "[\\\\/]";
  const other = path.sep === "/" ? "[^/]" : "[^\\\\/]";
  const parts = glob.split("/");
  let source = "";
  parts.forEach((part, index) => {
    const isLast = index === parts.length - 1;
    if (part === "**" && globstar) {
      source += isLast ? ".*" : `(?:${other}*${separator}+)*`;
    } else {
      source += segment(part, other) + (isLast ? `${separator}*` : `${separator}+`);
    }
  });
  return new RegExp(`^${source}$`, caseInsensitive ? "i" : "");
}

function segment(part: string, other: string): string {
  let depth = 0;
  return part.replace(/\\?.|\[!?[^\]]*\]/gs, (token, at: number) => {
    const inClass = part.lastIndexOf("[", at) > part.lastIndexOf("]", at - 1);
    if (token.length === 2) return `\\${token[1]}`;
    if (inClass && part.includes("]", at)) return token === "!" ? "^" : token;
    switch (token) {
      case "*":
        return `${other}*`;
      case "?":
        return other;
      case "{":
        depth++;
        return "(?:";
      case "}":
        if (depth === 0) return "\\}";
        depth--;
        return ")";
      case ",":
        return depth > 0 ? "|" : ",";
      default:
        return token.replace(/[.+^$()|[\]\\/]/, "\\$&");
    }
  });
}

function isSeparator(char: string | undefined): boolean {
  return char === "/" || char === path.sep;
}

function text(value: string | URL): string {
  return value instanceof URL ? fromFileUrl(value) : value;
}
