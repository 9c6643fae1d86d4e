/** `run`: starting programs of this machine, each with the arguments that were granted and no others. @module */

import { dirname, SEPARATOR } from "@std/path";
import type { Json, JsonObject } from "../../manifest/manifest.ts";
import { kindOf } from "../arguments.ts";
import {
  type Capability,
  defineCapability,
  type HostValue,
  type OperationArgs,
  type OperationContext,
  type ParsedArgs,
} from "../capability.ts";
import { CapabilityError, OperationError } from "../errors.ts";
import { excerpt } from "../escape.ts";
import { formatPath, resolvePath } from "../path_resolve.ts";
import { writeFlag } from "../permission_flags.ts";
import type { Powers } from "../powers.ts";
import type { ProgramFacts, ProgramPower } from "../powers/programs.ts";

/** A program by its absolute path, and every argument it gets. */
type Command = readonly [path: string, ...args: string[]];

/** What was granted. */
interface RunGrant {
  readonly commands: readonly Command[];
}

/** What one extension has of it. */
interface RunState {
  /** Each program as it was when the extension was loaded; `undefined` for one that was not there. */
  readonly programs: ReadonlyMap<string, ProgramFacts | undefined>;
  /** The directory that files of extensions are kept in. */
  readonly storageRoot: string | undefined;
  /** Programs that run now. */
  running: number;
}

type Context = OperationContext<RunGrant, RunState>;

/** Commands of one grant, arguments of one command and characters of each: an operator reads them all. */
const MAX_COMMANDS = 64;
const MAX_ARGUMENTS = 64;
const MAX_ARGUMENT = 4_096;
/** Programs of one extension at a time: a flood of processes. */
const MAX_RUNNING = 4;
/** Bytes of standard output, and of standard error: a program that never stops writing. */
const OUTPUT_BYTES = 8 * 1024 * 1024;
/** Milliseconds of one run, and the most that a guest can ask for: a program that never ends. */
const DEFAULT_MS = 10_000;
const MAX_MS = 60_000;
/** Longest command in a record. */
const SUMMARY_LIMIT = 200;

const OPTIONS: ReadonlySet<string> = new Set(["stdin", "timeoutMs"]);

/** What is wrong with a command; `undefined` for nothing. */
function problemOf(command: readonly unknown[]): string | undefined {
  if (command.length === 0) return "must name an executable";
  if (command.length > MAX_ARGUMENTS) return `must not have more than ${MAX_ARGUMENTS} parts`;
  for (const part of command) {
    if (typeof part !== "string") return `must be text: a part of it is ${kindOf(part)}`;
    if (part.length > MAX_ARGUMENT) return `must not have parts over ${MAX_ARGUMENT} characters`;
    // it is shown to who decides, line by line
    if (/\p{C}/u.test(part)) return "must not have control characters";
  }
  const path = String(command[0]);
  const resolved = resolvePath(path);
  if (!resolved.ok) return `must name its executable by a plain path: ${resolved.why}`;
  // nothing is searched for: a name would mean whatever comes first in some PATH
  if (!resolved.path.absolute || formatPath(resolved.path) !== path) {
    return "must name its executable by its absolute path";
  }
  return undefined;
}

function asCommand(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function parse(args: JsonObject): ParsedArgs<RunGrant> {
  const problems: { path: string; message: string }[] = [];
  for (const name of Object.keys(args)) {
    if (name === "executables") continue;
    problems.push({
      path: name,
      message: "is not an argument of this capability: it takes executables",
    });
  }
  const { executables } = args;
  if (!Array.isArray(executables) || executables.length === 0) {
    const message = "must list what may be started: absolute paths, or lists of one and arguments";
    problems.push({ path: "executables", message });
    return { ok: false, problems };
  }
  if (executables.length > MAX_COMMANDS) {
    problems.push({
      path: "executables",
      message: `must not have more than ${MAX_COMMANDS} entries`,
    });
  }
  const commands: Command[] = [];
  for (const [at, item] of executables.slice(0, MAX_COMMANDS).entries()) {
    const command = asCommand(item);
    const message = problemOf(command);
    if (message !== undefined) problems.push({ path: `executables[${at}]`, message });
    else commands.push(Object.freeze(command as string[]) as unknown as Command);
  }
  return problems.length === 0 ? { ok: true, grant: { commands } } : { ok: false, problems };
}

function sameCommand(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, at) => part === b[at]);
}

/** A command as asks and grants write it. */
function written(command: readonly string[]): Json {
  return command.length === 1 ? command[0] ?? "" : [...command];
}

function listOf({ executables }: JsonObject): readonly Json[] {
  return Array.isArray(executables) ? executables : [];
}

/** Standard input and time of a run. */
function optionsOf(value: HostValue): { readonly stdin: Uint8Array; readonly timeoutMs: number } {
  if (value === undefined || value === null) {
    return { stdin: new Uint8Array(), timeoutMs: DEFAULT_MS };
  }
  if (typeof value !== "object" || Array.isArray(value) || value instanceof Uint8Array) {
    throw new TypeError("Cannot start a program as its options must be a record");
  }
  for (const name of Object.keys(value)) {
    if (OPTIONS.has(name)) continue;
    throw new TypeError(
      `Cannot start a program as it takes no option "${excerpt(name, 64)}": it takes ${
        [...OPTIONS].join(", ")
      }`,
    );
  }
  const { stdin = "", timeoutMs = DEFAULT_MS } = value as { readonly [name: string]: HostValue };
  if (typeof stdin !== "string" && !(stdin instanceof Uint8Array)) {
    throw new TypeError("Cannot start a program as its stdin must be bytes or text");
  }
  if (typeof timeoutMs !== "number" || !(timeoutMs > 0)) {
    throw new TypeError("Cannot start a program as its timeoutMs must be a positive number");
  }
  return {
    // a copy: it is written while the guest goes on
    stdin: typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin.slice(),
    timeoutMs: Math.min(timeoutMs, MAX_MS),
  };
}

