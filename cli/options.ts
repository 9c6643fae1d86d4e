/** Every option of every command in one table; arguments are read by it and help is made of it. @module */

import { parseArgs } from "node:util";
import { closest } from "../mod.ts";
import type { CommandName } from "./command.ts";
import { CliError } from "./failure.ts";

/** One option. */
export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in help; a switch has none. */
  readonly value?: string;
  /** Whether it may be given more than once. */
  readonly many?: boolean;
  readonly summary: string;
  readonly commands: readonly CommandName[];
}

const EVERY: readonly CommandName[] = [
  "run",
  "list",
  "inspect",
  "check",
  "permissions",
  "doctor",
  "bench",
  "serve",
];
const LOADING: readonly CommandName[] = ["run", "bench", "list", "inspect", "check", "serve"];
const PROMPTING: readonly CommandName[] = ["run", "list", "serve"];
const RUNNING: readonly CommandName[] = ["run", "bench", "list", "check", "serve"];

/** The options, in the order of help. */
export const OPTIONS: readonly OptionSpec[] = [
  {
    name: "grant",
    value: "CAP[=ARG,…]",
    many: true,
    summary: "grant a capability (repeatable; all: trusted code)",
    commands: [...LOADING, "permissions"],
  },
  {
    name: "remember",
    value: "FILE",
    summary: "keep answers there: airlock.grants.json",
    commands: PROMPTING,
  },
  {
    name: "config",
    value: "FILE|JSON",
    summary: "configuration, laid over the manifest's",
    commands: LOADING,
  },
  {
    name: "timeout",
    value: "MS",
    summary: "milliseconds a call may take",
    commands: LOADING,
  },
  {
    name: "memory",
    value: "SIZE",
    summary: "guest memory: 64MiB, or a number of 64 KiB pages",
    commands: LOADING,
  },
  {
    name: "fuel",
    value: "N",
    summary: "units of work that a call of a WASM guest may use",
    commands: LOADING,
  },
  {
    name: "duration",
    value: "MS",
    summary: "milliseconds of calls; default 1000",
    commands: ["bench"],
  },
  {
    name: "isolation",
    value: "KIND",
    summary: "at least inline, worker or process",
    commands: [...LOADING, "permissions"],
  },
  {
    name: "integrity",
    value: "HASH",
    summary: "expected hash of the module file: sha256-…",
    commands: LOADING,
  },
  {
    name: "abi",
    value: "NAME",
    summary: "guest convention, instead of detecting it",
    commands: LOADING,
  },
  {
    name: "arg",
    value: "ARG",
    many: true,
    summary: "program argument of a WASI guest (repeatable)",
    commands: RUNNING,
  },
  {
    name: "env",
    value: "KEY=VALUE",
    many: true,
    summary: "environment of a WASI guest (repeatable)",
    commands: RUNNING,
  },
  {
    name: "dir",
    value: "HOST[::GUEST]",
    many: true,
    summary: "directory of a WASI guest (repeatable; ::ro: read)",
    commands: ["run", "list", "check"],
  },
  {
    name: "storage-root",
    value: "DIR",
    summary: "where extensions keep files of their own",
    commands: [...PROMPTING, "permissions"],
  },
  {
    name: "describe",
    summary: "ask the module itself, where it can tell",
    commands: ["inspect"],
  },
  {
    name: "port",
    value: "PORT",
    summary: "where to listen, 8000 by default; 0: any free one",
    commands: ["serve", "permissions"],
  },
  {
    name: "hostname",
    value: "HOST",
    summary: "address to listen at, 127.0.0.1 by default",
    commands: ["serve", "permissions"],
  },
  {
    name: "tls-cert",
    value: "FILE",
    summary: "certificate chain in PEM, for HTTPS",
    commands: ["serve"],
  },
  {
    name: "tls-key",
    value: "FILE",
    summary: "its private key in PEM",
    commands: ["serve"],
  },
  { name: "json", summary: "one JSON document on standard output", commands: EVERY },
  { name: "help", short: "h", summary: "this help", commands: EVERY },
];

