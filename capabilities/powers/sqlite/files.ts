/** The only file system that SQLite has: one database and its journal, in one directory. @module */

import type { Callback, Engine } from "./engine.ts";

/** What the file system is made of. */
export interface DatabaseFiles {
  /** Absolute path of the database. */
  readonly path: string;
  /** Bytes that the database may have; its journal as many again. */
  readonly maxBytes: number;
  /** Bytes that seed SQLite's own random numbers. */
  readonly seed: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The database's name inside. */
export const DATABASE_NAME = "data.db";
/** The file system's name inside. */
export const VFS_NAME = "airlock";

const JOURNAL_NAME = `${DATABASE_NAME}-journal`;

const OK = 0;
const BUSY = 5;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_FOUND = 12;
const IO_READ = 266;
const IO_SHORT_READ = 522;
const IO_WRITE = 778;
const IO_SYNC = 1034;
const IO_TRUNCATE = 1546;
const IO_STAT = 1802;
const IO_UNLOCK = 2058;
const IO_DELETE = 2570;
const IO_LOCK = 3850;

const OPEN_CREATE = 0x4;
/** Room that a journal needs beside the pages it holds. */
const JOURNAL_SLACK = 1024 * 1024;
/** Files of extensions are nobody else's. */
const FILE_MODE = 0o600;

/** 1970 in milliseconds of the Julian calendar, which SQLite counts in. */
const JULIAN_EPOCH_MS = 210_866_760_000_000;

/** An open file, by the pointer SQLite gave it. */
interface Opened {
  readonly file: Deno.FsFile;
  readonly limit: number;
  locked: boolean;
}

/** Registers the file system as SQLite's default, and closes its files. */
export class FileSystem implements Disposable {
  readonly #engine: Engine;
  readonly #files: DatabaseFiles;
  readonly #open = new Map<number, Opened>();
  readonly #methods: number;

