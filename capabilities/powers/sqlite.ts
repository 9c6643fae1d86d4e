/** The power to keep a SQLite database in a file, each in a worker of our own that can always be stopped. @module */

import { dirname, fromFileUrl } from "@std/path";
import { writeFlag } from "../permission_flags.ts";
import { type SqlChange, type SqlDatabase, SqlFailure } from "../sql_database.ts";
import type { SqlRequest, SqlRows, SqlTies } from "../sql_database.ts";
import type { TableRight } from "../sql_rules.ts";
import { TrustedDatabase } from "./sqlite/trusted.ts";
import { storage } from "./storage.ts";
import type { FromWorker, OpenMessage, ToWorker } from "./sqlite/protocol.ts";

/** Opens databases in files. */
export interface SqlitePower {
  /** Deno's flags for a process that keeps a database in `directory`. */
  permissions(directory: string): readonly string[];
  /**
   * The database at `path`, whose directory is there; nothing is opened before the first request.
   *
   * @throws {Error} when this process may not read and write there; never asks on the terminal.
   */
  open(settings: SqliteSettings): SqlDatabase;
  /** The same in this thread, for SQL that is trusted: nothing stops it, and its memory has no limit. */
  openTrusted(settings: SqliteSettings): SqlDatabase;
}

/** Caps of a database. */
export interface SqliteLimits {
  /** Bytes of the database file. */
  readonly databaseBytes: number;
  /** Bytes of one value, and of one row on disk. */
  readonly valueBytes: number;
  /** Rows of one answer. */
  readonly rows: number;
  /** Bytes of one answer. */
  readonly answerBytes: number;
}

/** How a database is opened. */
export interface SqliteSettings {
  /** Absolute path of the database. */
  readonly path: string;
  /** Rights by table; `undefined` = every table. */
  readonly tables: readonly (readonly [string, TableRight])[] | undefined;
  /** What SQL cannot exceed. */
  readonly limits: SqliteLimits;
  /** Bytes of SQLite's whole memory. */
  readonly memoryBytes: number;
  /** Bytes that seed SQLite's own random numbers. */
  readonly seed: Uint8Array;
  /** Milliseconds that one request may run, whatever its deadline. */
  readonly requestMs: number;
  /** Milliseconds since the epoch, for SQL. */
  readonly now: () => number;
}

/** Milliseconds beyond a request's own that a worker gets to start, to stop and to answer. */
const STUCK_MS = 10_000;

/** Its imports reach no further than the folder two above. */
const WORKER = new URL("./sqlite/worker.ts", import.meta.url);

/** The databases of this process. */
export const sqlite: SqlitePower = Object.freeze<SqlitePower>({
  permissions: (directory) => needs(directory).map(({ name, path }) => writeFlag(name, path)),
  open(settings) {
    // a worker must not be the one who asks on the terminal
    requireAll(needs(dirname(settings.path)));
    return new WorkerDatabase(settings);
  },
  openTrusted(settings) {
    const path = dirname(settings.path);
    requireAll([{ name: "read", path }, { name: "write", path }]);
    return new TrustedDatabase(settings, {
      check: checkPlainFile,
      // nobody else's to read, as all files of extensions
      make: (path) => Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close(),
    });
  },
});

interface Need {
  readonly name: "read" | "write";
  readonly path: string;
}

function requireAll(all: readonly Need[]): void {
  for (const need of all) {
    if (Deno.permissions.querySync(need).state === "granted") continue;
    throw new Deno.errors.NotCapable(
      `Cannot open the database as this process may not: start it with ${
        writeFlag(need.name, need.path)
      }`,
    );
  }
}

/** A link, a second name or a device would be somebody else's file. */
async function checkPlainFile(path: string): Promise<void> {
  const facts = await storage.facts(path);
  if (!facts || (facts.kind === "file" && facts.names === 1)) return;
  throw new SqlFailure("broken", "something else lies in the place of its file");
}

/** What the journal and the worker need, too: modules from the network are loaded without any. */
function needs(directory: string): readonly Need[] {
  const folder = new URL("../..", WORKER);
  return [
    { name: "read", path: directory },
    { name: "write", path: directory },
    ...folder.protocol === "file:" ? [{ name: "read", path: fromFileUrl(folder) } as const] : [],
  ];
}

/** Requests one after the other, in a worker that is started by the first. */
class WorkerDatabase implements SqlDatabase {
  readonly #settings: SqliteSettings;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  /** Settles when everything asked so far is over. */
  #tail: Promise<unknown> = Promise.resolve();
  #worker: Worker | undefined;
  #receive: (message: FromWorker | undefined) => void = () => {};
  #closing: Promise<void> | undefined;

  constructor(settings: SqliteSettings) {
    this.#settings = settings;
  }

  run(request: SqlRequest, ties: SqlTies): Promise<SqlRows | SqlChange> {
    const result = this.#tail.then(() => this.#run(request, ties));
    this.#tail = result.catch(() => {});
    return result;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #run(request: SqlRequest, { signal, deadline }: SqlTies): Promise<SqlRows | SqlChange> {
    signal.throwIfAborted();
    if (this.#closing) throw new SqlFailure("broken", "the database is closed");
    const { now, requestMs } = this.#settings;
    const timeoutMs = Math.min(requestMs, deadline - performance.now());
    if (timeoutMs <= 0) throw new SqlFailure("timeout", "its time was over before it began");
    Atomics.store(this.#stop, 0, 0);
    const stop = () => this.#signalStop();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const reply = await this.#ask({ type: "run", request, timeoutMs, now: now() }, timeoutMs);
      if (reply?.type === "done") return reply.answer;
      signal.throwIfAborted();
      if (reply?.type === "failed") throw new SqlFailure(reply.kind, reply.message, reply.refusal);
      throw new SqlFailure("broken", "the engine failed");
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #signalStop(): void {
    Atomics.store(this.#stop, 0, 1);
    // it may be waiting for a lock
    Atomics.notify(this.#stop, 0);
  }

  /** The reply of the worker; `undefined` when it broke, or did not answer in time. */
  #ask(message: ToWorker, timeoutMs: number): Promise<FromWorker | undefined> {
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#receive(undefined), timeoutMs + STUCK_MS);
      this.#receive = (reply) => {
        clearTimeout(late);
        this.#receive = () => {};
        if (!reply) this.#drop();
        resolve(reply);
      };
      this.#start().postMessage(message);
    });
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(WORKER, { type: "module", name: "airlock sqlite" });
    const receive = (reply?: FromWorker) => {
      if (this.#worker === worker) this.#receive(reply);
    };
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data);
    worker.onmessageerror = () => receive();
    // else an error in it would end this process
    worker.onerror = (event) => {
      event.preventDefault();
      receive();
    };
    const { path, tables, limits, memoryBytes, seed } = this.#settings;
    const stop = this.#stop.buffer;
    this.#worker = worker;
    worker.postMessage(
      { type: "open", path, tables, limits, memoryBytes, seed, stop } satisfies OpenMessage,
    );
    return worker;
  }

  #drop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #close(): Promise<void> {
    this.#signalStop();
    await this.#tail;
    if (!this.#worker) return;
    await this.#ask({ type: "close" }, 0);
    this.#drop();
  }
}
