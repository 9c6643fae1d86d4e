/** An issue while it is being found: its place is a path, not yet a line and a column. @module */

import type { Issue } from "./errors.ts";
import { formatPath, type Path } from "./path.ts";

/** An issue with the path it was found at. */
export interface Finding {
  readonly severity: Issue["severity"];
  readonly path: Path;
  /** What to point at: the value, its key, or, for something missing, what it is missing from. */
  readonly at: "value" | "key" | "parent";
  readonly message: string;
  readonly suggestion?: string | undefined;
}

/** A line and a column in the text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The finding as an issue, at `position` where that is known. */
export function toIssue(finding: Finding, position: Position | undefined): Issue {
  const { severity, path, message, suggestion } = finding;
  return Object.freeze({
    severity,
    path: formatPath(path),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...position,
  });
}
