/** Copies of JSON values that nobody can change and that inherit nothing. @module */

import type { Json, JsonObject } from "./manifest.ts";

/**
 * A deeply frozen copy. Its objects have no prototype, so that a look-up of `constructor` or
 * `toString` finds only what the text says.
 */
export function frozenCopy(value: Json): Json {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  return entries.length === 0 ? EMPTY : frozenObject(entries, frozenCopy);
}

/** Most arguments and configurations say nothing: a thousand extensions share this. */
const EMPTY: JsonObject = Object.freeze(Object.create(null));

/** A frozen object without a prototype, made of `entries` mapped by `copy`. */
export function frozenObject<From, To>(
  entries: Iterable<readonly [string, From]>,
  copy: (value: From) => To,
): { readonly [key: string]: To } {
  const object: { [key: string]: To } = Object.create(null);
  for (const [key, value] of entries) object[key] = copy(value);
  return Object.freeze(object);
}

/** Whether `value` is a JSON object, as opposed to a list, a scalar or nothing. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of an own key; inherited ones do not exist. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
