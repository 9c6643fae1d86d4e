/** What stands behind the capability `sqlite`: databases of extensions, and how they answer. @module */

import type { ExtensionIdentity, HostValue, OperationArgs } from "./capability.ts";
import type { ExtensionServices } from "./services.ts";
import type { SqlRefusal, TableRights } from "./sql_rules.ts";

/** A number of one of SQL's two kinds, for those who tell them apart. */
export type SqlNumber =
  /** REAL, also where it has no fraction. */
  | { readonly real: number }
  /** INTEGER beyond ±2^53, in decimal. */
  | { readonly integer: string };

/**
 * What a column may hold. INTEGER is a number; one beyond ±2^53 fails the query: cast it to TEXT. In an
 * exact request it is a {@linkcode SqlNumber}, as every REAL is.
 */
export type SqlValue = null | number | string | Uint8Array | SqlNumber;

/** Values by position (`?`), or by name without its sign (`:name`, `@name`, `$name`). */
export type SqlParams = readonly SqlValue[] | { readonly [name: string]: SqlValue };

/** One statement; for `exec` also several without parameters. */
export interface SqlRequest {
  /** What is wanted of it: a count of changes, or rows. */
  readonly operation: "exec" | "query";
  /** SQL of the guest. */
  readonly sql: string;
  /** Its values. */
  readonly params: SqlParams;
  /** Whether it may only read, whatever was granted: the provider itself has to hold to that. */
  readonly readOnly?: boolean;
  /** Whether numbers are answered so that REAL and INTEGER are told apart. */
  readonly exact?: boolean;
}

/** How long a request may run. */
export interface SqlTies {
  /** Stops it: whoever runs it has to be idle soon after. */
  readonly signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
}

/** What `query` answers. */
export interface SqlRows {
  /** Names of the columns; two may be the same. */
  readonly columns: readonly string[];
  /** Values in the order of `columns`. */
  readonly rows: readonly (readonly SqlValue[])[];
}

/** What `exec` answers. */
export interface SqlChange {
  /** Rows inserted, updated and deleted by the statements themselves. */
  readonly rowsAffected: number;
  /** Of the connection, whichever statement it was. `null` where it is no exact number. */
  readonly lastInsertId: number | null;
}

/** The database of one extension: one connection, so that a transaction spans calls. */
export interface SqlDatabase {
  /**
   * Runs a request after those before it.
   *
   * @throws {SqlFailure} when it is refused, too large or wrong; anything else is a failure of the
   * host, and guests do not see its message.
   */
  run(request: SqlRequest, ties: SqlTies): Promise<SqlRows | SqlChange>;
  /** Stops what runs and gives everything back. */
  close(): Promise<void>;
}

/** For whom a database is opened, and with which rights. */
export interface SqlScope {
  /** Whom it is for. */
  readonly extension: ExtensionIdentity;
  /** The provider itself has to hold to them. */
  readonly tables: TableRights;
  /** Bytes of the database; `undefined` = the provider's own default. */
  readonly maxBytes: number | undefined;
  /** What it has without asking; `storage` is the directory for its own files. */
  readonly services: ExtensionServices;
}

/** Opens databases for extensions: an embedder's own may stand in for the built-in one. */
export interface SqlProvider {
  /** Opens, or joins, the database of one extension. */
  open(scope: SqlScope): SqlDatabase | Promise<SqlDatabase>;
}

/** Why a request came to nothing. */
export type SqlFailureKind =
  /** SQL that is wrong, or breaks a constraint; the message is SQLite's. */
  | "sql"
  /** What no grant allows, or a table that this one does not. */
  | "refused"
  /** More rows, bytes or memory than there may be. */
  | "quota"
  /** Ran too long. */
  | "timeout"
  /** Somebody else has the database locked. */
  | "busy"
  /** The engine or the file is broken; the next request starts anew. */
  | "broken";

/**
 * A request that came to nothing. Its message is for guests.
 *
 * @example
 * ```ts
 * import { SqlFailure } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const failure = new SqlFailure("busy", "it is locked");
 * assertEquals([failure.kind, failure.message], ["busy", "it is locked"]);
 * ```
 */
export class SqlFailure extends Error {
  /** Tells it from other errors, also across realms. */
  override readonly name = "SqlFailure";
  /** What went wrong. */
  readonly kind: SqlFailureKind;
  /** What was refused, where something was. */
  readonly refusal: SqlRefusal | undefined;

  /** `message` is the part after "Cannot run the SQL as". */
  constructor(kind: SqlFailureKind, message: string, refusal?: SqlRefusal) {
    super(message);
    this.kind = kind;
    this.refusal = refusal;
  }
}

/** Longest text of one request: SQLite's parser is linear, but its tree is many times the text. */
const MAX_SQL_CHARACTERS = 256 * 1024;

/** The statement a guest sent. */
export function sqlOf(value: HostValue): string {
  if (typeof value !== "string" || value.length > MAX_SQL_CHARACTERS || value.includes("\0")) {
    throw new TypeError(
      `Cannot run the SQL as it must be a string of at most ${MAX_SQL_CHARACTERS} characters without NUL`,
    );
  }
  return value;
}

/** The parameters a guest sent. */
export function paramsOf(value: HostValue): SqlParams {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item) => sqlValue(item));
  if (typeof value !== "object" || value instanceof Uint8Array) {
    throw new TypeError("Cannot run the SQL as its params must be a list or a record");
  }
  const params: Record<string, SqlValue> = Object.create(null);
  for (const [name, item] of Object.entries(value)) params[name] = sqlValue(item);
  return params;
}

function sqlValue(value: HostValue): SqlValue {
  switch (typeof value) {
    case "undefined":
      return null;
    case "boolean":
      return value ? 1 : 0;
    case "number":
    case "string":
      return value;
  }
  if (value === null || value instanceof Uint8Array) return value;
  const number = Array.isArray(value) ? undefined : numberOf(value as OperationArgs);
  if (number !== undefined) return number;
  throw new TypeError(
    "Cannot run the SQL as each of its params must be null, a number, a string, a boolean or bytes",
  );
}

const INTEGER = /^-?\d{1,19}$/;

function numberOf({ real, integer }: OperationArgs): SqlNumber | undefined {
  if (typeof real === "number") return { real };
  if (typeof integer !== "string" || !INTEGER.test(integer)) return undefined;
  return BigInt.asIntN(64, BigInt(integer)) === BigInt(integer) ? { integer } : undefined;
}
