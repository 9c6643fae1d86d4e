/** `URL` and `URLSearchParams` inside a realm: the host parses, as text in and text out. @module */

import type { Kit } from "./kit.ts";

/** Asks the host to parse; see {@linkcode answerUrl}. */
export type AskUrl = (what: "url" | "url-set", head: string, body: string) => string;

/** Self-contained: its text runs inside the realm. Only the globals are left behind. */
export function makeUrl(kit: Kit, ask: AskUrl): void {
  const { codeAt, indexOf, parse, slice, table, text } = kit;
  const iterator: typeof Symbol.iterator = Symbol.iterator;

  interface Parts {
    readonly [name: string]: string;
  }
  const partsOf = (answer: string): Parts | undefined =>
    slice(answer, 0, 1) === "=" ? parse(slice(answer, 1)) as Parts : undefined;

  /** Percent-decoding of a query: `+` is a space, broken sequences stay. */
  function unescapeQuery(part: string): string {
    let out = "";
    for (let i = 0; i < part.length; i++) out += codeAt(part, i) === 0x2b ? " " : part[i];
    try {
      return decode(out);
    } catch {
      return out;
    }
  }
  const decode = decodeURIComponent;
  const encode = encodeURIComponent;
  const marks = ["21", "27", "28", "29", "7E"];

  /** As HTML forms write it: letters, digits and `*-._` stay, a space becomes `+`. */
  function escapeQuery(part: string): string {
    const escaped = encode(part);
    let out = "";
    for (let i = 0; i < escaped.length; i++) {
      const char = escaped[i] as string;
      if (char === "%" && slice(escaped, i, i + 3) === "%20") {
        out += "+";
        i += 2;
      } else {
        out += indexOf("!'()~", char) < 0 ? char : `%${marks[indexOf("!'()~", char)]}`;
      }
    }
    return out;
  }

  class URLSearchParams {
    #names: string[] = [];
    #values: string[] = [];
    /** Told of every change, when these are the parameters of a URL. */
    #changed: ((query: string) => void) | undefined;

    constructor(init: unknown = "") {
      if (typeof init === "object" && init !== null) this.#fill(init);
      else this.#read(text(init));
    }

    static bind(query: string, changed: (query: string) => void): URLSearchParams {
      const params = new URLSearchParams(query);
      params.#changed = changed;
      return params;
    }

    #fill(init: object): void {
      const pairs = (init as Iterable<[unknown, unknown]>)[iterator];
      if (typeof pairs === "function") {
        for (const pair of init as Iterable<[unknown, unknown]>) {
          this.#add(text(pair[0]), text(pair[1]));
        }
        return;
      }
      const keys = kit.keysOf(init);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as string;
        this.#add(key, text((init as Record<string, unknown>)[key]));
      }
    }

    #read(query: string): void {
      let at = slice(query, 0, 1) === "?" ? 1 : 0;
      while (at <= query.length) {
        const next = indexOf(query, "&", at);
        const end = next < 0 ? query.length : next;
        const part = slice(query, at, end);
        const equals = indexOf(part, "=");
        const name = equals < 0 ? part : slice(part, 0, equals);
        const value = equals < 0 ? "" : slice(part, equals + 1);
        if (part !== "") this.#add(unescapeQuery(name), unescapeQuery(value));
        at = end + 1;
      }
    }

    #add(name: string, value: string): void {
      kit.put(this.#names, this.#names.length, name);
      kit.put(this.#values, this.#values.length, value);
    }

    /** Keeps the pairs that `keep` wants. */
    #filter(keep: (name: string, value: string) => boolean): void {
      const names = this.#names;
      const values = this.#values;
      this.#names = [];
      this.#values = [];
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string;
        const value = values[i] as string;
        if (keep(name, value)) this.#add(name, value);
      }
    }

    #update(): void {
      this.#changed?.(this.toString());
    }

    get size(): number {
      return this.#names.length;
    }
    append(name: unknown, value: unknown): void {
      this.#add(text(name), text(value));
      this.#update();
    }
    delete(name: unknown, value?: unknown): void {
      const wanted = text(name);
      const only = value === undefined ? undefined : text(value);
      this.#filter((one, its) => one !== wanted || (only !== undefined && its !== only));
      this.#update();
    }
    get(name: unknown): string | null {
      const wanted = text(name);
      for (let i = 0; i < this.#names.length; i++) {
        if (this.#names[i] === wanted) return this.#values[i] as string;
      }
      return null;
    }
    getAll(name: unknown): string[] {
      const wanted = text(name);
      const out: string[] = [];
      for (let i = 0; i < this.#names.length; i++) {
        if (this.#names[i] === wanted) kit.put(out, out.length, this.#values[i]);
      }
      return out;
    }
    has(name: unknown, value?: unknown): boolean {
      const wanted = text(name);
      for (let i = 0; i < this.#names.length; i++) {
        if (this.#names[i] !== wanted) continue;
        if (value === undefined || this.#values[i] === text(value)) return true;
      }
      return false;
    }
    set(name: unknown, value: unknown): void {
      const wanted = text(name);
      const its = text(value);
      let done = false;
      const names = this.#names;
      const values = this.#values;
      this.#names = [];
      this.#values = [];
      for (let i = 0; i < names.length; i++) {
        const one = names[i] as string;
        if (one !== wanted) this.#add(one, values[i] as string);
        else if (!done) {
          done = true;
          this.#add(wanted, its);
        }
      }
      if (!done) this.#add(wanted, its);
      this.#update();
    }
    sort(): void {
      const names = this.#names;
      const values = this.#values;
      // Insertion keeps equal names in order.
      for (let i = 1; i < names.length; i++) {
        const name = names[i] as string;
        const value = values[i] as string;
        let k = i;
        for (; k > 0 && (names[k - 1] as string) > name; k--) {
          names[k] = names[k - 1] as string;
          values[k] = values[k - 1] as string;
        }
        names[k] = name;
        values[k] = value;
      }
      this.#update();
    }
    forEach(fn: (value: string, name: string, params: unknown) => void, self?: unknown): void {
      for (let i = 0; i < this.#names.length; i++) {
        kit.apply(fn, self, [this.#values[i], this.#names[i], this]);
      }
    }
    *entries(): Generator<[string, string]> {
      for (let i = 0; i < this.#names.length; i++) {
        yield [this.#names[i] as string, this.#values[i] as string];
      }
    }
    *keys(): Generator<string> {
      for (let i = 0; i < this.#names.length; i++) yield this.#names[i] as string;
    }
    *values(): Generator<string> {
      for (let i = 0; i < this.#values.length; i++) yield this.#values[i] as string;
    }
    [Symbol.iterator](): Generator<[string, string]> {
      return this.entries();
    }
    toString(): string {
      let out = "";
      for (let i = 0; i < this.#names.length; i++) {
        const pair = `${escapeQuery(this.#names[i] as string)}=${
          escapeQuery(this.#values[i] as string)
        }`;
        out += (i === 0 ? "" : "&") + pair;
      }
      return out;
    }
  }

  // Not for guests: it would let them watch a URL that is not theirs.
  const bindParams = URLSearchParams.bind;
  delete (URLSearchParams as { bind?: unknown }).bind;

  class URL {
    #parts: Parts;
    #params: URLSearchParams | undefined;

    constructor(input: unknown, base?: unknown) {
      const parts = URL.#ask(input, base);
      if (!parts) throw new kit.TypeError("Invalid URL");
      this.#parts = parts;
    }
    static #ask(input: unknown, base: unknown): Parts | undefined {
      const body = table<unknown>();
      body.input = text(input);
      if (base !== undefined) body.base = text(base);
      return partsOf(ask("url", "", kit.stringify(body) ?? ""));
    }
    static canParse(input: unknown, base?: unknown): boolean {
      return URL.#ask(input, base) !== undefined;
    }
    static parse(input: unknown, base?: unknown): URL | null {
      return URL.#ask(input, base) ? new URL(input, base) : null;
    }
    static read(url: URL, name: string): string {
      return url.#parts[name] ?? "";
    }
    static write(url: URL, name: string, value: unknown): void {
      const body = table<unknown>();
      body.href = url.#parts.href;
      body.value = text(value);
      const parts = partsOf(ask("url-set", name, kit.stringify(body) ?? ""));
      if (parts) url.#parts = parts;
      else if (name === "href") throw new kit.TypeError("Invalid URL");
      if (name === "search" || name === "href") url.#params = undefined;
    }
    get searchParams(): URLSearchParams {
      return this.#params ??= bindParams(this.#parts.search ?? "", (query) => {
        const params = this.#params;
        writeUrl(this, "search", query);
        this.#params = params;
      });
    }
    toString(): string {
      return this.#parts.href ?? "";
    }
    toJSON(): string {
      return this.#parts.href ?? "";
    }
  }
  const readUrl = URL.read;
  const writeUrl = URL.write;
  delete (URL as { read?: unknown }).read;
  delete (URL as { write?: unknown }).write;
  const settable = ["href", "protocol", "username", "password", "host", "hostname", "port"];
  const parts = [...settable, "pathname", "search", "hash", "origin"];
  for (let i = 0; i < parts.length; i++) {
    const name = parts[i] as string;
    kit.define(URL.prototype, name, {
      get(this: URL): string {
        return readUrl(this, name);
      },
      set(this: URL, value: unknown): void {
        if (name !== "origin") writeUrl(this, name, value);
      },
      enumerable: true,
      configurable: true,
    });
  }
  kit.global("URL", URL);
  kit.global("URLSearchParams", URLSearchParams);
}
