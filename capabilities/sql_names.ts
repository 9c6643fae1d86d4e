/** Which tables a text of SQL names, read without the database: what is refused by it tells nothing of what there is. @module */

/** One table that a text names. */
export interface NamedTable {
  /** As it is written, without quotes and schema. */
  readonly name: string;
  /** Whether the statement would change it. */
  readonly changes: boolean;
}

interface Token {
  /** A word in upper case, a quoted name, or a sign. */
  readonly kind: "word" | "name" | "sign";
  readonly text: string;
}

/** Blanks and comments; names in each of SQLite's quotes; words, numbers among them; any other sign. */
const TOKENS =
  /\s+|--[^\n]*|\/\*[^]*?(?:\*\/|$)|"((?:[^"]+|"")*)(?:"|$)|`((?:[^`]+|``)*)(?:`|$)|\[([^\]]*)(?:\]|$)|'((?:[^']+|'')*)(?:'|$)|([\w$\u0080-\uffff]+)|([^])/g;

/** What may stand between a keyword and the table that it is about. */
const BETWEEN: ReadonlySet<string> = new Set(
  ["ABORT", "EXISTS", "FAIL", "IF", "IGNORE", "NOT", "OR", "REPLACE", "ROLLBACK"],
);
/** Words after which the names between commas are no tables any more. */
const ENDS_FROM: ReadonlySet<string> = new Set([
  "EXCEPT",
  "GROUP",
  "HAVING",
  "INTERSECT",
  "LIMIT",
  "ORDER",
  "RETURNING",
  "SELECT",
  "SET",
  "UNION",
  "VALUES",
  "WHERE",
  "WINDOW",
]);
/** `AFTER UPDATE OF … ON`, `IN WITH`: no table follows. */
const NO_TABLE: ReadonlySet<string> = new Set(["FROM", "JOIN", "OF", "ON", "USING", "WITH"]);

function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [, double, back, square, single, word, sign] of sql.matchAll(TOKENS)) {
    const quoted = double?.replaceAll('""', '"') ?? back?.replaceAll("``", "`") ?? square ??
      single?.replaceAll("''", "'");
    if (quoted !== undefined) tokens.push({ kind: "name", text: quoted });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return tokens;
}

/** Whether the text changes the schema. */
export function changesSchema(sql: string): boolean {
  const first = tokensOf(sql).find(({ text }) => text !== ";");
  return first?.kind === "word" && /^(?:alter|create|drop)$/i.test(first.text);
}

/** The tables that `sql` names where a table may stand, in their order; those it defines by WITH are not among them. */
export function namedTables(sql: string): readonly NamedTable[] {
  const tokens = tokensOf(sql);
  const reader = new Reader(tokens);
  const defined = definedNames(tokens);
  return reader.read().filter(({ name, isQualified }) =>
    isQualified || !defined.has(name.toLowerCase())
  );
}

function isWord({ kind, text }: Token | undefined = NOTHING, word: string): boolean {
  return kind === "word" && text.toUpperCase() === word;
}

function isSign({ kind, text }: Token | undefined = NOTHING, sign: string): boolean {
  return kind === "sign" && text === sign;
}

const NOTHING: Token = { kind: "sign", text: "" };

/** Names of a single WITH at the top, which hold in all of the text; others hold who knows where. */
function definedNames(tokens: readonly Token[]): ReadonlySet<string> {
  const names = new Set<string>();
  let depth = 0;
  let withs = 0;
  for (const [at, token] of tokens.entries()) {
    if (isSign(token, "(")) depth++;
    else if (isSign(token, ")")) depth--;
    else if (isWord(token, "WITH")) withs += depth === 0 ? 1 : 2;
    else if (isWord(token, "AS") && depth === 0) {
      let before = at - 1;
      if (isSign(tokens[before], ")")) {
        while (before > 0 && !isSign(tokens[before], "(")) before--;
        before--;
      }
      const name = tokens[before];
      const next = tokens.slice(at + 1, at + 4).find(({ kind }) => kind === "sign");
      if (name && name.kind !== "sign" && isSign(next, "(")) names.add(name.text.toLowerCase());
    }
  }
  return withs === 1 ? names : new Set();
}

