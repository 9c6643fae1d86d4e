/** Runs the command as a process of its own, as its users do. @module */

import { fromFileUrl } from "@std/path";

/** Root of the repository. */
export const ROOT: string = fromFileUrl(new URL("../../", import.meta.url));

/** The Deno permissions that the command needs, as deno.json's task gives them. */
export const FLAGS: readonly string[] = ["--allow-read", "--allow-run", "--allow-env"];

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
}

/** Runs `deno run … cli/main.ts ...args` to its end. */
export async function airlock(
  args: readonly string[],
  { stdin, interruptAt }: AirlockOptions = {},
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
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    const before = err;
    err += chunk;
    if (interruptAt !== undefined && !before.includes(interruptAt) && err.includes(interruptAt)) {
      child.kill("SIGINT");
    }
  }
  const out = await reading;
  const { code } = await child.status;
  return { code, out, err };
}
