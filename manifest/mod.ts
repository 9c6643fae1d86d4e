/**
 * Manifests: what an extension says about itself, checked in shape and frozen. Text comes in, a
 * {@linkcode Manifest} or a list of {@linkcode Issue}s comes out; nothing is read from disk, looked
 * up or granted here.
 *
 * @example
 * ```ts
 * import { parseManifest } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const manifest = parseManifest('{ "name": "hello", "runtime": "wasm", "module": "./a.wasm" }');
 * assertEquals(manifest.module, "a.wasm");
 * ```
 *
 * @module
 */

export { canonicalManifest } from "./canonical.ts";
export { formatIssue, type Issue, ManifestError, type ManifestErrorCode } from "./errors.ts";
export type {
  CapabilityAsk,
  EventDeclaration,
  Isolation,
  Json,
  JsonObject,
  Manifest,
  ManifestLimits,
  PulpDeclaration,
  RouteDeclaration,
} from "./manifest.ts";
export { ISSUE_LIMIT } from "./issue_list.ts";
export { type Inspection, inspectManifest, parseManifest } from "./parse.ts";
export { placeIssues } from "./place.ts";
export { inspectPulpManifest, parsePulpManifest } from "./pulp.ts";
export { manifestSchema } from "./schema.ts";
export { closest } from "./suggest.ts";
export { VERSION } from "./version.ts";
