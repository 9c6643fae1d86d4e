/** Whether a manifest is meant for this version of the host. @module */

import semver from "semver";
import type { Finding } from "./finding.ts";
import { fieldAt, ruleOf } from "./fields.ts";
import { isObject, own } from "./freeze.ts";
import type { Json } from "./manifest.ts";
import { printable, show } from "./printable.ts";
import { brokenRule } from "./rules.ts";
import { VERSION } from "./version.ts";

/** The part of `semver` that is used here; the package has no types of its own. */
interface Ranges {
  validRange(range: string): string | null;
  satisfies(version: string, range: string, options: { includePrerelease: boolean }): boolean;
}
const ranges: Ranges = semver;

const PATH = ["engines", "airlock"];

/** What is wrong with the asked version, told apart by whether the rest is worth reading. */
export interface EngineCheck {
  readonly finding: Finding;
  /** The manifest is for another version: its other keys mean nothing here. */
  readonly final: boolean;
}

/** Checks `engines.airlock`; `undefined` when it is absent, fits, or is not even text. */
export function checkEngine(manifest: Json): EngineCheck | undefined {
  const engines = isObject(manifest) ? own(manifest, "engines") : undefined;
  const range = isObject(engines) ? own(engines, "airlock") : undefined;
  if (typeof range !== "string" || brokenRule(ruleOf(fieldAt("engines.*")), range)) {
    return undefined;
  }
  const issue = (message: string): Finding => ({
    severity: "error",
    path: PATH,
    at: "value",
    message,
  });
  if (ranges.validRange(range) === null) {
    const message = `must be a range of versions, such as "^${VERSION}": current value is ${
      show(range)
    }`;
    return { finding: issue(message), final: false };
  }
  if (ranges.satisfies(VERSION, range, { includePrerelease: true })) return undefined;
  return { finding: issue(`needs airlock ${printable(range)}, this is ${VERSION}`), final: true };
}
