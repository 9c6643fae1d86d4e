/** Which directory under the host's storage root is an extension's own. @module */

import { join } from "@std/path";

/** How digests start; a directory's name must not pass for one. */
const DIGEST = "sha256-";

/** What an extension's files are kept by. */
export interface StorageOwner {
  /** Its directory under a loaded root, with a closing slash. */
  readonly directoryKey: string | undefined;
  /** Of its manifest and files; `undefined` where it does not tell it from others. */
  readonly digest: string | undefined;
}

/**
 * The directory for the files of one extension: by the name of its directory, as for grants, so that an
 * update keeps them; else by digest. Never by the name that a manifest gives itself.
 */
export function storageDirectory(
  root: string | undefined,
  { directoryKey, digest }: StorageOwner,
): string | undefined {
  if (root === undefined) return undefined;
  if (directoryKey === undefined) return digest === undefined ? undefined : join(root, digest);
  // one part of a path on every system, whatever the directory is called
  const name = encodeURIComponent(directoryKey.replace(/\/$/, "")).replaceAll(".", "%2E");
  return join(root, name.startsWith(DIGEST) ? name.replace("-", "%2D") : name);
}
