/** Strict JSON text in, a value out, with what is wrong in the text itself. @module */

import { type JSONVisitor, type ParseErrorCode, visit } from "jsonc-parser";
import type { Finding, Position } from "./finding.ts";
import type { Json } from "./manifest.ts";
import type { Path } from "./path.ts";

/** Most bytes of a manifest: reading one must not cost a host its memory. */
const MANIFEST_BYTES: number = 1024 * 1024;

/** Deepest nesting: readers recurse, and 10⁵ brackets would end their stack. */
export const MANIFEST_DEPTH = 64;

/** What was read. */
export interface JsonText {
  /** The text without a byte order mark; positions count from its start. */
  readonly text: string;
  /** `undefined` when the text is not JSON. */
  readonly value: Json | undefined;
  /** What is wrong with the text: each with its position, where there is one. */
  readonly found: readonly Placed[];
}

/** A finding and where it is. */
export interface Placed {
  readonly finding: Finding;
  readonly position: Position | undefined;
}

/** Reads `input`, at most {@linkcode MANIFEST_BYTES} of UTF-8; never throws for bad text. */
export function readJson(input: string | Uint8Array): JsonText {
  const { text: plain, found: before } = plainText(input);
  if (plain === undefined) return { text: "", value: undefined, found: before };
  const { text, value, found } = readText(plain);
  return { text, value, found: [...before, ...found] };
}

/** A manifest's text, whatever it is written in. */
export interface PlainText {
  /** Without a byte order mark; `undefined` when there is no text to be read. */
  readonly text: string | undefined;
  /** What is wrong with it. */
  readonly found: readonly Placed[];
}

/** The text of `input`, at most {@linkcode MANIFEST_BYTES} of UTF-8; never throws. */
export function plainText(input: string | Uint8Array): PlainText {
  const unreadable = (message: string) => ({ text: undefined, found: [problem([], message)] });
  const bytes = byteLength(input);
  if (bytes > MANIFEST_BYTES) {
    return unreadable(`must have at most ${MANIFEST_BYTES} bytes: current size is ${bytes}`);
  }
  const decoded = typeof input === "string" ? input : decode(input);
  if (decoded === undefined) return unreadable("must be UTF-8 text");
  if (!decoded.startsWith("\ufeff")) return { text: decoded, found: [] };
  const mark = problem([], "must not begin with a byte order mark", { line: 1, column: 1 });
  return { text: decoded.slice(1), found: [mark] };
}

function readText(text: string): JsonText {
  const { found, readable } = inspectText(text);
  if (!readable) return { text, value: undefined, found };
  try {
    return { text, value: JSON.parse(text), found };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return {
      text,
      value: undefined,
      found: found.length > 0 ? found : [problem([], "is not JSON")],
    };
  }
}

function byteLength(input: string | Uint8Array): number {
  if (typeof input !== "string") return input.byteLength;
  // Encoding costs memory: not for a text that is too long in any case, or short enough in any case.
  if (input.length > MANIFEST_BYTES || input.length * 3 <= MANIFEST_BYTES) return input.length;
  return new TextEncoder().encode(input).byteLength;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Thrown through the reader, which has no other way to be stopped before it recurses further. */
class TooDeep extends Error {}

/** Syntax errors, keys that JSON itself would let pass, and whether the text is worth parsing. */
function inspectText(text: string): { readonly found: Placed[]; readonly readable: boolean } {
  const found: Placed[] = [];
  try {
    visit(text, textVisitor(text, found), { disallowComments: true });
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    return { found, readable: false };
  }
  return { found, readable: true };
}

function textVisitor(text: string, found: Placed[]): JSONVisitor {
  // The line of every key of the objects that are open; a list has no keys.
  const scopes: Map<string, number>[] = [];
  const failed = new Set<number>();
  const open = (_offset: number, _length: number, line: number, column: number) => {
    if (scopes.length === MANIFEST_DEPTH) {
      const message = `must not nest deeper than ${MANIFEST_DEPTH} levels`;
      found.push(problem([], message, { line: line + 1, column: column + 1 }));
      throw new TooDeep();
    }
    scopes.push(new Map());
  };
  const close = () => void scopes.pop();
  return {
    onObjectBegin: open,
    onObjectEnd: close,
    onArrayBegin: open,
    onArrayEnd: close,
    onObjectProperty: (key, _offset, _length, line, column, pathOfParent) => {
      const position = { line: line + 1, column: column + 1 };
      const refuse = (message: string) =>
        void found.push(problem([...pathOfParent(), key], message, position, "key"));
      const first = scopes.at(-1)?.get(key);
      if (first !== undefined) refuse(`must not be repeated: line ${first} has it already`);
      else scopes.at(-1)?.set(key, position.line);
      if (key === "__proto__") refuse("must not be used as a key");
    },
    onError: (code, offset, _length, line, column) => {
      // One slip makes the reader complain several times in a row.
      if (failed.has(line)) return;
      failed.add(line);
      const message = syntaxMessage(code, text[offset] ?? "");
      found.push(problem([], message, { line: line + 1, column: column + 1 }));
    },
  };
}

/** `jsonc-parser`'s error numbers in words; its enumeration exists in types only. */
const SYNTAX: { readonly [code: number]: string } = {
  1: "has something here that is no JSON value",
  2: "has a malformed number here",
  3: "must have a key in double quotes here",
  4: "must have a value here",
  5: "must have a colon here",
  6: "must have a comma here",
  7: 'must have a "}" here',
  8: 'must have a "]" here',
  9: "must end here",
  10: "must not contain comments",
  11: "has a comment without an end here",
  12: "has a string without an end here",
  13: "has a number without an end here",
  14: "has a malformed \\u escape here",
  15: "has an unknown escape in the string here",
  16: "has a control character in the string here",
};

function syntaxMessage(code: ParseErrorCode, next: string): string {
  const trailing = (code === 3 && next === "}") || (code === 4 && next === "]");
  if (trailing) return `must not have a comma before "${next}"`;
  return SYNTAX[code] ?? "is not JSON from here on";
}

function problem(
  path: Path,
  message: string,
  position?: Position,
  at: Finding["at"] = "value",
): Placed {
  return { finding: { severity: "error", path, at, message }, position };
}
