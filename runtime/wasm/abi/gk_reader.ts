/** Reads a guest's JSON piece by piece and keeps a list of what is wrong, instead of the first thing only. @module */

import type { Json } from "./contract.ts";

/** One thing that is wrong with what a guest says of itself. */
export interface GkIssue {
  /** Where: `routes[0].method`; empty for the whole. */
  readonly path: string;
  /** What it must be. */
  readonly message: string;
}

/** The members of a JSON object. */
export type Fields = { readonly [key: string]: Json };

/** Issues that are kept: a list of a million wrong entries must not become a million objects. */
const MOST_ISSUES = 20;

/** Entries of one list: nobody has more, and each becomes an object of the host. */
const MOST_ENTRIES = 1_000;

/** Characters of a name or a description. */
const LONGEST_TEXT = 16 * 1024;

/** Whether a JSON value is an object. */
export function isFields(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of an object's own key; as in Go, `null` stands for an absent one. */
export function own(fields: Fields, key: string): Json | undefined {
  return Object.hasOwn(fields, key) ? fields[key] ?? undefined : undefined;
}

/** Reads values as what they should be; a wrong one becomes an issue and the default. */
export class GkReader {
  readonly #issues: GkIssue[] = [];

  /** What was wrong so far. */
  get issues(): readonly GkIssue[] {
    return this.#issues;
  }

  /** Writes an issue down. */
  report(path: string, message: string): void {
    if (this.#issues.length < MOST_ISSUES) this.#issues.push({ path, message });
  }

  /** A text that may be absent. */
  text(fields: Fields, key: string, path: string): string {
    const value = own(fields, key) ?? "";
    if (typeof value === "string" && value.length <= LONGEST_TEXT) return value;
    this.report(join(path, key), `must be a string of at most ${LONGEST_TEXT} characters`);
    return "";
  }

  /** A text that has to be there. */
  word(fields: Fields, key: string, path: string): string {
    const before = this.#issues.length;
    const value = this.text(fields, key, path);
    if (value === "" && this.#issues.length === before) {
      this.report(join(path, key), "must be there and not be empty");
    }
    return value;
  }

  /** A whole number, 0 where it is absent. */
  integer(fields: Fields, key: string, path: string): number {
    const value = own(fields, key) ?? 0;
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    this.report(join(path, key), "must be a whole number");
    return 0;
  }

  /** A flag, `false` where it is absent. */
  flag(fields: Fields, key: string, path: string): boolean {
    const value = own(fields, key) ?? false;
    if (typeof value === "boolean") return value;
    this.report(join(path, key), "must be true or false");
    return false;
  }

  /** A list of texts. */
  texts(fields: Fields, key: string, path: string): readonly string[] {
    return this.list(fields, key, path, (value, at) => {
      if (typeof value === "string" && value.length <= LONGEST_TEXT) return value;
      this.report(at, `must be a string of at most ${LONGEST_TEXT} characters`);
      return undefined;
    });
  }

  /** A list of objects, each made into what `read` makes of it. */
  objects<T>(
    fields: Fields,
    key: string,
    path: string,
    read: (fields: Fields, path: string) => T,
  ): readonly T[] {
    return this.list(fields, key, path, (value, at) => {
      if (isFields(value)) return read(value, at);
      this.report(at, "must be an object");
      return undefined;
    });
  }

  /** A list; entries that `read` makes nothing of are left out. */
  list<T>(
    fields: Fields,
    key: string,
    path: string,
    read: (value: Json, path: string) => T | undefined,
  ): readonly T[] {
    const value = own(fields, key) ?? [];
    const where = join(path, key);
    if (!Array.isArray(value) || value.length > MOST_ENTRIES) {
      this.report(where, `must be an array of at most ${MOST_ENTRIES} entries`);
      return Object.freeze([]);
    }
    return Object.freeze(value.flatMap((each: Json, at) => read(each, `${where}[${at}]`) ?? []));
  }

  /** An object whose members are made into what `read` makes of them; names are a guest's words. */
  record<T>(
    fields: Fields,
    key: string,
    path: string,
    read: (value: Json, path: string) => T | undefined,
  ): { readonly [name: string]: T } {
    const value = own(fields, key) ?? {};
    const where = join(path, key);
    if (!isFields(value)) {
      this.report(where, "must be an object");
      return Object.freeze({});
    }
    const entries = Object.entries(value).flatMap(([name, each]) => {
      const made = read(each, `${where}[${JSON.stringify(name.slice(0, 40))}]`);
      return made === undefined ? [] : [[name, made] as const];
    });
    // Not by assignment: "__proto__" is a name like any other.
    return Object.freeze(Object.fromEntries(entries));
  }
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
