/**
 * A directory of the host as a tree: every look and every change is an operation of the broker, which
 * confines, counts and records it.
 *
 * @module
 */

import type { HostValue, OperationArgs } from "../../capabilities/capability.ts";
import { CapabilityError, OperationError } from "../../capabilities/errors.ts";
import { FileError } from "../../capabilities/file_error.ts";
import { ERRNO } from "./errno.ts";
import {
  type FileStat,
  type FileTimes,
  type FileTree,
  FILETYPE,
  nanosecondsOf,
  type OpenFile,
  type OpenHow,
  wasiError,
  type WasiPreopen,
} from "./files.ts";

/** Asks for an operation of the host, at once. */
export type AskHost = (operation: string, args: OperationArgs) => HostValue;

const TYPES: { readonly [kind: string]: number } = {
  file: FILETYPE.REGULAR_FILE,
  directory: FILETYPE.DIRECTORY,
  link: FILETYPE.SYMBOLIC_LINK,
};

/** What the host answers about an entry. */
interface Facts {
  readonly kind: string;
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

/** A time that the program set, and what the host made of it. */
interface ExactTimes {
  readonly atime: number;
  readonly mtime: number;
  readonly atim: bigint;
  readonly mtim: bigint;
}

/** Most files whose exact times are kept: a program may touch millions. */
const EXACT_TIMES = 10_000;
const NANOSECONDS_PER_MS = 1_000_000n;

/** The directories that a capability has for this program, be it the operator's or by a grant. */
export function hostPreopens(
  capability: "preopens" | "fs",
  askHost: AskHost,
): readonly WasiPreopen[] {
  const exact = new Map<string, ExactTimes>();
  const ask = translating((operation, args) => askHost(`${capability}.wasi_${operation}`, args));
  const trees = ask("trees", {}) as readonly { guest: string; write: boolean }[];
  return trees.map(({ guest, write }, number) => ({
    guest,
    write,
    tree: hostTree(number, ask, exact),
  }));
}

function hostTree(tree: number, ask: AskHost, exact: Map<string, ExactTimes>): FileTree {
  const on = (operation: string, path: string, args: OperationArgs = {}) =>
    ask(operation, { tree, path, ...args });

  /** The host keeps times to the millisecond; what the program set itself it finds again as it was. */
  const statOf = (facts: Facts): FileStat => {
    const known = exact.get(`${facts.dev}:${facts.ino}`);
    const same = known?.mtime === facts.mtime && known.atime === facts.atime;
    return {
      type: TYPES[facts.kind] ?? FILETYPE.UNKNOWN,
      dev: facts.dev,
      ino: facts.ino,
      nlink: facts.nlink,
      size: facts.size,
      atim: same ? known.atim : nanosecondsOf(facts.atime),
      mtim: same ? known.mtim : nanosecondsOf(facts.mtime),
      ctim: nanosecondsOf(facts.ctime),
    };
  };
  const stat = (path: string): FileStat | undefined => {
    const facts = on("stat", path) as Facts | null;
    return facts === null ? undefined : statOf(facts);
  };
  /** Sets times where `act` does, and remembers them as exactly as they were asked for. */
  const setTimes = (look: () => Facts, act: (args: OperationArgs) => void, times: FileTimes) => {
    const before = statOf(look());
    const wanted = { atim: times.atim ?? before.atim, mtim: times.mtim ?? before.mtim };
    act({ atime: millisecondsOf(wanted.atim), mtime: millisecondsOf(wanted.mtim) });
    const { dev, ino, atime, mtime } = look();
    if (exact.size >= EXACT_TIMES) exact.clear();
    exact.set(`${dev}:${ino}`, { atime, mtime, ...wanted });
  };
  const look = (path: string) => (): Facts => {
    const facts = on("stat", path) as Facts | null;
    if (facts === null) throw wasiError(ERRNO.NOENT);
    return facts;
  };
  return {
    stat,
    names: (path) => on("names", path) as readonly string[],
    readLink: (path) => on("readLink", path) as string,
    makeDirectory: (path) => void on("makeDirectory", path),
    makeLink: (path, target) => void on("makeLink", path, { target }),
    link: (path, to) => void on("link", path, { to }),
    rename: (path, to) => void on("rename", path, { to }),
    unlink: (path) => void on("unlink", path),
    removeDirectory: (path) => void on("removeDirectory", path),
    setTimes: (path, times) =>
      setTimes(look(path), (args) => void on("setTimes", path, args), times),
    open(path: string, how: OpenHow): OpenFile {
      const file = on("open", path, { ...how }) as number;
      const facts = () => ask("openedFacts", { file }) as unknown as Facts;
      return {
        stat: () => statOf(facts()),
        // What is handed over here may be the guest's memory itself: the broker runs both at once, and
        // only its own code sees the bytes, so that a copy would be for nobody.
        read: (into, position) => ask("read", { file, into, position }) as number,
        write: (bytes, position) => ask("write", { file, bytes, position }) as number,
        resize: (size) => void ask("resize", { file, size }),
        setTimes: (times) =>
          setTimes(facts, (args) => void ask("setOpenedTimes", { file, ...args }), times),
        sync: (dataOnly) => void ask("sync", { file, dataOnly }),
        close: () => void ask("close", { file }),
      };
    },
  };
}

function millisecondsOf(nanoseconds: bigint): number {
  return Number(nanoseconds / NANOSECONDS_PER_MS);
}

/** What the host says no with, as the errno that says the same. */
function translating(ask: AskHost): AskHost {
  return (operation, args) => {
    try {
      return ask(operation, args);
    } catch (error) {
      const errno = errnoOf(error);
      throw errno === undefined ? error : wasiError(errno);
    }
  };
}

function errnoOf(error: unknown): number | undefined {
  if (error instanceof FileError) return ERRNO[error.code];
  if (error instanceof CapabilityError) {
    return error.code === "quota" ? ERRNO.DQUOT : ERRNO.NOTCAPABLE;
  }
  return error instanceof OperationError ? ERRNO.IO : undefined;
}
