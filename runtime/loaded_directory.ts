/** What came of a directory of extensions. @module */

import type { Extension } from "./extension.ts";

/** One extension that could not be loaded. */
export interface LoadFailure {
  /** The directory or label. */
  readonly source: string;
  /** The manifest's name, where it has a readable one. */
  readonly name: string | undefined;
  /** What happened: a `ManifestError`, `CapabilityError`, `ExtensionError`, or an unexpected one. */
  readonly error: unknown;
}

/** Extensions of a directory by name, and what could not be loaded. */
export interface LoadedDirectory extends ReadonlyMap<string, Extension> {
  /** What could not be loaded, in the order of the sources. */
  readonly failures: readonly LoadFailure[];
}