/** What was given on the command line. */
export interface Arguments {
  readonly operands: readonly string[];
  readonly values: Values;
}

/** Values of options. */
export class Values {
  readonly #values: ReadonlyMap<string, readonly string[] | true>;

  constructor(values: ReadonlyMap<string, readonly string[] | true>) {
    this.#values = values;
  }

  /** Names of the options that were given. */
  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** Whether a switch was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of an option that can be given once. */
  text(name: string): string | undefined {
    return this.list(name).at(-1);
  }

  /** All values of an option. */
  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return value === undefined || value === true ? [] : value;
  }
}

/**
 * Reads arguments by the table.
 *
 * @throws {CliError} `usage`.
 */
export function readArguments(args: readonly string[]): Arguments {
  try {
    const { positionals, values } = parseArgs({ args: [...args], ...CONFIG, strict: true });
    const found = new Map<string, readonly string[] | true>();
    for (const [name, value] of Object.entries(values)) {
      const spec = OPTIONS.find((option) => option.name === name);
      const list = Array.isArray(value) ? value.map(String) : [String(value)];
      if (list.length > 1 && !spec?.many) {
        throw new CliError("usage", `Cannot use --${name} more than once`);
      }
      found.set(name, spec?.value === undefined ? true : list);
    }
    return { operands: positionals, values: new Values(found) };
  } catch (error) {
    throw explained(error, args);
  }
}

/** All of them `multiple`: the parser itself would silently take the last of two values. */
const CONFIG = {
  allowPositionals: true,
  options: Object.fromEntries(
    OPTIONS.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? "boolean" : "string",
        multiple: value !== undefined,
        ...(short === undefined ? {} : { short }),
      } as const,
    ]),
  ),
} as const;

/** What the parser refused, in our words. */
function explained(error: unknown, args: readonly string[]): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ERR_PARSE_ARGS_UNKNOWN_OPTION":
      return unknownOption(args);
    case "ERR_PARSE_ARGS_INVALID_OPTION_VALUE": {
      const [spec, raw] = valueProblem(args);
      const rule = spec?.value === undefined
        ? "takes no value"
        : `needs a value: --${spec.name}=${spec.value}`;
      return new CliError("usage", `Cannot use ${raw}: it ${rule}`);
    }
    default:
      return error;
  }
}

function unknownOption(args: readonly string[]): CliError {
  for (const { name, raw } of optionTokens(args)) {
    if (OPTIONS.some((option) => option.name === name)) continue;
    const hint = closest(name, OPTIONS.map((option) => option.name));
    const help = hint === undefined
      ? "an operand that begins with a dash stands after --"
      : `did you mean --${hint}?`;
    return new CliError("usage", `Cannot use ${raw}: there is no such option; ${help}`);
  }
  return new CliError("usage", "Cannot use an option that does not exist");
}

/** The first option whose value is missing, looks like another option, or is too much. */
function valueProblem(args: readonly string[]): readonly [OptionSpec | undefined, string] {
  for (const { name, raw, value, inline } of optionTokens(args)) {
    const spec = OPTIONS.find((option) => option.name === name);
    const wrong = spec?.value === undefined
      ? value !== undefined
      : value === undefined || (inline !== true && value.startsWith("-"));
    if (spec && wrong) return [spec, raw];
  }
  return [undefined, "an option"];
}

interface OptionToken {
  readonly name: string;
  readonly raw: string;
  readonly value: string | undefined;
  readonly inline: boolean | undefined;
}

function optionTokens(args: readonly string[]): readonly OptionToken[] {
  const { tokens } = parseArgs({ args: [...args], ...CONFIG, strict: false, tokens: true });
  return tokens.flatMap((token) =>
    token.kind === "option"
      ? [{ name: token.name, raw: token.rawName, value: token.value, inline: token.inlineValue }]
      : []
  );
}
