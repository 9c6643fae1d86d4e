/** One finding on one line. @module */

import {
  escapeControls,
  type ExtensionDescription,
  formatIssue,
  type Issue,
  type ModuleIssue,
} from "../mod.ts";

/** `file:line:column: path: message; did you mean "x"?`, as far as the place is known. */
export function issueLine(issue: Issue, file: string): string {
  const place = [file, issue.line, issue.column].filter((part) => part !== undefined).join(":");
  const mark = issue.severity === "warning" ? "warning: " : "";
  return escapeControls(`${place}: ${mark}${formatIssue(issue)}`);
}

/** The file an issue of a described extension is about, as a path from where the user stands. */
export function issueFile(
  { source, manifestFile, directory }: ExtensionDescription,
  { file }: ModuleIssue,
): string {
  if (file === "") return manifestFile ?? source;
  return directory === undefined ? file : `${directory.replace(/[/\\]$/, "")}/${file}`;
}
