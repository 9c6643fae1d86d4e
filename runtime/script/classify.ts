/** Tells modules, CommonJS and scripts apart, and finds literal specifiers: one linear pass, no parsing. @module */

import { tokenize, type TokenKind } from "./tokens.ts";

/** What a file of guest code is. */
export type ScriptKind = "module" | "commonjs" | "script" | "json" | "text";

/** One literal specifier found in a file. */
export interface Reference {
  readonly specifier: string;
  readonly form: "import" | "require";
  /** The value of `with { type: "…" }`. */
  readonly attributeType: string | undefined;
  /** Line of the specifier, from 1. */
  readonly line: number;
}

/** What one pass over a file's text tells. */
export interface Scan {
  /** It has import or export syntax. */
  readonly module: boolean;
  /** It has `module.exports`, `exports.` or `require(`. */
  readonly commonjs: boolean;
  readonly references: readonly Reference[];
}

/** How many tokens back the longest pattern looks: `from "x" with { type: "json"`. */
const HISTORY = 6;

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly depth: number;
}

const NOTHING: Token = { kind: "punct", text: "", depth: 0 };

/**
 * Scans JavaScript text. A hostile text can fool it, and gains nothing: what it finds is only
 * read ahead; the rules of the graph are applied when the realm links.
 */
export function scan(text: string): Scan {
  const references: { -readonly [key in keyof Reference]: Reference[key] }[] = [];
  const history: Token[] = Array.from({ length: HISTORY }, () => NOTHING);
  const back = (n: number): Token => history[(count - n + HISTORY * 2) % HISTORY] ?? NOTHING;
  const isWord = (token: Token, word: string) => token.kind === "word" && token.text === word;
  const isPunct = (token: Token, char: string) => token.kind === "punct" && token.text === char;
  let count = 0;
  let lastImport = -HISTORY;
  let module = false;
  let commonjs = false;
  let line = 1;
  let lineEnd = 0;

  const lineAt = (position: number): number => {
    for (; lineEnd < position; lineEnd++) if (text.charCodeAt(lineEnd) === 10) line++;
    return line;
  };
  const add = (form: Reference["form"], token: Token, start: number) => {
    // An escaped specifier is left to the realm's own parser.
    if (token.text.includes("\\")) return;
    references.push({
      specifier: token.text,
      form,
      attributeType: undefined,
      line: lineAt(start),
    });
    if (form === "import") lastImport = count;
  };

  tokenize(text, (kind, start, end, depth) => {
    const long = kind !== "string" && end - start > 8;
    const token: Token = {
      kind,
      text: long ? "" : kind === "string" ? text.slice(start + 1, end - 1) : text.slice(start, end),
      depth,
    };
    const one = back(1), two = back(2), three = back(3);
    const afterImport = isWord(one, "import") && !isPunct(two, ".");
    if (kind === "string") {
      if (depth === 0 && afterImport) {
        module = true;
        add("import", token, start);
      } else if (depth === 0 && isWord(one, "from") && !isPunct(two, ".")) {
        add("import", token, start);
      } else if (isPunct(one, "(") && isWord(two, "require") && !isPunct(three, ".")) {
        add("require", token, start);
      } else if (
        count - lastImport === 5 && isPunct(one, ":") && two.text === "type" &&
        isPunct(three, "{") && isWord(back(4), "with")
      ) {
        const last = references.at(-1);
        if (last) last.attributeType = token.text;
      }
    } else if (kind === "word") {
      if (one.depth === 0 && (afterImport || isExport(one, two))) module = true;
      if (token.text === "meta" && isPunct(one, ".") && isWord(two, "import")) module = true;
      if (
        token.text === "exports" && isPunct(one, ".") && isWord(two, "module") &&
        !isPunct(three, ".")
      ) commonjs = true;
    } else if (kind === "punct") {
      if (token.text === "{" || token.text === "*") {
        if (one.depth === 0 && (afterImport || isExport(one, two))) module = true;
      }
      if (token.text === "." && isWord(one, "exports") && !isPunct(two, ".")) commonjs = true;
      if (
        token.text === "(" && isWord(one, "require") && !isPunct(two, ".") &&
        !isWord(two, "function")
      ) commonjs = true;
    }
    history[count % HISTORY] = token;
    count++;
  });
  return { module, commonjs, references };

  function isExport(one: Token, two: Token): boolean {
    return isWord(one, "export") && !isPunct(two, ".");
  }
}

/** Whether a file has types to be removed first. */
export function isTypeScript(path: string): boolean {
  return /\.[mc]?ts$/.test(path);
}

/** The one rule of guest-abis: `.mjs`, `.ts` or module syntax, else CommonJS, else a script. */
export function kindOf(path: string, found: Scan): "module" | "commonjs" | "script" {
  if (/\.c[jt]s$/.test(path)) return "commonjs";
  if (found.module || /\.(?:mjs|m?ts)$/.test(path)) return "module";
  return found.commonjs ? "commonjs" : "script";
}
