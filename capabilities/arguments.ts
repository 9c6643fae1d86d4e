/** Checking and narrowing the arguments of asks and grants: what every capability's `parse` shares. @module */

import type { Json, JsonObject } from "../manifest/manifest.ts";
import { show } from "../manifest/printable.ts";
import type { ParsedArgs } from "./capability.ts";

type Problem = { readonly path: string; readonly message: string };

/**
 * Reads the arguments of one capability by name and collects what is wrong with them. Keys that
 * nobody read are wrong too: a misspelt restriction must not be an absent one.
 */
export class ArgumentReader {
  readonly #args: JsonObject;
  readonly #problems: Problem[] = [];
  readonly #read = new Set<string>();

  constructor(args: JsonObject) {
    this.#args = args;
  }

  /** A list of strings of which `check` finds nothing wrong; `undefined` when absent. */
  strings(
    name: string,
    check: (item: string) => string | undefined,
  ): readonly string[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) {
      this.#problems.push({ path: name, message: `must be a list: it is ${kindOf(value)}` });
      return undefined;
    }
    const items: string[] = [];
    for (const [at, item] of value.entries()) {
      const message = typeof item === "string"
        ? check(item)
        : `must be a string: it is ${kindOf(item)}`;
      if (message !== undefined) this.#problems.push({ path: `${name}[${at}]`, message });
      else if (!items.includes(item)) items.push(item);
    }
    if (value.length === 0) {
      this.#problems.push({ path: name, message: "must not be empty: leave it out instead" });
    }
    return items;
  }

  /** A whole number from 1 to `Number.MAX_SAFE_INTEGER`; `undefined` when absent. */
  positiveInteger(name: string): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    this.#problems.push({
      path: name,
      message: `must be a positive whole number: it is ${
        typeof value === "number" ? value : kindOf(value)
      }`,
    });
    return undefined;
  }

  /** One of a few words; `undefined` when absent. */
  oneOf(name: string, words: readonly string[]): string | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === "string" && words.includes(value)) return value;
    const choice = words.map((word) => `"${word}"`).join(" or ");
    this.#problems.push({
      path: name,
      message: `must be ${choice}: it is ${
        typeof value === "string" ? show(value) : kindOf(value)
      }`,
    });
    return undefined;
  }

  /** The grant, unless anything was wrong. */
  result<Grant>(grant: Grant): ParsedArgs<Grant> {
    for (const name of Object.keys(this.#args)) {
      if (!this.#read.has(name)) {
        this.#problems.push({
          path: name,
          message: this.#read.size === 0
            ? "is not an argument of this capability: it takes none"
            : `is not an argument of this capability: it takes ${[...this.#read].join(", ")}`,
        });
      }
    }
    return this.#problems.length === 0
      ? { ok: true, grant }
      : { ok: false, problems: this.#problems };
  }

  #take(name: string): Json | undefined {
    this.#read.add(name);
    return Object.hasOwn(this.#args, name) ? this.#args[name] : undefined;
  }
}

/** `parse` of a capability without arguments. */
export function noArguments(args: JsonObject): ParsedArgs<null> {
  return new ArgumentReader(args).result(null);
}

/** The smaller of two optional caps under `name`; absent means no cap. */
export function smallerOf(name: string, asked: JsonObject, granted: JsonObject): JsonObject {
  const caps = [asked[name], granted[name]].filter((cap) => typeof cap === "number");
  return caps.length === 0 ? {} : { [name]: Math.min(...caps) };
}

/** What stands in a list's place for "everything". */
export const EVERYTHING = "*";

/** Members of both lists, where {@linkcode EVERYTHING} in one is the other; empty: nothing is left. */
export function commonOf(
  asked: readonly string[] | undefined,
  granted: readonly string[] | undefined,
): readonly string[] | undefined {
  if (asked === undefined || asked.includes(EVERYTHING)) return granted;
  if (granted === undefined || granted.includes(EVERYTHING)) return asked;
  return asked.filter((item) => granted.includes(item));
}

/** The kind of a JSON value, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}
