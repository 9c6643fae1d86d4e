/** Runs the command as a process of its own, as its users do. @module */

import { fromFileUrl } from "@std/path";

/** Root of the repository. */
export const ROOT: string = fromFileUrl(new URL("../../", import.meta.url));

/** The Deno permissions that the command needs, as deno.json's task gives them. */
export const FLAGS: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-run",
  "--allow-env",
];

/** A process that hangs fails its test instead of holding all of them. */
const PROCESS_MS = 60_000;

/** What a process left. */
export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What is done with a process while it runs. */
export interface AirlockOptions {
  readonly stdin?: string | Uint8Array;
  /** Sends SIGINT as soon as standard error has this text. */
  readonly interruptAt?: string;
  /** Runs once standard error has its text, and gives the signal to send then. */
  readonly when?: readonly [text: RegExp, work: (found: string) => Promise<Deno.Signal>];
  /** Sends that signal once more after so many milliseconds. */
  readonly againAfter?: number;
}

/** Runs `deno run … cli/main.ts ...args` to its end. */
export async function airlock(
  args: readonly string[],
  { stdin, interruptAt, when, againAfter }: AirlockOptions = {},
): Promise<Finished> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...FLAGS, "cli/main.ts", ...args],
    cwd: ROOT,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PROCESS_MS),
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  }
  const reading = new Response(child.stdout).text();
  let err = "";
  let working: Promise<void> | undefined;
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    const before = err;
    err += chunk;
    if (interruptAt !== undefined && !before.includes(interruptAt) && err.includes(interruptAt)) {
      child.kill("SIGINT");
    }
    const found = when && !working ? when[0].exec(err) : null;
    if (when && found) {
      working = when[1](found[1] ?? "").then(async (signal) => {
        child.kill(signal);
        if (againAfter === undefined) return;
        await new Promise((resolve) => setTimeout(resolve, againAfter));
        child.kill(signal);
      }, (error) => {
        child.kill("SIGKILL");
        throw error;
      });
    }
  }
  const out = await reading;
  await working;
  const { code } = await child.status;
  return { code, out, err };
}
