/** Finds the line and column of paths in TOML text that was read before. @module */

import type { Finding, Position } from "./finding.ts";
import { MANIFEST_DEPTH, type Placed } from "./json_text.ts";
import { formatPath, type Path } from "./path.ts";

/** Adds to each finding where it is in `text`, or what it is missing from. */
export function locateInToml(text: string, findings: readonly Finding[]): readonly Placed[] {
  if (findings.length === 0) return [];
  const places = placesOf(text, new Set(findings.map((finding) => spotOf(finding))));
  return findings.map((finding) => ({ finding, position: places.get(spotOf(finding)) }));
}

/** Positions of values by their formatted path, as issues have them. */
export function placesInToml(
  text: string,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, Position> {
  const spots = new Set([...wanted].map((path) => `value ${path}`));
  const places = placesOf(text, spots);
  return new Map([...places].map(([spot, position]) => [spot.slice("value ".length), position]));
}

function spotOf({ at, path }: Finding): string {
  if (at === "parent") return spot("value", path.slice(0, -1));
  return spot(at, path);
}

function spot(what: "value" | "key", path: Path): string {
  return `${what} ${formatPath(path)}`;
}

function placesOf(text: string, wanted: ReadonlySet<string>): ReadonlyMap<string, Position> {
  const found = new Map<string, number>();
  new Scanner(text, (what, path, offset) => {
    // Nothing so deep is looked for, and to write each long path out would take for ever.
    if (path.length > MANIFEST_DEPTH + 1) return;
    const name = spot(what, path);
    if (wanted.has(name) && !found.has(name)) found.set(name, offset);
  }).scan();
  return positionsOf(text, found);
}

function positionsOf(
  text: string,
  offsets: ReadonlyMap<string, number>,
): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>();
  let line = 1;
  let start = 0;
  for (const [name, offset] of [...offsets].toSorted(([, a], [, b]) => a - b)) {
    for (;;) {
      const next = text.indexOf("\n", start);
      if (next === -1 || next >= offset) break;
      start = next + 1;
      line++;
    }
    positions.set(name, { line, column: offset - start + 1 });
  }
  return positions;
}

type Note = (what: "value" | "key", path: Path, offset: number) => void;

const BARE_KEY = /[A-Za-z0-9_-]+/y;
/** A number, a date or a word: what needs no quotes. */
const BARE_VALUE = /[^\s,\]}#]+/y;
const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  e: "\x1b",
};

/** Walks through text that is known to be TOML: it may be wrong about other text, but it ends. */
class Scanner {
  readonly #text: string;
  readonly #note: Note;
  #at = 0;

  constructor(text: string, note: Note) {
    this.#text = text;
    this.#note = note;
  }

  scan(): void {
    /** How many tables of a list there were, by the path of the list. */
    const counts = new Map<string, number>();
    let table: Path = [];
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      const start = this.#at;
      if (this.#text[start] === "[") {
        table = this.#header(counts);
        this.#note("value", table, start);
        this.#note("key", table, start);
      } else {
        this.#pair(table);
      }
      // Nothing here may stand still, whatever the text is.
      if (this.#at === start) this.#at++;
    }
  }

  #header(counts: Map<string, number>): Path {
    const isList = this.#text.startsWith("[[", this.#at);
    this.#at += isList ? 2 : 1;
    const keys = this.#keys([]);
    const path: (string | number)[] = [];
    for (const [depth, key] of keys.entries()) {
      path.push(key);
      if (depth > MANIFEST_DEPTH) continue;
      const name = formatPath(path);
      const count = counts.get(name);
      if (isList && depth === keys.length - 1) {
        counts.set(name, (count ?? 0) + 1);
        path.push(count ?? 0);
      } else if (count !== undefined) {
        path.push(count - 1);
      }
    }
    while (this.#text[this.#at] === "]") this.#at++;
    return path;
  }

  #pair(base: Path): void {
    const start = this.#at;
    const path = [...base, ...this.#keys(base)];
    this.#note("key", path, start);
    if (this.#text[this.#at] === "=") this.#at++;
    this.#skip();
    this.#value(path);
  }

  /** Dotted keys; the tables that they open on the way are noted, too. */
  #keys(base: Path): string[] {
    const keys: string[] = [];
    const start = this.#at;
    for (;;) {
      this.#skipBlanks();
      const before = this.#at;
      const quote = this.#text[this.#at];
      keys.push(quote === '"' || quote === "'" ? this.#quoted(quote) : this.#match(BARE_KEY));
      this.#skipBlanks();
      if (this.#text[this.#at] !== "." || this.#at === before) return keys;
      this.#at++;
      if (base.length + keys.length > MANIFEST_DEPTH) continue;
      this.#note("key", [...base, ...keys], start);
      this.#note("value", [...base, ...keys], start);
    }
  }

  #value(path: Path): void {
    this.#note("value", path, this.#at);
    switch (this.#text[this.#at]) {
      case '"':
      case "'":
        this.#string(this.#text[this.#at] ?? "");
        break;
      case "[":
        this.#items("]", (index) => this.#value([...path, index]));
        break;
      case "{":
        this.#items("}", () => this.#pair(path));
        break;
      default:
        this.#match(BARE_VALUE);
        // A date and a time may have a space between them.
        if (/^ \d\d:/.test(this.#text.slice(this.#at, this.#at + 4))) {
          this.#at++;
          this.#match(BARE_VALUE);
        }
    }
  }

  #items(end: string, item: (index: number) => void): void {
    this.#at++;
    for (let index = 0; this.#at < this.#text.length; index++) {
      this.#skip();
      if (this.#text[this.#at] === end) break;
      const start = this.#at;
      item(index);
      this.#skip();
      if (this.#text[this.#at] === ",") this.#at++;
      if (this.#at === start) return;
    }
    this.#at++;
  }

  #string(quote: string): void {
    const triple = quote.repeat(3);
    if (!this.#text.startsWith(triple, this.#at)) {
      this.#quoted(quote);
      return;
    }
    this.#at += 3;
    while (this.#at < this.#text.length && !this.#text.startsWith(triple, this.#at)) {
      this.#at += quote === '"' && this.#text[this.#at] === "\\" ? 2 : 1;
    }
    // Up to two quotes may stand before the three that end it.
    while (this.#text[this.#at] === quote) this.#at++;
  }

  #quoted(quote: string): string {
    const start = ++this.#at;
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote) {
      this.#at += quote === '"' && this.#text[this.#at] === "\\" ? 2 : 1;
    }
    const raw = this.#text.slice(start, this.#at++);
    return quote === "'" ? raw : unescaped(raw);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  /** Passes blanks, line ends and comments. */
  #skip(): void {
    for (;;) {
      const next = this.#text[this.#at];
      if (next === "#") {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end === -1 ? this.#text.length : end;
      } else if (next !== undefined && " \t\r\n".includes(next)) this.#at++;
      else return;
    }
  }
}

function unescaped(raw: string): string {
  return raw.replace(
    /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))/g,
    (_all, short, long, byte, letter) => {
      const hex = short ?? long ?? byte;
      if (hex !== undefined) return String.fromCodePoint(Math.min(parseInt(hex, 16), 0x10ffff));
      return ESCAPES[letter] ?? letter;
    },
  );
}
