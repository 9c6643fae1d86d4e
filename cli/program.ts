/**
 * `airlock run TOOL.wasm _start`: a WASI program whose input, output, error and exit status are this
 * command's own. What goes wrong outside of it exits 120 and more, so that neither is taken for the other.
 *
 * @module
 */

import { ExtensionError, type LoadOptions } from "../mod.ts";
import { exitOf } from "./failure.ts";
import type { Io } from "./io.ts";
import { readArguments } from "./options.ts";

/** The function that a WASI program is called by. */
export const PROGRAM = "_start";

/** Added to the exit code of every failure that is not the program's own. */
const HOST_FAILURE = 120;

/** Whether `args` run a program. */
export function runsProgram(args: readonly string[]): boolean {
  try {
    const { operands: [command, , fn] } = readArguments(args);
    return command === "run" && fn === PROGRAM;
  } catch {
    // arguments that cannot be read are reported elsewhere; what they meant can only be guessed
    return args.includes("run") && args.includes(PROGRAM);
  }
}

/** The exit code of a failure of a program, or around it. */
export function programExitOf(error: unknown): number {
  return statusOf(error) ?? HOST_FAILURE + exitOf(error);
}

/** The status that the program exited with, when that is all that happened; exit codes are one byte. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof ExtensionError) || error.exitStatus === undefined) return undefined;
  const status = error.exitStatus & 0xff;
  return status === 0 ? 1 : status;
}

/** The exit status of a program that nobody listens to any more, as shells tell it of SIGPIPE. */
const BROKEN_PIPE_STATUS = 128 + 13;

/** The streams of a program that runs. */
export interface ProgramStreams {
  readonly streams: NonNullable<LoadOptions["streams"]>;
  /** Waits until all output is out. */
  written(): Promise<void>;
  /** What the program exits with because nobody reads its output; `undefined` while somebody does. */
  readonly brokenStatus: number | undefined;
}

/** Hands on what the program prints, as it is and at once, and what is typed or piped to it. */
export function programStreams(io: Io): ProgramStreams {
  const decoder = new TextDecoder();
  const writes: Promise<void>[] = [];
  let broken = false;
  const { outNow, readNow } = io;
  const print = outNow === undefined
    ? (bytes: Uint8Array) => void writes.push(io.out(bytes))
    : (bytes: Uint8Array) => {
      try {
        outNow(bytes);
      } catch (error) {
        // thrown on: it ends a program that would print for ever
        broken ||= error instanceof Deno.errors.BrokenPipe;
        throw error;
      }
    };
  return {
    streams: {
      stdout: print,
      stderr: (bytes) => io.err(decoder.decode(bytes, { stream: true })),
      ...readNow === undefined ? {} : { stdin: readNow },
    },
    async written() {
      await Promise.all(writes);
    },
    get brokenStatus() {
      return broken ? BROKEN_PIPE_STATUS : undefined;
    },
  };
}
