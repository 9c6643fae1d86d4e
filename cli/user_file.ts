/** Files that the user of a command names. @module */

/** What the system says of a path that cannot be used as it is. */
const PATH_CODES: ReadonlySet<unknown> = new Set([
  ...["ENOENT", "ENOTDIR", "EISDIR", "EACCES", "EPERM", "ELOOP", "ENAMETOOLONG"],
]);

/** Whether `error` is about a path that the user wrote. */
export function isFileError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && PATH_CODES.has(error.code);
}

/** All of a file, a pipe or a device; `undefined` where it has more than `limit` bytes. */
export async function readUpTo(path: string, limit: number): Promise<Uint8Array | undefined> {
  using file = await Deno.open(path);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.readable) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
