/** What is wrong with a manifest, as a list fit for a log. @module */

import type { Issue } from "./errors.ts";
import { toIssue } from "./finding.ts";
import type { Placed } from "./json_text.ts";

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

function byPosition(a: Placed, b: Placed): number {
  const [one, other] = [a.position ?? START, b.position ?? START];
  return one.line - other.line || one.column - other.column;
}

const START = { line: 0, column: 0 };

/** The issues of a manifest in the order of its text, at most {@linkcode ISSUE_LIMIT} of them. */
export function listIssues(found: readonly Placed[]): readonly Issue[] {
  const placed = found.toSorted(byPosition);
  const issues = placed.slice(0, ISSUE_LIMIT)
    .map(({ finding, position }) => toIssue(finding, position));
  const rest = placed.slice(ISSUE_LIMIT).map(({ finding }) => finding.severity);
  if (rest.length > 0) {
    const severity = rest.includes("error") ? "error" : "warning";
    issues.push(Object.freeze({ severity, path: "", message: `has ${rest.length} more issues` }));
  }
  return Object.freeze(issues);
}
