/** The five-key manifest of Hanzo Base, which loads here unchanged. @module */

import { own } from "./freeze.ts";
import type { Json, JsonObject } from "./manifest.ts";

/** The engine names by which such a manifest is recognised. */
export const BASE_RUNTIMES: readonly string[] = ["native", "goja", "wazero", "v8go"];

/** Keys that Base writes even when they hold nothing; `mode` is for an engine that is not here. */
const OPTIONAL_KEYS: readonly string[] = ["version", "module", "exports", "mode"];

/** Whether keys unknown here are ignored, as Base's own host does. */
export function isBaseForm(manifest: JsonObject): boolean {
  const runtime = own(manifest, "runtime");
  return typeof runtime === "string" && BASE_RUNTIMES.includes(runtime);
}

/** The manifest without `mode`, and without what Base writes as `null` or `""` for "not set". */
export function withoutBlanks(manifest: JsonObject): JsonObject {
  const isBlank = (key: string, value: Json) =>
    key === "mode" || (OPTIONAL_KEYS.includes(key) && (value === null || value === ""));
  return Object.fromEntries(
    Object.entries(manifest).filter(([key, value]) => !isBlank(key, value)),
  );
}
