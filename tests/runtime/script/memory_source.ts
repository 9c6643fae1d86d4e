/** A Source over files in memory, for tests of engines that need no host. @module */

import type { Source } from "../../../runtime/source.ts";

class NotFound extends Error {
  override readonly name = "NotFound";
}

/** Files by path; `modulePath` is the entry. Counts how often each was read. */
export function memorySource(
  files: { readonly [path: string]: string | Uint8Array },
  modulePath = "index.js",
): Source & { readonly reads: Map<string, number> } {
  const reads = new Map<string, number>();
  return {
    label: "memory",
    modulePath,
    compiled: undefined,
    reads,
    read(path) {
      reads.set(path, (reads.get(path) ?? 0) + 1);
      const file = Object.hasOwn(files, path) ? files[path] : undefined;
      if (file === undefined) return Promise.reject(new NotFound(path));
      return Promise.resolve(typeof file === "string" ? new TextEncoder().encode(file) : file);
    },
    digest: () => Promise.resolve("sha256-memory"),
  };
}
