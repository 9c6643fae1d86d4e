/** Finds the line and column of paths in JSON text. @module */

import { type JSONPath, visit } from "jsonc-parser";
import type { Finding, Position } from "./finding.ts";
import type { Placed } from "./json_text.ts";
import type { Path } from "./path.ts";

/** Adds to each finding where it is in `text`, which must be JSON. */
export function locate(text: string, findings: readonly Finding[]): readonly Placed[] {
  if (findings.length === 0) return [];
  const wanted = new Set(findings.map((finding) => spotOf(finding)));
  const positions = new Map<string, Position>();
  const note = (spot: string, line: number, column: number) => {
    if (wanted.has(spot)) positions.set(spot, { line: line + 1, column: column + 1 });
  };
  type Place = (
    offset: number,
    length: number,
    line: number,
    column: number,
    at: () => JSONPath,
  ) => void;
  const value: Place = (_offset, _length, line, column, at) =>
    note(spot("value", at()), line, column);
  visit(text, {
    onObjectBegin: value,
    onArrayBegin: value,
    onLiteralValue: (_value, ...place) => value(...place),
    onObjectProperty: (key, _offset, _length, line, column, at) =>
      note(spot("key", [...at(), key]), line, column),
  });
  return findings.map((finding) => ({ finding, position: positions.get(spotOf(finding)) }));
}

function spotOf({ at, path }: Finding): string {
  return at === "parent" ? spot("value", path.slice(0, -1)) : spot(at, path);
}

function spot(what: "value" | "key", path: Path): string {
  return JSON.stringify([what, ...path]);
}
