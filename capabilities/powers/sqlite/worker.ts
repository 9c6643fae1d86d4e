/** Runs the SQL of one extension in a thread of its own, under a watchdog that stops what SQLite does not. @module */

import { Script } from "node:vm";
import { SqlFailure } from "../../sql_database.ts";
import { Connection } from "./connection.ts";
import { Engine, OutOfMemory } from "./engine.ts";
import { FileSystem } from "./files.ts";
import type { FromWorker, OpenMessage, RunMessage, ToWorker } from "./protocol.ts";

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
  close(): void;
}

/**
 * Milliseconds after the deadline: SQLite itself ends in time but inside one long function, and
 * the watchdog must not fire while it does.
 */
const WATCHDOG_GRACE_MS = 250;

/** Milliseconds to wait between two tries to get somebody else's lock. */
const LOCK_WAIT_MS = 5;

/** Where the guarded script finds what to run. */
const SLOT = Symbol.for("airlock.sqlite");

const scope = globalThis as unknown as WorkerScope & Record<symbol, () => void>;
const guarded = new Script(`globalThis[Symbol.for("airlock.sqlite")]()`, {
  filename: "airlock:sqlite",
});

/** SQLite with the open database; a new one is made after a failure that leaves it in pieces. */
interface Instance {
  readonly files: FileSystem;
  readonly connection: Connection;
}

let settings: OpenMessage | undefined;
let instance: Instance | undefined;
let deadline = 0;
let now = 0;

function isStopped({ stop }: OpenMessage): boolean {
  return performance.now() >= deadline || Atomics.load(new Int32Array(stop), 0) !== 0;
}

function open(opened: OpenMessage): Instance {
  const flag = new Int32Array(opened.stop);
  const engine = new Engine(opened.memoryBytes, () => now);
  const files = new FileSystem(engine, {
    path: opened.path,
    maxBytes: opened.limits.databaseBytes,
    seed: opened.seed,
    now: () => now,
  });
  try {
    const tables = opened.tables && new Map(opened.tables);
    const connection = new Connection(engine, tables, opened.limits, {
      stopped: () => isStopped(opened),
      waitForLock() {
        if (isStopped(opened)) return false;
        Atomics.wait(flag, 0, 0, LOCK_WAIT_MS);
        return !isStopped(opened);
      },
    });
    return { files, connection };
  } catch (error) {
    files[Symbol.dispose]();
    throw error;
  }
}

/** Gives the files and their locks back without SQLite, which may stand in the middle of something. */
function discard(): void {
  instance?.files[Symbol.dispose]();
  instance = undefined;
}

function answer({ request }: RunMessage): FromWorker {
  if (!settings) throw new TypeError("a request came before the database was named");
  try {
    instance ??= open(settings);
    return { type: "done", answer: instance.connection.run(request) };
  } catch (error) {
    if (error instanceof SqlFailure) {
      if (error.kind === "broken") discard();
      const { kind, message, refusal } = error;
      return { type: "failed", kind, message, refusal };
    }
    discard();
    return error instanceof OutOfMemory
      ? failed("quota", `it needs more than ${settings.memoryBytes} bytes of memory`)
      : failed("broken", "the engine failed");
  }
}

function failed(kind: "quota" | "broken" | "timeout", message: string): FromWorker {
  return { type: "failed", kind, message, refusal: undefined };
}

function run(message: RunMessage): FromWorker {
  let reply: FromWorker | undefined;
  deadline = performance.now() + message.timeoutMs;
  now = message.now;
  scope[SLOT] = () => void (reply = answer(message));
  try {
    guarded.runInThisContext({ timeout: Math.ceil(message.timeoutMs) + WATCHDOG_GRACE_MS });
  } catch {
    // stopped in the middle of SQLite: the journal undoes what it had begun
    discard();
  }
  return reply ?? failed("timeout", "it ran too long or was stopped");
}

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case "open":
      settings = data;
      return;
    case "run":
      return scope.postMessage(run(data));
    case "close":
      instance?.connection.close();
      discard();
      scope.postMessage({ type: "closed" });
      return scope.close();
  }
};