interface FoundTable extends NamedTable {
  readonly isQualified: boolean;
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #found: FoundTable[] = [];
  /** Whether commas separate tables, for each open bracket. */
  readonly #lists: boolean[] = [false];
  /** What a table is wanted for, if one may stand next. */
  #expects: "read" | "change" | undefined;
  /** The first ON of CREATE INDEX and CREATE TRIGGER is about a table, others are about columns. */
  #takesOn: boolean;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    const head = tokens.slice(0, 4);
    this.#takesOn = head.some((token) => isWord(token, "CREATE")) &&
      head.some((token) => isWord(token, "INDEX") || isWord(token, "TRIGGER"));
  }

  read(): readonly FoundTable[] {
    for (let at = 0; at < this.#tokens.length; at++) {
      const token = this.#tokens[at] ?? NOTHING;
      if (token.kind === "sign") this.#sign(token.text);
      else at = this.#word(token, at);
    }
    return this.#found;
  }

  #sign(sign: string): void {
    const isList = this.#lists.at(-1) ?? false;
    // FROM (a, b)
    if (sign === "(") return void this.#lists.push(this.#expects !== undefined && isList);
    this.#expects = undefined;
    if (sign === ")" && this.#lists.length > 1) this.#lists.pop();
    if (sign === "," && isList) this.#expects = "read";
  }

  /** Reads a word or a name; gives the place of the last token that belongs to it. */
  #word(token: Token, at: number): number {
    const word = token.kind === "word" ? token.text.toUpperCase() : "";
    if (this.#expects !== undefined) {
      if (BETWEEN.has(word)) return at;
      const changes = this.#expects === "change";
      this.#expects = undefined;
      if (!ENDS_FROM.has(word) && !NO_TABLE.has(word)) return this.#table(at, changes);
    }
    const before = this.#tokens[at - 1];
    if (ENDS_FROM.has(word)) this.#lists[this.#lists.length - 1] = false;
    switch (word) {
      case "FROM":
        // IS DISTINCT FROM compares
        if (isWord(before, "DISTINCT")) return at;
        this.#lists[this.#lists.length - 1] = true;
        this.#expects = isWord(before, "DELETE") ? "change" : "read";
        return at;
      case "JOIN":
      case "REFERENCES":
        this.#expects = "read";
        return at;
      case "IN":
        if (!isSign(this.#tokens[at + 1], "(")) this.#expects = "read";
        return at;
      case "TO":
        if (isWord(before, "RENAME")) this.#expects = "change";
        return at;
      case "INTO":
      case "UPDATE":
      case "TABLE":
      case "VIEW":
        this.#expects = "change";
        return at;
      case "ON":
        if (this.#takesOn) this.#expects = "change";
        this.#takesOn = false;
    }
    return at;
  }

  #table(at: number, changes: boolean): number {
    const isQualified = isSign(this.#tokens[at + 1], ".");
    const place = isQualified ? at + 2 : at;
    const token = this.#tokens[place] ?? NOTHING;
    if (token.kind !== "sign") this.#found.push({ name: token.text, changes, isQualified });
    return place;
  }
}

/** `sql` from where something stands that is more than blanks, comments and semicolons; empty for nothing. */
export function withoutBlanks(sql: string): string {
  BLANKS.lastIndex = 0;
  BLANKS.test(sql);
  return sql.slice(BLANKS.lastIndex);
}

const BLANKS = /(?:[\s;]|--[^\n]*|\/\*[^]*?(?:\*\/|$))*/y;

/** What a statement takes for its parameters. */
export interface SqlParameters {
  /** How many values by position. */
  readonly count: number;
  /** Names, and the sign before each. */
  readonly names: readonly { readonly sign: string; readonly name: string }[];
}

/** The parameters of one statement, as SQLite counts them. */
export function parametersOf(sql: string): SqlParameters {
  const tokens = tokensOf(sql);
  const names = new Map<string, SqlParameters["names"][number]>();
  let count = 0;
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    if (isSign(token, "?")) {
      const number = next?.kind === "word" ? /^\d+$/.exec(next.text)?.[0] : undefined;
      count = number === undefined ? count + 1 : Math.max(count, Number(number));
      continue;
    }
    const isMarked = (isSign(token, ":") || isSign(token, "@")) && next?.kind === "word";
    const text = isMarked
      ? token.text + next.text
      : token.kind === "word" && token.text.startsWith("$")
      ? token.text
      : undefined;
    if (text === undefined || names.has(text)) continue;
    names.set(text, { sign: text.slice(0, 1), name: text.slice(1) });
    count++;
  }
  return { count, names: [...names.values()] };
}
