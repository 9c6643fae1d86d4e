/** Text in, a frozen Manifest or every issue out. Shape only: nothing is read, found or granted. @module */

import { isBaseForm, withoutBlanks } from "./base_form.ts";
import { buildManifest } from "./build.ts";
import { checkEngine } from "./engines.ts";
import { type Issue, ManifestError } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { isObject } from "./freeze.ts";
import { listIssues } from "./issue_list.ts";
import { readJson } from "./json_text.ts";
import { locate } from "./locate.ts";
import type { Json, Manifest } from "./manifest.ts";
import { checkShape } from "./shape.ts";

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
  const placed = [...json.found, ...locate(json.text, findings)];
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
