/** How a child is started: with nothing that a guest could use. @module */

import { LOADER_URL } from "./loader.ts";
import type { ProcessTools } from "./requirements.ts";

/** Smallest heap that the lane's own code runs in. */
const MIN_HEAP_MB = 16;

/** Largest heap that is asked for when memory is not limited. */
const MAX_HEAP_MB = 4096;

const MIB = 1024 * 1024;

/** Room beside the guest's memory: young generation, compiled code, the lane itself. */
const SLACK_BYTES = 64 * MIB;

/** Private memory that Deno 2.9 reserves before any guest code, where it cannot be asked for. */
const BASE_BYTES = 640 * MIB;

/** Megabytes of heap of a child whose guest may have `memoryBytes`. */
export function heapOf(memoryBytes: number): number {
  return Math.min(Math.max(Math.floor(memoryBytes / MIB), MIN_HEAP_MB), MAX_HEAP_MB);
}

/** A child that has no permission, no environment, no configuration and no cache. */
export function childCommand(
  tools: ProcessTools,
  memoryBytes: number,
  program: string = LOADER_URL,
  flags: readonly string[] = [],
): Deno.Command {
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-remote",
    "--no-npm",
    "--deny-import",
    "--no-config",
    "--no-lock",
    "--cached-only",
    `--v8-flags=--max-old-space-size=${
      heapOf(memoryBytes)
    },--disallow-code-generation-from-strings`,
    ...flags,
    program,
  ];
  const deno = Deno.execPath();
  const [command, ...rest] = tools.setpriv
    ? ["setpriv", "--pdeathsig", "KILL", deno, ...args]
    : [deno, ...args];
  return new Deno.Command(command ?? deno, {
    args: rest,
    clearEnv: true,
    // An unwritable place: nothing of a guest is cached on disk.
    env: { DENO_DIR: "/dev/null/airlock" },
    cwd: Deno.build.os === "windows" ? "C:\\" : "/",
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

/**
 * Caps all private memory of a started child. It has to be done after the start: Deno reserves
 * address space that such a limit would refuse.
 */
export async function capMemory(pid: number, memoryBytes: number): Promise<boolean> {
  if (memoryBytes === Infinity) return true;
  const limit = Math.floor(await baseBytes(pid) + memoryBytes + SLACK_BYTES);
  const { success } = await new Deno.Command("prlimit", {
    args: ["--pid", String(pid), `--data=${limit}:${limit}`],
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

async function baseBytes(pid: number): Promise<number> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const kilobytes = /^VmData:\s*(\d+) kB$/m.exec(status)?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch { /* the host may not read it */ }
  return BASE_BYTES;
}
