/** What can be wrong with a manifest, and the error that carries all of it. @module */

/** Codes of {@linkcode ManifestError}. */
export type ManifestErrorCode = "no-manifest" | "bad-manifest";

/**
 * One finding about a manifest: where, what, and what to write instead.
 *
 * @example
 * ```ts
 * import { inspectManifest } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const { issues } = inspectManifest('{"name":"a","runtime":"wasm","mdule":"a.wasm"}');
 * assertEquals(issues[0]?.path, "mdule");
 * assertEquals(issues[0]?.suggestion, "module");
 * ```
 */
export interface Issue {
  /** `"error"` keeps the extension from loading; `"warning"` does not. */
  readonly severity: "error" | "warning";
  /** Where, as a path into the manifest: `capabilities[1].hosts`; empty for the whole text. */
  readonly path: string;
  /** What is wrong, in one sentence without a final period. */
  readonly message: string;
  /** The closest thing that would be right, where there is one. */
  readonly suggestion?: string;
  /** Line in the manifest's text, from 1, where it is known. */
  readonly line?: number;
  /** Column in that line, from 1, in UTF-16 code units. */
  readonly column?: number;
}

/**
 * A manifest is absent or cannot be used.
 *
 * @example
 * ```ts
 * import { ManifestError, parseManifest } from "@airlock/host/manifest";
 * import { assertThrows } from "@std/assert";
 *
 * const error = assertThrows(() => parseManifest("{}", "demo"), ManifestError);
 * if (error.issues.length !== 2) throw error; // name and runtime are missing
 * ```
 */
export class ManifestError extends Error {
  /** Tells it from other errors where classes are not shared. */
  override readonly name = "ManifestError";
  /** The kind of failure. */
  readonly code: ManifestErrorCode;
  /** The file or label the manifest came from. */
  readonly source: string;
  /** Every finding, in the order of the text. */
  readonly issues: readonly Issue[];

  /** Collects `issues` found in `source` under one `code`. */
  constructor(
    code: ManifestErrorCode,
    source: string,
    issues: readonly Issue[],
    options?: ErrorOptions,
  ) {
    super(describe(source, issues), options);
    this.code = code;
    this.source = source;
    this.issues = issues;
  }
}

function describe(source: string, issues: readonly Issue[]): string {
  const errors = issues.filter((issue) => issue.severity === "error");
  const [first] = errors;
  if (!first) return `Cannot use the manifest ${source}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return `Cannot use the manifest ${source}: ${formatIssue(first)}${more}`;
}

/**
 * One issue on one line: `path: message; did you mean "x"?`
 *
 * @example
 * ```ts
 * import { formatIssue } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const issue = { severity: "error", path: "name", message: "is required" } as const;
 * assertEquals(formatIssue(issue), "name: is required");
 * ```
 */
export function formatIssue(issue: Issue): string {
  const where = issue.path === "" ? "" : `${issue.path}: `;
  const hint = issue.suggestion === undefined ? "" : `; did you mean "${issue.suggestion}"?`;
  return where + issue.message + hint;
}
