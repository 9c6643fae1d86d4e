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

/** Output that is on its way. */
export interface ProgramOutput extends Pick<LoadOptions, "streams"> {
  /** Waits until all of it is out. */
  written(): Promise<void>;
}

/** Hands on what the program prints, as it is and at once. */
export function programOutput(io: Io): ProgramOutput {
  const decoder = new TextDecoder();
  const writes: Promise<void>[] = [];
  return {
    streams: {
      stdout: (bytes) => void writes.push(io.out(bytes)),
      stderr: (bytes) => io.err(decoder.decode(bytes, { stream: true })),
    },
    async written() {
      await Promise.all(writes);
    },
  };
}
