/** Gives issues of later checks their line and column in the manifest's text. @module */

import { type JSONPath, visit } from "jsonc-parser";
import type { Issue } from "./errors.ts";
import type { Position } from "./finding.ts";
import { formatPath } from "./path.ts";
import { placesInToml } from "./toml_places.ts";

/**
 * The same issues, each with the line and column of what its path names in `text`, or of the
 * nearest thing around it; issues that have a line, or no path, stay as they are.
 *
 * @param text A manifest that was read before: strict JSON, or TOML.
 * @param source Where the text comes from: the name of a TOML file ends in `.toml`.
 *
 * @example
 * ```ts
 * import { type Issue, placeIssues } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const issue: Issue = { severity: "error", path: "capabilities[0].names", message: "is required" };
 * const [placed] = placeIssues('{\n  "capabilities": ["env"]\n}', [issue]);
 * assertEquals([placed?.line, placed?.column], [2, 20]);
 * ```
 */
export function placeIssues<Found extends Issue>(
  text: string,
  issues: readonly Found[],
  source: string = "",
): readonly Found[] {
  const wanted = new Set<string>();
  for (const { path, line } of issues) {
    if (line === undefined) { for (const each of around(path)) wanted.add(each); }
  }
  if (wanted.size === 0) return issues;
  const positions = (source.endsWith(".toml") ? placesInToml : positionsOf)(text, wanted);
  return issues.map((issue) => {
    if (issue.line !== undefined) return issue;
    const spot = around(issue.path).find((path) => positions.has(path));
    return spot === undefined ? issue : { ...issue, ...positions.get(spot) };
  });
}

/** `a.b[1]`, `a.b`, `a`. */
function around(path: string): readonly string[] {
  const paths: string[] = [];
  for (let rest = path; rest !== "";) {
    paths.push(rest);
    rest = rest.slice(0, Math.max(rest.lastIndexOf("."), rest.lastIndexOf("["), 0));
  }
  return paths;
}

function positionsOf(text: string, wanted: ReadonlySet<string>): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>();
  type Place = (
    offset: number,
    length: number,
    line: number,
    column: number,
    at: () => JSONPath,
  ) => void;
  const value: Place = (_offset, _length, line, column, at) => {
    const path = formatPath(at());
    if (wanted.has(path)) positions.set(path, { line: line + 1, column: column + 1 });
  };
  visit(text, {
    onObjectBegin: value,
    onArrayBegin: value,
    onLiteralValue: (_value, ...place) => value(...place),
  });
  return positions;
}
