/** The text of a file of remembered decisions: strict in both directions. @module */

import { frozenCopy, isObject } from "../manifest/freeze.ts";
import type { Json, JsonObject } from "../manifest/manifest.ts";
import { readJson } from "../manifest/json_text.ts";
import { show } from "../manifest/printable.ts";

/** Decisions about one digest. */
export interface StoredEntry {
  /** What the extension called itself; for people only. */
  readonly name: string;
  /** By capability: arguments, `true`, or `false` for a refusal. */
  readonly decisions: ReadonlyMap<string, boolean | JsonObject>;
}

/** Entries by digest. Maps: `__proto__` is a key like any other. */
export type StoredGrants = Map<string, StoredEntry>;

/** The one form there is; a newer one is refused, not guessed at. */
const VERSION = 1;

const DIGEST = /^sha256-[0-9a-f]{64}$/;
const CAPABILITY = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/;

/**
 * Reads what {@linkcode writeGrants} writes, also when a person edited it.
 *
 * @throws {TypeError} naming the file and the first thing in it that is wrong.
 */
export function readGrants(text: string, path: string): StoredGrants {
  const wrong = (why: string) => new TypeError(`Cannot read grants from "${path}" as ${why}`);
  const { value, found } = readJson(text);
  const [first] = found;
  if (first) {
    const where = first.position === undefined ? "" : ` in line ${first.position.line}`;
    throw wrong(`its JSON${where} ${first.finding.message}`);
  }
  if (value === undefined || !isObject(value)) throw wrong("it must be a JSON object");
  onlyKeys(value, ["version", "grants"], "it", wrong);
  if (value["version"] !== VERSION) {
    throw wrong(`its version must be ${VERSION}: current value is ${show(value["version"])}`);
  }
  const { grants } = value;
  if (!isObject(grants)) throw wrong('its "grants" must be an object');
  const stored: StoredGrants = new Map();
  for (const [digest, entry] of Object.entries(grants)) {
    if (!DIGEST.test(digest)) throw wrong(`${show(digest)} is no digest`);
    stored.set(digest, entryOf(entry, show(digest), wrong));
  }
  return stored;
}

type Wrong = (why: string) => TypeError;

function entryOf(entry: Json, where: string, wrong: Wrong): StoredEntry {
  if (!isObject(entry)) throw wrong(`${where} must be an object`);
  onlyKeys(entry, ["name", "decisions"], where, wrong);
  const { name, decisions } = entry;
  if (typeof name !== "string") throw wrong(`the name of ${where} must be text`);
  if (!isObject(decisions)) throw wrong(`the decisions of ${where} must be an object`);
  const found = new Map<string, boolean | JsonObject>();
  for (const [capability, decision] of Object.entries(decisions)) {
    if (!CAPABILITY.test(capability)) throw wrong(`${show(capability)} is no capability`);
    if (typeof decision === "boolean") found.set(capability, decision);
    else if (isObject(decision)) found.set(capability, frozenCopy(decision) as JsonObject);
    else {throw wrong(
        `the decision on "${capability}" of ${where} must be true, false or arguments`,
      );}
  }
  return { name, decisions: found };
}

/** A key that nobody reads may be a restriction that somebody relies on. */
function onlyKeys(object: JsonObject, known: readonly string[], where: string, wrong: Wrong): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown !== undefined) throw wrong(`${where} has the unknown key ${show(unknown)}`);
}

/**
 * The text of `grants`, sorted, so that a change is small to look at.
 *
 * @throws {TypeError} for something that could not be read again.
 */
export function writeGrants(grants: StoredGrants, path: string): string {
  const byKey = <Value>([a]: readonly [string, Value], [b]: readonly [string, Value]) =>
    a < b ? -1 : a > b ? 1 : 0;
  const entries = [...grants].sort(byKey).map(([digest, { name, decisions }]) => [
    digest,
    { name, decisions: Object.fromEntries([...decisions].sort(byKey)) },
  ]);
  const file = { version: VERSION, grants: Object.fromEntries(entries) };
  const text = `${JSON.stringify(file, null, 2)}\n`;
  readGrants(text, path);
  return text;
}
