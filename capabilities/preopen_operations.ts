/**
 * What the engine asks for on behalf of WASI programs: operations on directories by number and path, and
 * on open files by number. Guests of other kinds never see them.
 *
 * @module
 */

import type { HostValue, Operation, OperationArgs, OperationContext } from "./capability.ts";
import { FileError } from "./file_error.ts";
import type { HostTree, OpenedFile } from "./host_tree.ts";
import type { TreeFacts } from "./powers/tree.ts";

/** Files of one extension open at once: descriptors are the process's. */
const OPEN_FILES = 1_024;

/** The directories of one extension, and what it has open of them. */
export interface OpenTrees {
  /** Made when they are first asked for. */
  readonly trees: () => readonly HostTree[];
  readonly files: Map<number, OpenedFile>;
  next: number;
}

/** Directories that nobody has asked for yet. */
export function openTrees(make: () => readonly HostTree[]): OpenTrees {
  let made: readonly HostTree[] | undefined;
  return { trees: () => made ??= make(), files: new Map(), next: 0 };
}

/** Closes every file. */
export function closeTrees({ files }: OpenTrees): void {
  for (const file of files.values()) file.tree.close(file);
  files.clear();
}

type Operations<Grant, State> = { readonly [name: string]: Operation<Grant, State> };

/** The operations over the directories that `of` finds in a capability's state. */
export function preopenOperations<Grant, State>(
  of: (state: State) => OpenTrees,
): Operations<Grant, State> {
  const make = (
    params: readonly string[],
    run: (args: OperationArgs, open: OpenTrees) => HostValue | void,
  ): Operation<Grant, State> => ({
    params,
    engineOnly: true,
    callSync: (args, { state }: OperationContext<Grant, State>) => run(args, of(state)) ?? null,
    summarize: ({ path, file }) => typeof path === "string" ? path : `file ${String(file ?? "")}`,
  });
  const onPath = (
    params: readonly string[],
    run: (tree: HostTree, path: string, args: OperationArgs, open: OpenTrees) => HostValue | void,
  ) =>
    make(["tree", "path", ...params], (args, open) => {
      const tree = open.trees()[numberOf(args["tree"])];
      if (tree === undefined) throw new FileError("BADF");
      return run(tree, textOf(args["path"]), args, open);
    });
  const onFile = (
    params: readonly string[],
    run: (file: OpenedFile, args: OperationArgs, open: OpenTrees) => HostValue | void,
  ) =>
    make(["file", ...params], (args, open) => {
      const file = open.files.get(numberOf(args["file"]));
      if (file === undefined) throw new FileError("BADF");
      return run(file, args, open);
    });
  return {
    /** `[{ guest, write }]`, in the order of their numbers. */
    wasi_trees: make(
      [],
      (_, { trees }) => trees().map(({ preopen: { guest, write } }) => ({ guest, write })),
    ),
    wasi_stat: onPath([], (tree, path) => fromFacts(tree.stat(path))),
    wasi_names: onPath([], (tree, path) => tree.names(path)),
    wasi_readLink: onPath([], (tree, path) => tree.readLink(path)),
    wasi_makeDirectory: onPath([], (tree, path) => tree.makeDirectory(path)),
    wasi_makeLink: onPath(
      ["target"],
      (tree, path, { target }) => tree.makeLink(path, textOf(target)),
    ),
    wasi_link: onPath(["to"], (tree, path, { to }) => tree.link(path, textOf(to))),
    wasi_rename: onPath(["to"], (tree, path, { to }) => tree.rename(path, textOf(to))),
    wasi_unlink: onPath([], (tree, path) => tree.unlink(path)),
    wasi_removeDirectory: onPath([], (tree, path) => tree.removeDirectory(path)),
    wasi_setTimes: onPath(
      ["atime", "mtime"],
      (tree, path, { atime, mtime }) => tree.setTimes(path, numberOf(atime), numberOf(mtime)),
    ),
    /** The number of the open file. */
    wasi_open: onPath(["read", "write", "create"], (tree, path, args, open) => {
      if (open.files.size >= OPEN_FILES) throw new FileError("MFILE");
      const file = tree.open(path, {
        read: args["read"] === true,
        write: args["write"] === true,
        create: args["create"] === true,
      });
      const number = open.next++;
      open.files.set(number, file);
      return number;
    }),
    /** Fills the beginning of `into` with bytes at a position; how many, 0 at the end. */
    wasi_read: onFile(["into", "position"], (file, { into, position }) => {
      if (!(into instanceof Uint8Array)) throw new FileError("INVAL");
      return file.tree.read(file, into, numberOf(position));
    }),
    /** How many of the bytes were written. */
    wasi_write: onFile(["bytes", "position"], (file, { bytes, position }) => {
      if (!(bytes instanceof Uint8Array)) throw new FileError("INVAL");
      return file.tree.write(file, bytes, numberOf(position));
    }),
    wasi_openedFacts: onFile([], (file) => fromFacts(file.tree.openedFacts(file))),
    wasi_resize: onFile(["size"], (file, { size }) => file.tree.resize(file, numberOf(size))),
    wasi_setOpenedTimes: onFile(
      ["atime", "mtime"],
      (file, { atime, mtime }) => file.tree.setOpenedTimes(file, numberOf(atime), numberOf(mtime)),
    ),
    wasi_sync: onFile(
      ["dataOnly"],
      (file, { dataOnly }) => file.tree.sync(file, dataOnly === true),
    ),
    wasi_close: onFile([], (file, { file: number }, open) => {
      open.files.delete(numberOf(number));
      file.tree.close(file);
    }),
  };
}

function fromFacts(facts: TreeFacts | undefined): HostValue {
  return facts === undefined ? null : { ...facts };
}

function textOf(value: HostValue): string {
  if (typeof value !== "string") throw new FileError("INVAL");
  return value;
}

function numberOf(value: HostValue): number {
  if (typeof value !== "number") throw new FileError("INVAL");
  return value;
}
