/** The power to start a program of this machine, with nothing of this process in its environment, and to end it. @module */

import { joinChunks } from "../join_chunks.ts";

/** What lies at the path of a program, links followed. */
export interface ProgramFacts {
  /** The canonical path. */
  readonly real: string;
  /** Whether it is a regular file. */
  readonly isFile: boolean;
  /** Whether every user of the machine may change it. */
  readonly isWritableByAll: boolean;
  /** Equal as long as nobody put another file there, or changed it. */
  readonly mark: string;
}

/** How one run ends, beside by itself. */
export interface ProgramTies {
  /** Kills it. */
  readonly signal: AbortSignal;
  /** Milliseconds until it is killed. */
  readonly timeoutMs: number;
  /** Bytes that each of its two streams may have. */
  readonly outputBytes: number;
}

/** What came of a run. */
export interface ProgramResult {
  /** What ended it. */
  readonly end: "exit" | "time" | "output" | "signal";
  /** Its exit code; 128 and the signal's number where a signal ended it. */
  readonly code: number;
  /** What it wrote to standard output. */
  readonly stdout: Uint8Array;
  /** What it wrote to standard error. */
  readonly stderr: Uint8Array;
}

/** Looking at programs, and running them. */
export interface ProgramPower {
  /** What lies there; `undefined` when nothing does, or this process may not look. */
  look(path: string): Promise<ProgramFacts | undefined>;
  /**
   * Runs the program at an absolute path: no shell, no search, an empty environment, `/` as its directory.
   *
   * @throws {Error} when it cannot be started; never asks on the terminal.
   */
  run(
    path: string,
    args: readonly string[],
    stdin: Uint8Array,
    ties: ProgramTies,
  ): Promise<ProgramResult>;
}

/** Milliseconds that output may still come after the end: a child of the program may hold the pipe for ever. */
const DRAIN_MS = 100;

/** The programs of this process. */
export const programs: ProgramPower = Object.freeze<ProgramPower>({
  async look(path) {
    if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
    try {
      const info = await Deno.stat(path);
      return {
        real: await Deno.realPath(path),
        isFile: info.isFile,
        isWritableByAll: ((info.mode ?? 0) & 0o002) !== 0,
        mark: [info.dev, info.ino, info.size, info.mtime?.getTime(), info.ctime?.getTime()].join(),
      };
    } catch {
      return undefined;
    }
  },
  async run(path, args, stdin, { signal, timeoutMs, outputBytes }) {
    if (Deno.permissions.querySync({ name: "run", command: path }).state !== "granted") {
      throw new Deno.errors.NotCapable(`Cannot start "${path}" as this process may not`);
    }
    signal.throwIfAborted();
    const child = new Deno.Command(path, {
      args: [...args],
      clearEnv: true,
      env: {},
      cwd: "/",
      // its own group, so that what it starts can be ended with it; and no terminal of ours
      detached: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let end: ProgramResult["end"] = "exit";
    const stop = (why: ProgramResult["end"]) => {
      if (end === "exit") end = why;
      kill(child);
    };
    const timer = setTimeout(() => stop("time"), timeoutMs);
    const onAbort = () => stop("signal");
    signal.addEventListener("abort", onAbort, { once: true });
    const over = () => stop("output");
    const out = collect(child.stdout, outputBytes, over);
    const err = collect(child.stderr, outputBytes, over);
    const fed = feed(child.stdin, stdin);
    try {
      const { code } = await child.status;
      const late = setTimeout(() => {
        out.cut();
        err.cut();
      }, DRAIN_MS);
      const [stdout, stderr] = await Promise.all([out.bytes, err.bytes]);
      clearTimeout(late);
      return { end, code, stdout, stderr };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      await fed.end();
    }
  },
});

/** Ends a program and, where this process may signal any other, everything it started. */
function kill(child: Deno.ChildProcess): void {
  const anybody = Deno.permissions.querySync({ name: "run" });
  try {
    if (anybody.state === "granted" && !anybody.partial) Deno.kill(-child.pid, "SIGKILL");
  } catch { /* no such group any more, or no groups on this system */ }
  try {
    child.kill("SIGKILL");
  } catch { /* it has ended already */ }
}

/** Reads at most `limit` bytes; tells of more, and stops when it is told to. */
function collect(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  over: () => void,
): { readonly bytes: Promise<Uint8Array>; cut(): void } {
  const reader = stream.getReader();
  async function read(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const room = limit - size;
      chunks.push(value.length > room ? value.slice(0, room) : value);
      size += Math.min(value.length, room);
      if (value.length <= room) continue;
      over();
      await reader.cancel().catch(() => {});
      break;
    }
    return joinChunks(chunks, size);
  }
  return { bytes: read(), cut: () => void reader.cancel().catch(() => {}) };
}

/** Writes `bytes` and closes; a program that does not read them ends all the same. */
function feed(
  stream: WritableStream<Uint8Array<ArrayBuffer>>,
  bytes: Uint8Array,
): { end(): Promise<void> } {
  const writer = stream.getWriter();
  const written = writer.write(bytes as Uint8Array<ArrayBuffer>).then(() => writer.close());
  written.catch(() => {});
  return {
    async end() {
      await writer.abort().catch(() => {});
      await written.catch(() => {});
    },
  };
}
