/** What a command of `airlock` is. @module */

import type { Io } from "./io.ts";
import type { Values } from "./options.ts";

/** Names of the commands. */
export type CommandName =
  | "run"
  | "serve"
  | "list"
  | "inspect"
  | "check"
  | "permissions"
  | "doctor"
  | "bench";

/** One command: how it is written, what it does, and the doing. */
export interface Command {
  readonly name: CommandName;
  /** Its operands, as help shows them; those in brackets may be left out. */
  readonly operands: readonly string[];
  /** One line. */
  readonly summary: string;
  /** More lines for its own help. */
  readonly notes: readonly string[];
  /** Does it; gives the exit code, or throws what {@linkcode failureOf} understands. */
  run(invocation: Invocation): Promise<number>;
}

/** One use of a command. */
export interface Invocation {
  readonly operands: readonly string[];
  readonly values: Values;
  readonly io: Io;
}