  constructor(engine: Engine, files: DatabaseFiles) {
    this.#engine = engine;
    this.#files = files;
    this.#methods = this.#struct([1], this.#fileCallbacks());
    const name = engine.putText(VFS_NAME);
    const head = [2, 8, 64, 0, name, 0];
    engine.api.sqlite3_vfs_register(this.#struct(head, this.#systemCallbacks()), 1);
  }

  /** Closes what SQLite left open, which gives its locks back. */
  [Symbol.dispose](): void {
    for (const { file } of this.#open.values()) file.close();
    this.#open.clear();
  }

  #struct(head: readonly number[], callbacks: readonly Callback[]): number {
    const words = [...head, ...this.#engine.install(callbacks)];
    const pointer = this.#engine.allocate(words.length * 4);
    for (const [at, word] of words.entries()) {
      this.#engine.view.setInt32(pointer + at * 4, word, true);
    }
    return pointer;
  }

  /** In the order of `sqlite3_vfs`. */
  #systemCallbacks(): readonly Callback[] {
    const engine = this.#engine;
    const { now, seed } = this.#files;
    const nothing: Callback = { params: "iii", run: () => 0 };
    return [
      callback(
        "iiiii",
        CANNOT_OPEN,
        (_vfs, name, id, flags, out) => this.#xOpen(name, id, flags, out),
      ),
      callback("iii", IO_DELETE, (_vfs, name) => {
        const path = this.#pathOf(name);
        if (path !== undefined) removeIfThere(path);
        return OK;
      }),
      callback("iiii", IO_STAT, (_vfs, name, _flags, out) => {
        const path = this.#pathOf(name);
        const there = path !== undefined && (factsOf(path)?.size ?? 0) > 0;
        engine.view.setInt32(out, there ? 1 : 0, true);
        return OK;
      }),
      callback("iiii", CANNOT_OPEN, (_vfs, name, size, out) => {
        const text = encoder.encode(`${engine.text(name)}\0`);
        if (text.length > size) return CANNOT_OPEN;
        engine.bytes.set(text, out);
        return OK;
      }),
      { params: "ii", run: () => 0 },
      nothing,
      nothing,
      { params: "ii", run: () => 0 },
      callback("iii", 0, (_vfs, size, out) => {
        for (let at = 0; at < size; at++) {
          engine.view.setUint8(out + at, seed[at % seed.length] ?? 0);
        }
        return size;
      }),
      { params: "ii", run: () => 0 },
      callback("ii", 1, (_vfs, out) => {
        engine.view.setFloat64(out, (now() + JULIAN_EPOCH_MS) / 86_400_000, true);
        return OK;
      }),
      nothing,
      callback("ii", 1, (_vfs, out) => {
        engine.view.setBigInt64(out, BigInt(Math.floor(now()) + JULIAN_EPOCH_MS), true);
        return OK;
      }),
    ];
  }

  /** In the order of `sqlite3_io_methods`. */
  #fileCallbacks(): readonly Callback[] {
    const engine = this.#engine;
    return [
      callback("i", OK, (id) => {
        this.#open.get(id)?.file.close();
        this.#open.delete(id);
        return OK;
      }),
      {
        params: "iiij",
        run: (id: number, to: number, n: number, at: bigint) => this.#xRead(id, to, n, at),
      },
      {
        params: "iiij",
        run: (id: number, from: number, n: number, at: bigint) => this.#xWrite(id, from, n, at),
      },
      {
        params: "ij",
        run: (id: number, size: bigint) =>
          attempt(IO_TRUNCATE, () => {
            this.#opened(id).file.truncateSync(Number(size));
            return OK;
          }),
      },
      callback("ii", IO_SYNC, (id) => {
        this.#opened(id).file.syncDataSync();
        return OK;
      }),
      callback("ii", IO_STAT, (id, out) => {
        engine.view.setBigInt64(out, BigInt(this.#opened(id).file.statSync().size), true);
        return OK;
      }),
      callback("ii", IO_LOCK, (id) => this.#xLock(id)),
      callback("ii", IO_UNLOCK, (id, level) => {
        const opened = this.#opened(id);
        if (level === 0 && opened.locked) {
          opened.file.unlockSync();
          opened.locked = false;
        }
        return OK;
      }),
      callback("ii", IO_LOCK, (_id, out) => {
        engine.view.setInt32(out, 0, true);
        return OK;
      }),
      { params: "iii", run: () => NOT_FOUND },
      { params: "i", run: () => 4096 },
      { params: "i", run: () => 0 },
    ];
  }

  #xOpen(name: number, id: number, flags: number, outFlags: number): number {
    const { view } = this.#engine;
    // first: SQLite calls xClose only where these are set
    view.setInt32(id, 0, true);
    const path = this.#pathOf(name);
    if (path === undefined) return CANNOT_OPEN;
    const file = openPlainFile(path, (flags & OPEN_CREATE) !== 0);
    if (!file) return CANNOT_OPEN;
    const { maxBytes } = this.#files;
    const limit = path === this.#files.path ? maxBytes : maxBytes + JOURNAL_SLACK;
    this.#open.set(id, { file, limit, locked: false });
    view.setInt32(id, this.#methods, true);
    if (outFlags !== 0) view.setInt32(outFlags, flags, true);
    return OK;
  }

  /** The host's path of a file; there are two, and no temporary ones. */
  #pathOf(name: number): string | undefined {
    const { path } = this.#files;
    switch (this.#engine.text(name)) {
      case DATABASE_NAME:
        return path;
      case JOURNAL_NAME:
        return `${path}-journal`;
      default:
        return undefined;
    }
  }

  #xRead(id: number, to: number, n: number, at: bigint): number {
    return attempt(IO_READ, () => {
      const { file } = this.#opened(id);
      const target = this.#engine.bytes.subarray(to, to + n);
      file.seekSync(at, Deno.SeekMode.Start);
      let done = 0;
      while (done < n) {
        const read = file.readSync(target.subarray(done));
        if (!read) break;
        done += read;
      }
      if (done === n) return OK;
      target.fill(0, done);
      return IO_SHORT_READ;
    });
  }

  #xWrite(id: number, from: number, n: number, at: bigint): number {
    return attempt(IO_WRITE, () => {
      const { file, limit } = this.#opened(id);
      if (Number(at) + n > limit) return FULL;
      let rest = this.#engine.bytes.subarray(from, from + n);
      file.seekSync(at, Deno.SeekMode.Start);
      while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
      return OK;
    });
  }

  /**
   * Readers exclude each other, too: a lock that is widened is given up in between, and SQLite
   * would go on with what it read before another process wrote.
   */
  #xLock(id: number): number {
    const opened = this.#opened(id);
    if (opened.locked) return OK;
    if (!opened.file.tryLockSync(true)) return BUSY;
    opened.locked = true;
    return OK;
  }

  #opened(id: number): Opened {
    const opened = this.#open.get(id);
    if (!opened) throw new TypeError("SQLite uses a file that is not open");
    return opened;
  }
}

/** An error must not unwind SQLite's own frames: it becomes the code `failed`. */
function attempt(failed: number, run: () => number): number {
  try {
    return run();
  } catch {
    return failed;
  }
}

function callback(params: string, failed: number, run: (...args: number[]) => number): Callback {
  return { params, run: (...args: number[]) => attempt(failed, () => run(...args)) };
}

/** Opens a file that is no link, device or second name of another file. */
function openPlainFile(path: string, create: boolean): Deno.FsFile | undefined {
  const before = factsOf(path);
  if (before ? !isPlain(before) : !create) return undefined;
  const file = Deno.openSync(path, {
    read: true,
    write: true,
    createNew: !before,
    mode: FILE_MODE,
  });
  const [opened, after] = [file.statSync(), factsOf(path)];
  const same = after && isPlain(after) && after.dev === opened.dev && after.ino === opened.ino;
  if (same) return file;
  file.close();
  return undefined;
}

function isPlain({ isFile, nlink }: Deno.FileInfo): boolean {
  return isFile && (nlink ?? 1) <= 1;
}

function factsOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const encoder = new TextEncoder();
