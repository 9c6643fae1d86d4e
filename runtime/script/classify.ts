/** Tells modules, CommonJS and scripts apart, and finds literal specifiers: one linear pass, no parsing. @module */

import { tokenize } from "./tokens.ts";

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

/** Most literal specifiers of one file: each is looked up, and a graph has far fewer files. */
export const REFERENCES_LIMIT = 10_000;

/** The last tokens that are remembered; the longest pattern is `from "x" with { type: "json"`. */
const HISTORY = 8;
const LAST = HISTORY - 1;

/** Words that mean something here, by a number each. */
const WORDS = [
  "",
  "import",
  "export",
  "from",
  "require",
  "module",
  "exports",
  "meta",
  "with",
  "type",
  "function",
] as const;
type Word = typeof WORDS[number];
const NUMBERS: ReadonlyMap<string, number> = new Map(WORDS.map((word, number) => [word, number]));
const LONGEST_WORD = 8;
const SHORTEST_WORD = 4;

/** Punctuation is known by its character, whose number is larger than any word's. */
const STRING = -1;
const OTHER = -2;
/** The string "type", which is a name too in `with { "type": "json" }`. */
const STRING_TYPE = -3;

const numberOf = (word: Word): number => NUMBERS.get(word) ?? 0;
const IMPORT = numberOf("import");
const EXPORT = numberOf("export");
const FROM = numberOf("from");
const REQUIRE = numberOf("require");
const MODULE = numberOf("module");
const EXPORTS = numberOf("exports");
const META = numberOf("meta");
const WITH = numberOf("with");
const TYPE = numberOf("type");
const FUNCTION = numberOf("function");
const DOT = ".".charCodeAt(0);
const COLON = ":".charCodeAt(0);
const STAR = "*".charCodeAt(0);
const OPEN_ROUND = "(".charCodeAt(0);
const OPEN_CURLY = "{".charCodeAt(0);

/**
 * Scans JavaScript text. A hostile text can fool it, and gains nothing: what it finds is only
 * read ahead; the rules of the graph are applied when the realm links. Of more than
 * {@linkcode REFERENCES_LIMIT} references it gives one too many.
 */
export function scan(text: string): Scan {
  const references: { -readonly [key in keyof Reference]: Reference[key] }[] = [];
  /** What each of the last tokens is, and how many brackets were open around it. */
  const tokens = new Int32Array(HISTORY);
  const depths = new Int32Array(HISTORY);
  let count = HISTORY;
  let lastImport = -HISTORY;
  let module = false;
  let commonjs = false;
  let line = 1;
  let lineEnd = 0;

  const lineAt = (position: number): number => {
    for (; lineEnd < position; lineEnd++) if (text.charCodeAt(lineEnd) === 10) line++;
    return line;
  };
  const add = (form: Reference["form"], start: number, end: number) => {
    if (references.length > REFERENCES_LIMIT) return;
    const specifier = text.slice(start + 1, end - 1);
    // An escaped specifier is left to the realm's own parser.
    if (specifier.includes("\\")) return;
    references.push({ specifier, form, attributeType: undefined, line: lineAt(start) });
    if (form === "import") lastImport = count;
  };
  const wordAt = (start: number, end: number): number => {
    const length = end - start;
    if (length < SHORTEST_WORD || length > LONGEST_WORD) return 0;
    return NUMBERS.get(text.slice(start, end)) ?? 0;
  };

  tokenize(text, (kind, start, end, depth) => {
    const one = tokens[(count - 1) & LAST];
    const two = tokens[(count - 2) & LAST];
    const three = tokens[(count - 3) & LAST];
    let token: number;
    if (kind === "word") {
      token = wordAt(start, end);
      if (depths[(count - 1) & LAST] === 0 && two !== DOT && (one === IMPORT || one === EXPORT)) {
        module = true;
      }
      if (token === META && one === DOT && two === IMPORT) module = true;
      if (token === EXPORTS && one === DOT && two === MODULE && three !== DOT) commonjs = true;
    } else if (kind === "punct") {
      token = text.charCodeAt(start);
      if (
        (token === OPEN_CURLY || token === STAR) && depths[(count - 1) & LAST] === 0 &&
        two !== DOT && (one === IMPORT || one === EXPORT)
      ) module = true;
      if (token === DOT && one === EXPORTS && two !== DOT) commonjs = true;
      if (token === OPEN_ROUND && one === REQUIRE && two !== DOT && two !== FUNCTION) {
        commonjs = true;
      }
    } else if (kind === "string") {
      token = end - start === 6 && text.startsWith("type", start + 1) ? STRING_TYPE : STRING;
      if (depth === 0 && one === IMPORT && two !== DOT) {
        module = true;
        add("import", start, end);
      } else if (depth === 0 && one === FROM && two !== DOT) {
        add("import", start, end);
      } else if (one === OPEN_ROUND && two === REQUIRE && three !== DOT) {
        add("require", start, end);
      } else if (
        count - lastImport === 5 && one === COLON && (two === TYPE || two === STRING_TYPE) &&
        three === OPEN_CURLY &&
        tokens[(count - 4) & LAST] === WITH
      ) {
        const last = references.at(-1);
        if (last) last.attributeType = text.slice(start + 1, end - 1);
      }
    } else token = OTHER;
    tokens[count & LAST] = token;
    depths[count & LAST] = depth;
    count++;
  });
  return { module, commonjs, references };
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
