/**
 * The `airlock` command: a thin shell over the library.
 *
 * @example
 * ```ts
 * import { main } from "@airlock/host/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await main(["--help"]), 0);
 * ```
 *
 * @module
 */

import { closest, VERSION } from "../mod.ts";
import { benchCommand } from "./bench.ts";
import { checkCommand } from "./check.ts";
import type { Command } from "./command.ts";
import { doctorCommand } from "./doctor.ts";
import { EXIT } from "./exit.ts";
import { CliError, exitOf, failureOf, reportFailure } from "./failure.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { inspectCommand } from "./inspect.ts";
import { programExitOf, runsProgram } from "./program.ts";
import { type Io, print, printJson, processIo } from "./io.ts";
import { listCommand } from "./list.ts";
import { OPTIONS, readArguments, type Values } from "./options.ts";
import { permissionsCommand } from "./permissions.ts";
import { runCommand } from "./run.ts";
import { serveCommand } from "./serve.ts";

export { type Io, processIo } from "./io.ts";
export { promptFor } from "./prompt.ts";

const COMMANDS: readonly Command[] = [
  runCommand,
  serveCommand,
  listCommand,
  inspectCommand,
  checkCommand,
  permissionsCommand,
  doctorCommand,
  benchCommand,
];

/**
 * Does what `args` say and gives the exit code: 0 ok, 1 unexpected, 2 usage, 3 manifest or module
 * invalid, 4 capability refused, 5 guest error or trap, 6 timeout, out of fuel or aborted, 7
 * integrity. It throws only what `io` throws.
 *
 * @param io Streams and interrupts; default: those of this process.
 *
 * @example
 * ```ts
 * import { type Io, main } from "@airlock/host/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const io: Io = {
 *   out: () => Promise.resolve(),
 *   err: () => {},
 *   input: new Blob([]).stream(),
 *   outIsTerminal: false,
 *   errIsTerminal: false,
 *   noColor: true,
 *   onInterrupt: () => () => {},
 * };
 * assertEquals(await main(["run", "./no-such-extension", "f"], io), 3);
 * ```
 */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  try {
    try {
      return await dispatch(args, io);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw error;
      const exit = runsProgram(args) ? programExitOf(error) : exitOf(error);
      if (wantsJson(args)) await printJson(io, { ok: false, exit, error: failureOf(error) });
      else reportFailure(io, error);
      return exit;
    }
  } catch (error) {
    // whoever read our output has gone: nobody is left to tell
    if (error instanceof Deno.errors.BrokenPipe) return EXIT.unexpected;
    throw error;
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  if (args[0] === "--version" && args.length === 1) {
    await print(io, `airlock ${VERSION}\n`);
    return EXIT.ok;
  }
  const { operands: [name, ...operands], values } = readArguments(args);
  if (name === undefined) {
    if (!values.has("help")) {
      throw new CliError("usage", "Cannot tell what to do: no command is given");
    }
    await print(io, mainHelp(COMMANDS));
    return EXIT.ok;
  }
  const command = commandNamed(name);
  if (values.has("help")) {
    await print(io, commandHelp(command));
    return EXIT.ok;
  }
  checkUsage(command, operands, values);
  return await command.run({ operands, values, io });
}

function commandNamed(name: string): Command {
  const command = COMMANDS.find((each) => each.name === name);
  if (command) return command;
  const names = COMMANDS.map((each) => each.name);
  const hint = closest(name, names);
  const help = hint === undefined ? `commands are ${names.join(", ")}` : `did you mean "${hint}"?`;
  throw new CliError("usage", `Cannot do "${name}": there is no such command; ${help}`);
}

function checkUsage(command: Command, operands: readonly string[], values: Values): void {
  for (const option of values.names()) {
    const spec = OPTIONS.find(({ name }) => name === option);
    if (spec?.commands.includes(command.name)) continue;
    throw new CliError("usage", `Cannot use --${option} with ${command.name}`);
  }
  const needed = command.operands.filter((operand) => !operand.startsWith("["));
  const missing = needed[operands.length];
  const usage = `usage: airlock ${[command.name, ...command.operands].join(" ")}`;
  if (missing !== undefined) {
    throw new CliError("usage", `Cannot ${command.name} without ${missing}; ${usage}`);
  }
  const extra = operands[command.operands.length];
  if (extra !== undefined) {
    throw new CliError("usage", `Cannot use the operand "${extra}": it is one too many; ${usage}`);
  }
}

/** Also when the arguments as a whole could not be read. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
}

/** Milliseconds that whatever still runs after the last word may keep the process. */
const EXIT_MS = 2_000;

if (import.meta.main) {
  Deno.exitCode = await main(Deno.args);
  // a lane that cannot be stopped would keep the process for ever; nothing else waits for this
  Deno.unrefTimer(setTimeout(() => Deno.exit(), EXIT_MS));
}
