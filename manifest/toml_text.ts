/** TOML text in, JSON out, with what is wrong in the text itself and the numbers JSON would lose. @module */

import { parse, TomlDate, TomlError, type TomlValue } from "smol-toml";
import type { Finding } from "./finding.ts";
import { MANIFEST_DEPTH, type Placed, plainText } from "./json_text.ts";
import type { Json, JsonObject } from "./manifest.ts";
import type { Path } from "./path.ts";

/** What was read. */
export interface TomlText {
  /** The text without a byte order mark; positions count from its start. */
  readonly text: string;
  /** `undefined` when the text is not TOML. */
  readonly value: JsonObject | undefined;
  /** What is wrong with the text: each with its position, where there is one. */
  readonly found: readonly Placed[];
  /** What is wrong with single values; their places are not looked for yet. */
  readonly findings: readonly Finding[];
  /** As `PulpDeclaration.numbers`, from the root of the text. */
  readonly numbers: ReadonlyMap<string, string>;
}

/** Integers of TOML have 64 bits. */
const LARGEST = 2n ** 63n - 1n;
const SMALLEST = -(2n ** 63n);

/** Begins the message of every error of the parser. */
const PREFIX = /^[^:]{0,40}: /;

/** Reads `input`; never throws for bad text. */
export function readToml(input: string | Uint8Array): TomlText {
  const numbers = new Map<string, string>();
  const findings: Finding[] = [];
  const { text = "", found } = plainText(input);
  const nothing = { text, value: undefined, findings, numbers };
  if (found.length > 0) return { ...nothing, found };
  try {
    const table = parse(text, { integersAsBigInt: true, maxDepth: MANIFEST_DEPTH });
    const value = convert(table, [], { findings, numbers }) as JsonObject;
    return { ...nothing, value, found };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ""] = error.message.split("\n", 1);
    const message = `is not TOML: ${first.replace(PREFIX, "")}`;
    const { line, column } = error;
    const finding = { severity: "error", path: [], at: "value", message } as const;
    return { ...nothing, found: [{ finding, position: { line, column } }] };
  }
}

/** A JSON pointer: one text for one path, whatever is in its keys. */
export function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

interface Converting {
  readonly findings: Finding[];
  readonly numbers: Map<string, string>;
}

function convert(value: TomlValue, path: Path, converting: Converting): Json {
  const { findings, numbers } = converting;
  const wrong = (message: string, at: Finding["at"] = "value"): null => {
    findings.push({ severity: "error", path, at, message });
    return null;
  };
  if (typeof value === "bigint") {
    if (value > LARGEST || value < SMALLEST) return wrong("must be an integer of 64 bits");
    const number = Number(value);
    if (!Number.isSafeInteger(number)) numbers.set(pointerOf(path), String(value));
    return number;
  }
  if (typeof value === "number") {
    // JSON has one kind of number, and a guest in Go tells `1` from `1.0`.
    if (Number.isInteger(value)) numbers.set(pointerOf(path), floatText(value));
    return value;
  }
  if (value instanceof TomlDate) return value.toISOString();
  if (typeof value !== "object") return value;
  // Dotted keys nest as deep as a text is long, without a bracket.
  if (path.length === MANIFEST_DEPTH) {
    return wrong(`must not nest deeper than ${MANIFEST_DEPTH} levels`);
  }
  if (Array.isArray(value)) {
    return value.map((item, at) => convert(item, [...path, at], converting));
  }
  const object: { [key: string]: Json } = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    if (key === "__proto__") {
      const message = "must not be used as a key";
      findings.push({ severity: "error", path: [...path, key], at: "key", message });
    } else {
      object[key] = convert(item, [...path, key], converting);
    }
  }
  return object;
}

function floatText(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