function denied(extension: string, why: string): CapabilityError {
  return new CapabilityError("denied", { extension, capability: "run", grant: "" }, {
    reason: `Cannot start a program for extension "${extension}" as ${why}`,
  });
}

/** Makes sure that what is started is what was granted, as far as anybody can before it runs. */
async function check(power: ProgramPower, path: string, context: Context): Promise<void> {
  const { extension: { name }, state: { programs, storageRoot } } = context;
  const before = programs.get(path);
  const now = await power.look(path);
  if (!before || !now?.isFile) {
    throw new OperationError("unavailable", `Cannot start "${path}" as it is no file here`);
  }
  if (before.real !== now.real || before.mark !== now.mark) {
    throw denied(name, `"${path}" is not any more what it was when the extension was loaded`);
  }
  if (now.isWritableByAll) throw denied(name, `everybody may change "${path}"`);
  const root = storageRoot === undefined ? undefined : (await power.look(storageRoot))?.real;
  if (root !== undefined && now.real.startsWith(root + SEPARATOR)) {
    throw denied(name, `"${path}" is among the files that extensions write`);
  }
}

async function start(
  power: ProgramPower,
  { command, options }: OperationArgs,
  context: Context,
): Promise<HostValue> {
  const { extension: { name }, state, signal = NEVER, deadline = Infinity } = context;
  const asked = asCommand(command);
  const why = problemOf(asked);
  if (why !== undefined) throw denied(name, `its command ${why}`);
  const [path, ...args] = asked as unknown as Command;
  const { stdin, timeoutMs } = optionsOf(options);
  const over = (why: string) =>
    new CapabilityError("quota", { extension: name, capability: "run", grant: "" }, {
      reason: `Cannot do "run.start" for extension "${name}": ${why}`,
    });
  if (state.running >= MAX_RUNNING) throw over(`${MAX_RUNNING} programs are running already`);
  state.running++;
  try {
    await check(power, path, context);
    const left = Math.min(timeoutMs, deadline - performance.now());
    const ties = { signal, timeoutMs: Math.max(left, 0), outputBytes: OUTPUT_BYTES };
    const { end, code, stdout, stderr } = await power.run(path, args, stdin, ties).catch(
      (cause) => {
        signal.throwIfAborted();
        throw new OperationError("unavailable", `Cannot start "${path}" on this machine`, {
          cause,
        });
      },
    );
    signal.throwIfAborted();
    if (end === "output") throw over(`the program wrote more than ${OUTPUT_BYTES} bytes`);
    if (end === "time") {
      throw new DOMException(`Cannot wait for "${path}" any longer`, "TimeoutError");
    }
    return { code, stdout, stderr };
  } finally {
    state.running--;
  }
}

/** The signal of a run that nobody stops. */
const NEVER = new AbortController().signal;

/** Starts programs with the power to start any. Whoever has it has every right of the user. */
export function runCapability(
  { programs }: Pick<Powers, "programs">,
): Capability<RunGrant, RunState> {
  return defineCapability<RunGrant, RunState>({
    name: "run",
    aliases: ["spawn"],
    summary: "start programs with the full rights of this user",
    listArgument: "executables",
    needsArguments: true,
    // trusted code is not yet code that may do everything its operator may
    byNameOnly: true,
    parse,
    intersect(asked, granted) {
      const both = listOf(asked).filter((a) =>
        listOf(granted).some((b) => sameCommand(asCommand(a), asCommand(b)))
      );
      return both.length === 0 ? undefined : { executables: both };
    },
    operations: {
      /**
       * Runs a granted command, written as it was granted: a path, or a list of a path and its arguments.
       * `options` is `{ stdin, timeoutMs: 10000 }`. Answers `{ code, stdout, stderr }` when it has ended.
       */
      start: {
        params: ["command", "options"],
        outside({ command }, { commands }) {
          const asked = asCommand(command);
          // no grant covers what is no command; the operation says what is wrong with it
          if (problemOf(asked) !== undefined) return undefined;
          if (commands.some((each) => sameCommand(each, asked))) return undefined;
          return { executables: [written(asked as readonly string[])] };
        },
        summarize: ({ command }) =>
          excerpt(
            asCommand(command).map((part) => typeof part === "string" ? part : "?").join(" "),
            SUMMARY_LIMIT,
          ),
        call: (args, context) => start(programs, args, context),
      },
    },
    denoPermissions({ commands }) {
      const paths = [...new Set(commands.map(([path]) => path))];
      return [writeFlag("read", ...paths), writeFlag("run", ...paths)];
    },
    async setup({ grant: { commands }, services: { storage } }) {
      const found = new Map<string, ProgramFacts | undefined>();
      for (const [path] of commands) {
        if (!found.has(path)) found.set(path, await programs.look(path));
      }
      return {
        programs: found,
        storageRoot: storage === undefined ? undefined : dirname(storage),
        running: 0,
      };
    },
  });
}
