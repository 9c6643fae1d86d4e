/** Runs an example as its readers do: a program of its own, with no more rights than it says. @module */

import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Far more than any needs; one that hangs fails its test. */
const PROGRAM_MS = 60_000;

/** What a program left. */
export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `examples/NAME.ts` with `rights` and `args` to its end. */
export async function runExample(
  name: string,
  rights: readonly string[],
  args: readonly string[] = [],
): Promise<Finished> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...rights, `examples/${name}.ts`, ...args],
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(PROGRAM_MS),
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}
