/** Directories in memory of programs in lanes: they stay where the embedder sees them, and are asked for. @module */

import type { FileStat, FileTree, OpenFile, WasiPreopen } from "../../wasi/files.ts";
import { type MemoryFiles, treeOf } from "../../wasi/memory_files.ts";
import type { Questions } from "./questions.ts";
import type { TreeQuestion } from "./wire.ts";

/** Directories that are on the host's thread. */
export function farTrees(
  questions: Questions,
  trees: readonly { readonly guest: string; readonly write: boolean }[],
): readonly WasiPreopen[] {
  return trees.map(({ guest, write }) => ({ guest, write, tree: farTree(questions, guest) }));
}

function farTree(questions: Questions, guest: string): FileTree {
  const on = (file: number | undefined) => (method: string, ...args: unknown[]): unknown =>
    questions.askNow({ kind: "tree", guest, file, method, args }, `file ${method}`);
  const ask = on(undefined);
  return {
    stat: (path) => ask("stat", path) as FileStat | undefined,
    names: (path) => ask("names", path) as readonly string[],
    readLink: (path) => ask("readLink", path) as string,
    makeDirectory: (path) => void ask("makeDirectory", path),
    makeLink: (path, target) => void ask("makeLink", path, target),
    link: (path, to) => void ask("link", path, to),
    rename: (path, to) => void ask("rename", path, to),
    unlink: (path) => void ask("unlink", path),
    removeDirectory: (path) => void ask("removeDirectory", path),
    setTimes: (path, times) => void ask("setTimes", path, times),
    open(path, how): OpenFile {
      const file = ask("open", path, { ...how }) as number;
      const askFile = on(file);
      return {
        stat: () => askFile("stat") as FileStat,
        read(into, position) {
          const bytes = askFile("read", into.length, position) as Uint8Array;
          into.set(bytes);
          return bytes.length;
        },
        write: (bytes, position) => askFile("write", bytes.slice(), position) as number,
        resize: (size) => void askFile("resize", size),
        setTimes: (times) => void askFile("setTimes", times),
        sync: (dataOnly) => void askFile("sync", dataOnly),
        close: () => questions.tell({ kind: "tree", guest, file, method: "close", args: [] }, 0),
      };
    },
  };
}

/** Answers them. */
export class NearTrees {
  readonly #trees: ReadonlyMap<string, MemoryFiles>;
  /** Files that programs have open. */
  readonly #files = new Map<number, OpenFile>();
  #last = 0;

  constructor(trees: ReadonlyMap<string, MemoryFiles> = new Map()) {
    this.#trees = trees;
  }

  /** What programs call them, and whether they may write there. */
  get names(): readonly { readonly guest: string; readonly write: boolean }[] {
    return Array.from(this.#trees, ([guest, { readOnly }]) => ({ guest, write: !readOnly }));
  }

  /**
   * Does what a program asks for.
   *
   * @throws {WasiError} as the tree does.
   */
  answer({ guest, file, method, args }: TreeQuestion): unknown {
    if (file !== undefined) return this.#onFile(file, method, args);
    const files = this.#trees.get(guest);
    if (files === undefined) throw new TypeError(`there is no directory "${guest}"`);
    const tree = treeOf(files);
    if (method !== "open") return call(tree, method, args);
    const opened = call(tree, method, args) as OpenFile;
    this.#files.set(++this.#last, opened);
    return this.#last;
  }

  #onFile(number: number, method: string, args: readonly unknown[]): unknown {
    const file = this.#files.get(number);
    if (file === undefined) throw new TypeError("the file is closed");
    if (method === "close") this.#files.delete(number);
    if (method !== "read") return call(file, method, args);
    const [length, position] = args as readonly number[];
    const bytes = new Uint8Array(length ?? 0);
    return bytes.subarray(0, file.read(bytes, position ?? 0));
  }
}

/** Lanes run code of this package: what they name are methods of these interfaces. */
function call(target: FileTree | OpenFile, method: string, args: readonly unknown[]): unknown {
  const own = target as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
  return own[method]?.(...args);
}
