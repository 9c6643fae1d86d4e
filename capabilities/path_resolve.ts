/** Reading a path that a guest wrote: pure, and the same on every system. @module */

/** Longest path and longest part, as common file systems have them. */
const MAX_PATH = 4_096;
const MAX_PART_BYTES = 255;
/** Deeper trees make every walk over them slow. */
const MAX_PARTS = 64;

/** A path in its parts: none of them empty, `.` or `..`. */
export interface PlainPath {
  /** Whether it starts at the root of the file system instead of the extension's own. */
  readonly absolute: boolean;
  readonly parts: readonly string[];
}

/** What {@linkcode resolvePath} answers: the path, or what is wrong with it. */
export type ResolvedPath =
  | { readonly ok: true; readonly path: PlainPath }
  | { readonly ok: false; readonly why: string };

// deno-lint-ignore no-control-regex -- these are what must not be in a path
const CONTROLS = /[\0-\x1f\x7f]/;
/** What a decoder further down would turn into a step, a separator or an end. */
const ENCODED = /%(?:2e|2f|5c|00)/i;
/** Names that are devices in every directory of some systems, whatever their ending. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])(?:\.|$)/i;

/**
 * Reads `text`, which has `/` between its parts. What would mean something else on another system, or
 * to another reader, is refused instead of repaired.
 */
export function resolvePath(text: string): ResolvedPath {
  const why = problemOf(text);
  if (why !== undefined) return { ok: false, why };
  const parts: string[] = [];
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    const wrong = problemOfPart(part);
    if (wrong !== undefined) return { ok: false, why: wrong };
    parts.push(part);
  }
  if (parts.length > MAX_PARTS) return { ok: false, why: `it has more than ${MAX_PARTS} parts` };
  return { ok: true, path: { absolute: text.startsWith("/"), parts } };
}

/** The path as {@linkcode resolvePath} reads it; `.` is the extension's own root. */
export function formatPath({ absolute, parts }: PlainPath): string {
  if (absolute) return `/${parts.join("/")}`;
  return parts.length === 0 ? "." : parts.join("/");
}

/** Whether `inner` is `outer` or below it. */
export function containsPath(outer: PlainPath, inner: PlainPath): boolean {
  return outer.absolute === inner.absolute && outer.parts.length <= inner.parts.length &&
    outer.parts.every((part, at) => part === inner.parts[at]);
}

function problemOf(text: string): string | undefined {
  if (text.length > MAX_PATH) return `it is longer than ${MAX_PATH} characters`;
  if (CONTROLS.test(text)) return "it has control characters";
  if (!text.isWellFormed()) return "it is not well-formed text";
  // also what names a drive, a share or a stream of a file
  if (text.includes("\\") || text.includes(":")) return "it has a backslash or a colon";
  if (text.startsWith("//")) return "it starts with two slashes";
  if (ENCODED.test(text)) return "it has encoded dots or separators";
  return undefined;
}

function problemOfPart(part: string): string | undefined {
  if (part === "..") return "it climbs";
  // some systems drop them, and then it is another file
  if (/[. ]$/.test(part)) return "a part of it ends in a dot or a space";
  if (DEVICE.test(part)) return "a part of it names a device";
  const bytes = new TextEncoder().encode(part).length;
  return bytes > MAX_PART_BYTES ? `a part of it is longer than ${MAX_PART_BYTES} bytes` : undefined;
}
