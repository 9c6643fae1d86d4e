/** Temporary directories for tests, removed when they go out of scope. @module */

import { dirname, join } from "@std/path";
import { ensureDir } from "@std/fs";

/** A directory with files in it. */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** Writes `files` below the directory; a string is text, another value JSON. */
  write(files: { readonly [path: string]: unknown }): Promise<void>;
}

/** Makes a temporary directory with `files`. */
export async function temporaryDirectory(
  files: { readonly [path: string]: unknown } = {},
): Promise<TemporaryDirectory> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "airlock-" }));
  const directory: TemporaryDirectory = {
    path,
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        const file = join(path, name);
        await ensureDir(dirname(file));
        if (content instanceof Uint8Array) await Deno.writeFile(file, content);
        else {
          const text = typeof content === "string" ? content : JSON.stringify(content);
          await Deno.writeTextFile(file, text);
        }
      }
    },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
  await directory.write(files);
  return directory;
}
