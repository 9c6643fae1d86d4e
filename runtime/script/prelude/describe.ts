/** Turns whatever guest code throws or logs into text, inside its realm. @module */

import type { Kit } from "./kit.ts";

/** The two ways of showing a value. */
export interface Describe {
  /** An error with its stack, or any other thrown value; never throws, at most 4,096 characters. */
  readonly thrown: (value: unknown) => string;
  /** Arguments of one `console` call; may run guest code, never throws. */
  readonly line: (values: readonly unknown[]) => string;
}

/** Self-contained: its text runs inside the realm. */
export function makeDescribe(kit: Kit): Describe {
  const { text, slice, indexOf, stringify, table } = kit;
  // What the host keeps of an error; see its own limit.
  const thrownLimit = 4096;
  // A console line longer than this is cut: the log takes no more.
  const lineLimit = 8192;
  // Nesting below this is shown as a mark.
  const depthLimit = 4;
  // Members of one object that are shown.
  const memberLimit = 50;

  const clip = (value: string, limit: number): string =>
    value.length > limit ? `${slice(value, 0, limit - 1)}…` : value;

  /** A property as text; empty for one that is missing or refuses. */
  function read(value: object, key: string): string {
    try {
      const found = (value as Record<string, unknown>)[key];
      return typeof found === "string" ? found : found === undefined ? "" : text(found);
    } catch {
      return "";
    }
  }

  function errorText(error: object): string {
    const name = clip(read(error, "name"), 200) || "Error";
    const message = clip(read(error, "message"), thrownLimit);
    const head = message === "" ? name : `${name}: ${message}`;
    // A search in more than this could take minutes: both texts are the guest's.
    const stack = clip(read(error, "stack"), 4 * thrownLimit);
    if (stack === "") return head;
    if (indexOf(stack, head) === 0) return stack;
    const frames = indexOf(stack, "    at ");
    return frames < 0 ? head : `${head}\n${slice(stack, frames)}`;
  }

  function thrown(value: unknown): string {
    try {
      if (kit.isError(value)) return clip(errorText(value), thrownLimit);
      return clip(typeof value === "string" ? value : show(value, 0, table()), thrownLimit);
    } catch {
      return "a value that cannot be shown was thrown";
    }
  }

  /** `above` holds the objects on the way down, so that a cycle ends. */
  function show(value: unknown, depth: number, above: Record<number, unknown>): string {
    if (typeof value === "string") return depth === 0 ? value : stringify(value) ?? "";
    if (typeof value === "bigint") return `${text(value)}n`;
    if (typeof value === "function") return `[Function: ${read(value, "name")}]`;
    if (typeof value !== "object" || value === null) return text(value);
    for (let i = 0; i < depth; i++) if (above[i] === value) return "[Circular]";
    if (kit.isError(value)) return errorText(value);
    const bytes = kit.bytesOf(value);
    if (bytes) return `[${bytes.length} bytes]`;
    if (depth >= depthLimit) return kit.isArray(value) ? "[Array]" : "[Object]";
    above[depth] = value;
    return kit.isArray(value)
      ? showArray(value, depth + 1, above)
      : showObject(value, depth + 1, above);
  }

  function showArray(values: unknown[], depth: number, above: Record<number, unknown>): string {
    let out = "";
    for (let i = 0; i < values.length && i < memberLimit; i++) {
      out += (i === 0 ? "" : ", ") + show(values[i], depth, above);
      if (out.length > lineLimit) break;
    }
    return values.length > memberLimit ? `[${out}, … ${values.length} items]` : `[${out}]`;
  }

  function showObject(value: object, depth: number, above: Record<number, unknown>): string {
    const keys = kit.keysOf(value);
    const tag = slice(kit.toTag(value), 8, -1);
    const kind = tag === "Object" ? "" : `${tag} `;
    let out = "";
    for (let i = 0; i < keys.length && i < memberLimit; i++) {
      const key = keys[i] as string;
      const member = show((value as Record<string, unknown>)[key], depth, above);
      out += (i === 0 ? " " : ", ") + `${key}: ${member}`;
      if (out.length > lineLimit) break;
    }
    const more = keys.length > memberLimit ? ", …" : "";
    return out === "" ? `${kind}{}` : `${kind}{${out}${more} }`;
  }

  function line(values: readonly unknown[]): string {
    let out = "";
    for (let i = 0; i < values.length; i++) {
      try {
        out += (i === 0 ? "" : " ") + show(values[i], 0, table());
      } catch {
        out += "[cannot be shown]";
      }
      if (out.length > lineLimit) break;
    }
    return clip(out, lineLimit);
  }

  return { thrown, line };
}
