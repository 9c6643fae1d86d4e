/** Text in, a frozen Manifest or every issue out. Shape only: nothing is read, found or granted. @module */

import { isBaseForm, withoutBlanks } from "./base_form.ts";
import { buildManifest } from "./build.ts";
import { checkEngine } from "./engines.ts";
import { type Issue, ManifestError } from "./errors.ts";
import { type Finding, toIssue } from "./finding.ts";
import { isObject } from "./freeze.ts";
import { type Placed, readJson } from "./json_text.ts";
import { locate } from "./locate.ts";
import type { Json, Manifest } from "./manifest.ts";
import { checkShape } from "./shape.ts";

/**
 * Most issues that are listed: a hostile manifest must not fill a log with its faults.
 *
 * @example
 * ```ts
 * import { inspectManifest, ISSUE_LIMIT } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const unknown = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, 0]));
 * const { issues } = inspectManifest(JSON.stringify({ name: "a", runtime: "js", ...unknown }));
 * assertEquals(issues.length, ISSUE_LIMIT + 1);
 * ```
 */
export const ISSUE_LIMIT = 200;

/** What {@linkcode inspectManifest} found. */
export interface Inspection {
  /** The file or label the text came from. */
  readonly source: string;
  /** The manifest, unless an issue of severity `"error"` forbids it. */
  readonly manifest: Manifest | undefined;
  /** Every issue in the order of the text; warnings too. */
  readonly issues: readonly Issue[];
}

/**
 * Reads a manifest and lists everything that is wrong with it, all at once. Never throws for bad
 * text. A manifest for another version of Airlock gives that one issue only, as its other keys may
 * mean what this version cannot know.
 *
 * @param text The content of `extension.json`: strict JSON, at most 1 MiB of UTF-8.
 * @param source Where it comes from, handed on in the result.
 * @returns The manifest, deeply frozen, or `undefined`; and the issues.
 *
 * @example
 * ```ts
 * import { inspectManifest } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const { manifest, issues } = inspectManifest('{"name":"a","runtime":"wasm","isolation":"proces"}');
 * assertEquals(manifest, undefined);
 * assertEquals(issues.map((issue) => [issue.path, issue.suggestion]), [["isolation", "process"]]);
 * ```
 */
export function inspectManifest(
  text: string | Uint8Array,
  source: string = "extension.json",
): Inspection {
  const json = readJson(text);
  const { value } = json;
  const findings = value === undefined ? [] : checkManifest(value);
  const placed = [...json.found, ...locate(json.text, findings)].sort(byPosition);
  const broken = placed.some(({ finding }) => finding.severity === "error");
  return Object.freeze({
    source,
    manifest: broken || !isObject(value) ? undefined : buildManifest(tidy(value)),
    issues: listIssues(placed),
  });
}

/**
 * Reads a manifest that must be right.
 *
 * @param text The content of `extension.json`: strict JSON, at most 1 MiB of UTF-8.
 * @param source Where it comes from, for the error's message.
 * @returns The manifest, deeply frozen, with its defaults filled in.
 * @throws {ManifestError} `bad-manifest` with every issue.
 *
 * @example
 * ```ts
 * import { parseManifest } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{ "name": "notes", "runtime": "wasm", "capabilities": ["log"] }';
 * const manifest = parseManifest(text, "notes/extension.json");
 * assertEquals(manifest.version, "0.0.0");
 * assertEquals(manifest.capabilities?.[0]?.name, "log");
 * ```
 */
export function parseManifest(
  text: string | Uint8Array,
  source: string = "extension.json",
): Manifest {
  const { manifest, issues } = inspectManifest(text, source);
  if (manifest === undefined) throw new ManifestError("bad-manifest", source, issues);
  return manifest;
}

function checkManifest(value: Json): readonly Finding[] {
  const engine = checkEngine(value);
  if (engine?.final) return [engine.finding];
  return [...(engine ? [engine.finding] : []), ...checkShape(tidy(value))];
}

function tidy<Value extends Json>(value: Value): Value | ReturnType<typeof withoutBlanks> {
  return isObject(value) && isBaseForm(value) ? withoutBlanks(value) : value;
}

function byPosition(a: Placed, b: Placed): number {
  const [one, other] = [a.position ?? START, b.position ?? START];
  return one.line - other.line || one.column - other.column;
}

const START = { line: 0, column: 0 };

function listIssues(placed: readonly Placed[]): readonly Issue[] {
  const issues = placed.slice(0, ISSUE_LIMIT)
    .map(({ finding, position }) => toIssue(finding, position));
  const rest = placed.slice(ISSUE_LIMIT).map(({ finding }) => finding.severity);
  if (rest.length > 0) {
    const severity = rest.includes("error") ? "error" : "warning";
    issues.push(Object.freeze({ severity, path: "", message: `has ${rest.length} more issues` }));
  }
  return Object.freeze(issues);
}
