/** What this machine has for running guests in processes of their own. @module */

/** Programs that make a child's confinement complete on Linux; children start without them too. */
export interface ProcessTools {
  /** Ends the child when the host's process ends, even if the child never yields. */
  readonly setpriv: boolean;
  /** Caps all memory of the child, buffers included; without it only the heap is capped. */
  readonly prlimit: boolean;
}

let tools: Promise<ProcessTools> | undefined;

/** Looks once which tools are there and may be run. */
export function processTools(): Promise<ProcessTools> {
  return tools ??= findTools();
}

async function findTools(): Promise<ProcessTools> {
  if (Deno.build.os !== "linux") return { setpriv: false, prlimit: false };
  const [setpriv, prlimit] = await Promise.all([works("setpriv"), works("prlimit")]);
  return { setpriv, prlimit };
}

async function works(command: string): Promise<boolean> {
  if (!mayRun(command)) return false;
  try {
    const { success } = await new Deno.Command(command, {
      args: ["--version"],
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

function mayRun(command: string): boolean {
  return Deno.permissions.querySync({ name: "run", command }).state === "granted";
}

/** Why no child can be started, each with its remedy; empty when one can. */
export async function processMissing(): Promise<readonly string[]> {
  if (Deno.build.standalone) {
    return ["a compiled program has no Deno executable to start children with"];
  }
  const executable = Deno.execPath();
  if (!mayRun(executable)) {
    return [`the host may not start its own executable: allow it with --allow-run=${executable}`];
  }
  // Known before the first lane, which is opened without waiting.
  await processTools();
  return [];
}

/** What is weaker here than it could be, for `airlock doctor`; empty when nothing is. */
export async function processNotes(): Promise<readonly string[]> {
  const { setpriv, prlimit } = await processTools();
  const notes: string[] = [];
  if (!prlimit) {
    notes.push(
      "memory of processes is capped for the heap only: prlimit is missing or may not run",
    );
  }
  if (!setpriv) {
    notes.push(
      "a stuck process outlives a host that is killed: setpriv is missing or may not run",
    );
  }
  return notes;
}

/**
 * Deno flags that a host of child processes needs here: its own executable, and the programs that
 * confine children where they are installed.
 */
export async function processPermissions(): Promise<readonly string[]> {
  const tools = Deno.build.os === "linux" ? ["prlimit", "setpriv"] : [];
  const found: string[] = [];
  for (const tool of tools) {
    if (await isInstalled(tool)) found.push(tool);
  }
  return [`--allow-run=${[Deno.execPath(), ...found].join(",")}`];
}

/** Looks without running; where it may not look it takes a tool to be there. */
async function isInstalled(tool: string): Promise<boolean> {
  for (const directory of TOOL_DIRECTORIES) {
    try {
      if ((await Deno.stat(`${directory}/${tool}`)).isFile) return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) return true;
    }
  }
  return false;
}

/** Where Linux keeps programs of the system. */
const TOOL_DIRECTORIES = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"];
