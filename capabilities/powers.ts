/** All ambient power of the library in one object; no other file of this room touches Deno, fetch, crypto or Date, but those in powers/. @module */

import { crypto as stdCrypto, timingSafeEqual } from "@std/crypto";
import { joinChunks } from "./join_chunks.ts";
import { net, type NetPower } from "./powers/net.ts";
import { type ProgramPower, programs } from "./powers/programs.ts";
import { sqlite, type SqlitePower } from "./powers/sqlite.ts";
import { storage, type StoragePower } from "./powers/storage.ts";
import { tree, type TreePower } from "./powers/tree.ts";

/** What a file is, as far as confinement needs to know. */
export interface FileFacts {
  /** What it is itself; a link is not followed. */
  readonly kind: "file" | "directory" | "symlink" | "other";
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch; 0 where unknown. */
  readonly mtime: number;
  /** Device and inode: equal for the same file. */
  readonly identity: string;
}

/** Reading, for the files of extensions. */
export interface FilePower {
  /** The canonical path, links resolved. */
  realPath(path: string): Promise<string>;
  /** Facts about the path itself; a link is not followed. */
  lstat(path: string): Promise<FileFacts>;
  /**
   * Reads a file of at most `limit` bytes and tells what was really opened; `undefined` bytes when it is
   * larger. `known` is what the caller saw there just before, so that it is not looked at again.
   */
  read(
    path: string,
    limit: number,
    known?: FileFacts,
  ): Promise<{ bytes: Uint8Array | undefined; facts: FileFacts }>;
  /** Names of the entries of a directory, sorted, links included. */
  list(path: string): Promise<readonly string[]>;
  /** Names of the directories in a directory, sorted; links are none. */
  directories(path: string): Promise<readonly string[]>;
}

/** Hash functions that integrity strings name. */
export type HashAlgorithm = "SHA-256" | "SHA-384" | "SHA-512";

/** All powers. Tests hand in others; nothing else is replaced. */
export interface Powers {
  /** Reading files. */
  readonly files: FilePower;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Fills `bytes` with random ones. */
  randomFill(bytes: Uint8Array): void;
  /** The hash of `bytes`. */
  digest(algorithm: HashAlgorithm, bytes: Uint8Array): Promise<Uint8Array>;
  /** Compares in constant time; different lengths are just different. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** HTTP, as this process may use it. */
  readonly fetch: typeof fetch;
  /** Connections, and what names resolve to. */
  readonly net: NetPower;
  /** Reading and writing what extensions keep in files. */
  readonly storage: StoragePower;
  /** Directories of WASI programs. */
  readonly tree: TreePower;
  /** Databases in files. */
  readonly sqlite: SqlitePower;
  /** Programs of this machine. */
  readonly programs: ProgramPower;
  /**
   * An environment variable of this process; `undefined` when it is not set.
   *
   * @throws {Error} when this process may not read it; never asks on the terminal.
   */
  env(name: string): string | undefined;
  /** Names of all environment variables; throws like `env`. */
  envNames(): readonly string[];
  /** Writes all of `text` to standard error, at once. */
  writeError(text: string): void;
}

function factsOf(info: Deno.FileInfo): FileFacts {
  const kind = info.isFile
    ? "file"
    : info.isDirectory
    ? "directory"
    : info.isSymlink
    ? "symlink"
    : "other";
  return {
    kind,
    size: info.size,
    mtime: info.mtime?.getTime() ?? 0,
    identity: `${info.dev}:${info.ino}`,
  };
}

const files: FilePower = {
  realPath: (path) => Deno.realPath(path),
  lstat: async (path) => factsOf(await Deno.lstat(path)),
  async read(path, limit, known) {
    // Asked before opening: opening a FIFO would wait for its other end.
    const expected = known ?? factsOf(await Deno.stat(path));
    if (expected.kind !== "file") return { bytes: undefined, facts: expected };
    using file = await Deno.open(path, { read: true });
    // It is open: what it is needs no waiting for.
    const facts = factsOf(file.statSync());
    if (facts.kind !== "file" || facts.size > limit) return { bytes: undefined, facts };
    // A file that grows while it is read stays within the limit.
    const chunks: Uint8Array[] = [];
    let size = 0;
    const buffer = new Uint8Array(Math.min(Math.max(facts.size + 1, 1024), 1 << 20));
    for (;;) {
      const n = await file.read(buffer);
      if (n === null) break;
      size += n;
      if (size > limit) return { bytes: undefined, facts };
      chunks.push(buffer.slice(0, n));
      // all that there was, and less than there was room for: nobody has to be asked for the end
      if (n < buffer.length && size >= facts.size) break;
    }
    return { bytes: joinChunks(chunks, size), facts };
  },
  async list(path) {
    return await namesIn(path, () => true);
  },
  async directories(path) {
    return await namesIn(path, ({ isDirectory }) => isDirectory);
  },
};

async function namesIn(path: string, wanted: (entry: Deno.DirEntry) => boolean): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(path)) if (wanted(entry)) names.push(entry.name);
  return names.sort();
}

/** Names that cannot stand for anything: links that lead to each other, and what no directory can hold. */
const NOWHERE: ReadonlySet<unknown> = new Set(["ELOOP", "ENAMETOOLONG"]);

/** Whether `error` says that a file does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    (error instanceof Error && "code" in error && NOWHERE.has(error.code));
}

/** The powers of this process. */
export const powers: Powers = Object.freeze<Powers>({
  files,
  now: () => Date.now(),
  // getRandomValues refuses more than 65,536 bytes at a time
  randomFill(bytes) {
    for (let at = 0; at < bytes.length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536) as Uint8Array<ArrayBuffer>);
    }
  },
  async digest(algorithm, bytes) {
    return new Uint8Array(
      await stdCrypto.subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>),
    );
  },
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  fetch: (input, init) => fetch(input, init),
  net,
  storage,
  tree,
  sqlite,
  programs,
  env(name) {
    requireEnv(name);
    return Deno.env.get(name);
  },
  envNames() {
    requireEnv();
    return Object.keys(Deno.env.toObject());
  },
  writeError(text) {
    let rest = encoder.encode(text);
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  },
});

const encoder = new TextEncoder();

/** Reading without the permission would make Deno ask on the terminal, in the guest's name. */
function requireEnv(variable?: string): void {
  const { state } = Deno.permissions.querySync(
    variable === undefined ? { name: "env" } : { name: "env", variable },
  );
  if (state === "granted") return;
  const flag = variable === undefined ? "--allow-env" : `--allow-env=${variable}`;
  throw new Deno.errors.NotCapable(
    `Cannot read the environment as this process may not: start it with ${flag}`,
  );
}
