/** Checks a JSON value against the table of fields and lists everything that is wrong. @module */

import { isBaseForm } from "./base_form.ts";
import { type Field, keysOf, NUMBER_LIMIT, partOf, ROOT, ruleOf } from "./fields.ts";
import type { Finding } from "./finding.ts";
import { isObject, own } from "./freeze.ts";
import type { Json, JsonObject } from "./manifest.ts";
import type { Path } from "./path.ts";
import { isVisible, show } from "./printable.ts";
import { brokenRule, type Rule } from "./rules.ts";
import { closest } from "./suggest.ts";

/** Findings after this many get no suggestion: looking for one takes longest. */
const SUGGESTIONS = 200;

/** Everything that is wrong with `manifest`. Nested at most as deep as the JSON reader allows. */
export function checkShape(manifest: Json): readonly Finding[] {
  const lenient = isObject(manifest) && isBaseForm(manifest);
  const found: Finding[] = [];
  check({ found, lenient }, ROOT, manifest, []);
  return found;
}

interface Checking {
  readonly found: Finding[];
  /** Base's form: what its own host ignores is a warning. */
  readonly lenient: boolean;
}

const KIND_WORDS: { readonly [kind in Field["kind"]]: string } = {
  string: "a string",
  number: "a positive number",
  boolean: "true or false",
  list: "a list",
  object: "an object",
  open: "an object",
  map: "an object",
  free: "an object",
};

function check(checking: Checking, field: Field, value: Json, path: Path): void {
  if (value === null && field.nullable) return;
  if (field.shorthand !== undefined && typeof value === "string") {
    return checkKey(checking, field, field.shorthand, value, path);
  }
  if (!isKind(field, value)) {
    const word = field.shorthand === undefined ? KIND_WORDS[field.kind] : "a string or an object";
    return report(checking, path, `must be ${word}: current value is ${show(value)}`);
  }
  if (typeof value === "string") checkString(checking, field, value, path);
  else if (typeof value === "number") checkNumber(checking, value, path);
  else if (Array.isArray(value)) checkList(checking, field, value, path);
  else if (isObject(value)) checkObject(checking, field, value, path);
}

function isKind({ kind }: Field, value: Json): boolean {
  switch (kind) {
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "list":
      return Array.isArray(value);
    default:
      return isObject(value);
  }
}

function checkKey(checking: Checking, field: Field, key: string, value: Json, path: Path): void {
  const known = keysOf(field).get(key);
  if (known) check(checking, known, value, path);
}

function checkString(checking: Checking, field: Field, value: string, path: Path): void {
  const current = `current value is ${show(value)}`;
  if (field.oneOf) {
    if (field.oneOf.includes(value)) return;
    const words = field.oneOf.map((word) => `"${word}"`).join(", ");
    return report(checking, path, `must be one of ${words}: ${current}`, {
      suggestion: closest(value, field.oneOf),
    });
  }
  const rule = ruleOf(field);
  const broken = brokenRule(rule, value);
  if (broken === undefined) return;
  report(checking, path, `${broken}: ${current}`, { suggestion: repairOf(rule, value) });
}

/** A string that keeps `rule`, close to `value`; only one that shows all of itself is worth a hint. */
function repairOf(rule: Rule, value: string): string | undefined {
  if (value.length > rule.maxLength) return undefined;
  const repaired = rule.repair?.(value) ?? "";
  const useful = repaired !== "" && isVisible(repaired) && brokenRule(rule, repaired) === undefined;
  return useful ? repaired : undefined;
}

function checkNumber(checking: Checking, value: number, path: Path): void {
  const current = `current value is ${show(value)}`;
  if (!(value > 0)) report(checking, path, `must be above 0: ${current}`);
  else if (value > NUMBER_LIMIT) {
    report(checking, path, `must be at most ${NUMBER_LIMIT}: ${current}`);
  }
}

function checkList(checking: Checking, field: Field, items: readonly Json[], path: Path): void {
  const part = partOf(field);
  const seen = new Map<Json, number>();
  for (const [index, item] of items.entries()) {
    check(checking, part, item, [...path, index]);
    if (!field.unique) continue;
    const first = seen.get(item);
    if (first === undefined) seen.set(item, index);
    else {
      report(checking, [...path, index], `must not repeat item ${first}: ${show(item)}`, {
        severity: checking.lenient ? "warning" : "error",
      });
    }
  }
}

function checkObject(checking: Checking, field: Field, object: JsonObject, path: Path): void {
  const keys = keysOf(field);
  for (const [key, known] of keys) {
    if (!known.required || Object.hasOwn(object, key)) continue;
    report(checking, [...path, key], "is required", { at: "parent" });
  }
  for (const [key, value] of Object.entries(object)) {
    // The reader of the text has refused it already.
    if (key === "__proto__") continue;
    const below = [...path, key];
    const known = field.kind === "map" ? partOf(field) : keys.get(key);
    if (known) check(checking, known, value, below);
    else if (field.kind === "object") unknownKey(checking, keys, key, object, below);
    else checkFree(checking, value, below);
  }
}

function unknownKey(
  checking: Checking,
  keys: ReadonlyMap<string, Field>,
  key: string,
  object: JsonObject,
  path: Path,
): void {
  const absent = Array.from(keys.keys()).filter((name) => own(object, name) === undefined);
  const ignored = checking.lenient && path.length === 1;
  report(checking, path, ignored ? "is not a known key, and ignored" : "is not a known key", {
    severity: ignored ? "warning" : "error",
    at: "key",
    suggestion: checking.found.length < SUGGESTIONS ? closest(key, absent) : undefined,
  });
}

/** Largest integer that JavaScript still writes without an exponent: somebody meant it exactly. */
const PLAIN_INTEGER = 1e21;

/** Free values hold anything that survives being read and written again. */
function checkFree(checking: Checking, value: Json, path: Path): void {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return report(checking, path, "must be a finite number");
    const rounded = Number.isInteger(value) && !Number.isSafeInteger(value);
    if (!rounded || Math.abs(value) >= PLAIN_INTEGER) return;
    const message = "is beyond the integers that are kept exactly; a string would be";
    return report(checking, path, message, { severity: "warning" });
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => checkFree(checking, item, [...path, index]));
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) checkFree(checking, item, [...path, key]);
  }
}

function report(
  checking: Checking,
  path: Path,
  message: string,
  more: Partial<Pick<Finding, "severity" | "at" | "suggestion">> = {},
): void {
  checking.found.push({ severity: "error", at: "value", ...more, path, message });
}
