/** What a host remembers of each extension it loaded. @module */

import { Fault } from "./errors.ts";
import type { Extension } from "./extension.ts";
import type { LoadTarget } from "./locate.ts";
import type { LoadOptions } from "./options.ts";

/** One loaded extension, and how to load it again. */
export interface Entry {
  readonly extension: Extension;
  readonly target: LoadTarget;
  readonly options: LoadOptions;
  /** The directory under a loaded root, for grants. */
  readonly directoryKey: string | undefined;
  /** What `loadDir` compares; empty for other loads. */
  readonly mark: string;
}

/** Where an extension came from. */
export type Origin = Omit<Entry, "extension">;

/** Two extensions want one name. */
export function duplicate(name: string): Fault {
  return new Fault("duplicate", `an extension named "${name}" is loaded already`);
}
