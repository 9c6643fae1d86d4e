/** Files in memory that an embedder gives to a WASI program, and takes back. @module */

import { type FileTree, FILETYPE, WasiError } from "./files.ts";
import { MemoryTree } from "./memory_tree.ts";

/** How much {@linkcode MemoryFiles} may hold. */
export interface MemoryFilesOptions {
  /** Bytes of all files together; default: 16 MiB. */
  readonly bytes?: number;
  /** Files, directories and links; default: 10,000. */
  readonly files?: number;
  /** Whether programs only read them; default: `false`. */
  readonly readOnly?: boolean;
}

/** A program that fills its host's memory, with bytes or with names. */
const DEFAULT_BYTES = 16 * 1024 * 1024;
const DEFAULT_FILES = 10_000;

const encoder = new TextEncoder();

const trees = new WeakMap<MemoryFiles, FileTree>();

/** What engines give programs of it. */
export function treeOf(files: MemoryFiles): FileTree {
  const tree = trees.get(files);
  if (tree === undefined) throw new TypeError("Cannot give a program what are no MemoryFiles");
  return tree;
}

/**
 * A directory that exists in memory only. Given as one of the `preopens` of `load` it is the same for
 * every call of that program; nothing of it reaches the disk.
 *
 * @example
 * ```ts
 * import { MemoryFiles } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const files = new MemoryFiles({ bytes: 1024 });
 * files.write("in/a.txt", "hello");
 * assertEquals(new TextDecoder().decode(files.read("in/a.txt")), "hello");
 * assertEquals(files.list("in"), ["a.txt"]);
 * ```
 */
export class MemoryFiles {
  /** Whether programs only read it. */
  readonly readOnly: boolean;
  readonly #tree: MemoryTree;

  /** An empty directory; a cap that is no positive whole number is a `RangeError`. */
  constructor(
    { bytes = DEFAULT_BYTES, files = DEFAULT_FILES, readOnly = false }: MemoryFilesOptions = {},
  ) {
    for (const [name, cap] of Object.entries({ bytes, files })) {
      if (Number.isSafeInteger(cap) && cap > 0) continue;
      throw new RangeError(
        `Cannot keep files in memory as ${name} must be a positive whole number: current value is ${cap}`,
      );
    }
    this.readOnly = readOnly;
    this.#tree = new MemoryTree({ bytes, files }, () => performance.timeOrigin + performance.now());
    trees.set(this, this.#tree);
  }

  /**
   * Makes bytes or text the whole content of a file, and the directories above it.
   *
   * @throws {RangeError} when it does not fit.
   * @throws {TypeError} for a path that is no file's.
   */
  write(path: string, content: Uint8Array | string): void {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    const parts = partsOf(path);
    this.#attempt(path, () => {
      for (let depth = 1; depth < parts.length; depth++) {
        const above = parts.slice(0, depth).join("/");
        if (this.#tree.stat(above) === undefined) this.#tree.makeDirectory(above);
      }
      const at = parts.join("/");
      const create = this.#tree.stat(at) === undefined;
      const file = this.#tree.open(at, { read: false, write: true, create });
      try {
        file.resize(0);
        file.write(bytes, 0);
      } catch (error) {
        if (create) this.#tree.unlink(at);
        throw error;
      } finally {
        file.close();
      }
    });
  }

  /** A copy of a file's content; `undefined` when there is no such file. */
  read(path: string): Uint8Array<ArrayBuffer> | undefined {
    const at = partsOf(path).join("/");
    const stat = this.#tree.stat(at);
    if (stat?.type !== FILETYPE.REGULAR_FILE) return undefined;
    const file = this.#tree.open(at, { read: true, write: false, create: false });
    const bytes = new Uint8Array(stat.size);
    file.read(bytes, 0);
    file.close();
    return bytes;
  }

  /** Names in a directory, sorted; `undefined` when there is no such directory. */
  list(path: string = ""): readonly string[] | undefined {
    const at = path === "" ? "" : partsOf(path).join("/");
    if (this.#tree.stat(at)?.type !== FILETYPE.DIRECTORY) return undefined;
    return [...this.#tree.names(at)].sort();
  }

  #attempt(path: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof WasiError)) throw error;
      throw new RangeError(
        `Cannot keep "${path}" in memory as it does not fit, or is no file: errno ${error.errno}`,
        { cause: error },
      );
    }
  }
}

function partsOf(path: string): readonly string[] {
  const parts = path.split("/");
  const plain = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (plain && !path.includes("\0")) return parts;
  throw new TypeError(
    `Cannot use a file in memory as its path must be plain ("a/b"): current value is ${
      JSON.stringify(path)
    }`,
  );
}
