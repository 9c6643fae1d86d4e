/**
 * SQL of extensions that an operator trusts, in this very thread: the same rights on tables and the same caps
 * on answers, and nothing that stops a query or bounds the memory it takes.
 *
 * @module
 */

import {
  type SqlChange,
  type SqlDatabase,
  SqlFailure,
  type SqlParams,
  type SqlRequest,
  type SqlRows,
  type SqlTies,
  type SqlValue,
} from "../../sql_database.ts";
import { parametersOf, withoutBlanks } from "../../sql_names.ts";
import { SqlRules } from "../../sql_rules.ts";
import type { SqliteSettings } from "../sqlite.ts";
import { CODE, failureOfCode, refuse } from "./failures.ts";
import { integerValue, realValue, VALUE_COST } from "./values.ts";

/** A compiled statement, as Deno has it and its types do not yet. */
interface Statement {
  readonly sourceSQL: string;
  columns(): readonly { readonly name: string }[];
  get(): unknown;
  all(...params: unknown[]): readonly unknown[];
  setReturnArrays(on: boolean): void;
  setReadBigInts(on: boolean): void;
  setAllowBareNamedParameters(on: boolean): void;
}

/** An open database, likewise. */
interface Database {
  readonly limits: object;
  close(): void;
  enableDefensive(on: boolean): void;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  setAuthorizer(
    judge: (action: number, first: string | null, second: string | null) => number,
  ): void;
}

interface DatabaseClass {
  new (path: string, options: { readonly [name: string]: unknown }): Database;
}

const ALLOW = 0;
const DENY = 1;

/** Milliseconds to wait for somebody else's lock: this thread stands still meanwhile. */
const LOCK_MS = 100;

/** Statements whose depth or size would take the whole process down, as in the stoppable engine. */
const LIMITS: { readonly [name: string]: number } = {
  sqlLength: 1024 * 1024,
  column: 512,
  exprDepth: 200,
  compoundSelect: 64,
  vdbeOp: 250_000,
  functionArg: 64,
  attach: 0,
  likePatternLength: 64,
  variableNumber: 8_192,
  triggerDepth: 16,
};

/** What SQLite is handed: an INTEGER is a bigint, every number a REAL. */
type Bound = null | number | bigint | string | Uint8Array;

/** What it needs of the file system beside SQLite. */
export interface TrustedFiles {
  /** Throws for a path at which something lies that is no plain file of its own. */
  check(path: string): Promise<void>;
  /** Makes an empty file where there is none. */
  make(path: string): void;
}

/** A database in this thread; the file is opened by the first request. */
export class TrustedDatabase implements SqlDatabase {
  readonly #settings: SqliteSettings;
  readonly #files: TrustedFiles;
  readonly #rules: SqlRules;
  #database: Database | undefined;
  #changes: Statement | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #readOnly = false;
  #closed = false;

  /** Opens nothing yet. */
  constructor(settings: SqliteSettings, files: TrustedFiles) {
    this.#settings = settings;
    this.#files = files;
    this.#rules = new SqlRules(settings.tables && new Map(settings.tables));
  }

  run(request: SqlRequest, ties: SqlTies): Promise<SqlRows | SqlChange> {
    const result = this.#tail.then(() => this.#run(request, ties));
    this.#tail = result.catch(() => {});
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
    this.#changes = undefined;
    this.#database?.close();
    this.#database = undefined;
  }

  async #run(
    { operation, sql, params, readOnly = false, exact = false }: SqlRequest,
    { signal, deadline }: SqlTies,
  ): Promise<SqlRows | SqlChange> {
    signal.throwIfAborted();
    if (this.#closed) throw new SqlFailure("broken", "the database is closed");
    const { path } = this.#settings;
    await this.#files.check(path);
    await this.#files.check(`${path}-journal`);
    signal.throwIfAborted();
    if (performance.now() >= deadline) {
      throw new SqlFailure("timeout", "its time was over before it began");
    }
    try {
      // only here: a program whose extensions are not trusted need not load it
      const { DatabaseSync } = await import("node:sqlite");
      const database = this.#database ??= this.#open(DatabaseSync as unknown as DatabaseClass);
      this.#readOnly = readOnly;
      return operation === "query"
        ? this.#query(database, sql, params, exact)
        : this.#exec(database, sql, params);
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  #open(DatabaseSync: DatabaseClass): Database {
    const { path, limits } = this.#settings;
    this.#files.make(path);
    const database = new DatabaseSync(path, {
      allowExtension: false,
      enableForeignKeyConstraints: true,
      timeout: LOCK_MS,
    });
    try {
      database.enableDefensive(true);
      database.exec("PRAGMA trusted_schema = OFF");
      database.exec("PRAGMA journal_mode = TRUNCATE");
      const { page_size: pageSize } = database.prepare("PRAGMA page_size").get() as {
        readonly page_size: number;
      };
      const pages = Math.max(1, Math.floor(limits.databaseBytes / pageSize));
      database.exec(`PRAGMA max_page_count = ${pages}`);
      this.#changes = database.prepare("SELECT total_changes(), changes(), last_insert_rowid()");
      this.#changes.setReturnArrays(true);
      this.#changes.setReadBigInts(true);
      Object.assign(database.limits, LIMITS, { length: limits.valueBytes });
      database.setAuthorizer((action, first, second) =>
        this.#rules.allows(action, first ?? "", second ?? "") ? ALLOW : DENY
      );
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #query(database: Database, sql: string, params: SqlParams, exact: boolean): SqlRows {
    const text = withoutBlanks(sql);
    if (text === "") throw new SqlFailure("sql", "it is empty");
    const [statement, rest] = this.#prepare(database, text);
    if (rest !== "") throw new SqlFailure("sql", "a query is one statement");
    const columns = statement.columns().map(({ name }) => name);
    const { limits } = this.#settings;
    const rows: SqlValue[][] = [];
    let left = limits.answerBytes;
    for (const found of this.#rows(statement, params)) {
      if (rows.length === limits.rows) {
        throw new SqlFailure("quota", `it has more than ${limits.rows} rows`);
      }
      const row = found.map((value, at) => valueOf(value, exact ? undefined : columns[at] ?? ""));
      for (const value of row) left -= VALUE_COST + sizeOf(value);
      if (left < 0) {
        throw new SqlFailure("quota", `its rows have more than ${limits.answerBytes} bytes`);
      }
      rows.push(row);
    }
    return { columns, rows };
  }

  #exec(database: Database, sql: string, params: SqlParams): SqlChange {
    let rowsAffected = 0;
    let text = withoutBlanks(sql);
    if (text === "") throw new SqlFailure("sql", "it is empty");
    for (let statements = 1; text !== ""; statements++) {
      const [statement, rest] = this.#prepare(database, text);
      if ((statements > 1 || rest !== "") && Object.keys(params).length > 0) {
        throw new SqlFailure("sql", "several statements cannot have params");
      }
      const [before] = this.#counts();
      this.#rows(statement, params);
      const [after, changed] = this.#counts();
      // a statement that changes no row leaves the count of the one before
      if (after !== before) rowsAffected += Number(changed);
      text = rest;
    }
    const last = Number(this.#counts()[2]);
    return { rowsAffected, lastInsertId: Number.isSafeInteger(last) ? last : null };
  }

  /** Compiles the first statement of `sql`, which begins with one: asked for the text of none, Deno crashes. */
  #prepare(database: Database, sql: string): readonly [Statement, rest: string] {
    this.#rules.begin(this.#readOnly);
    refuse(this.#rules.refusalBefore(sql));
    let statement: Statement;
    try {
      statement = database.prepare(sql);
    } catch (error) {
      const code = codeOf(error);
      if (code === CODE.ERROR || code === CODE.NOT_ALLOWED) refuse(this.#rules.refusalOf(sql));
      throw error;
    }
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    // `:a` and `$a` are two names
    statement.setAllowBareNamedParameters(false);
    return [statement, withoutBlanks(sql.slice(statement.sourceSQL.length))];
  }

  /** All rows at once: `iterate()` takes an error in the middle for the end [measured on Deno 2.9.6]. */
  #rows(statement: Statement, params: SqlParams): readonly (readonly unknown[])[] {
    const { count, names } = parametersOf(statement.sourceSQL);
    if (Array.isArray(params)) {
      if (params.length !== count) {
        throw new SqlFailure("sql", `it takes ${count} params and was given ${params.length}`);
      }
      const values = params.map((value) => this.#bound(value));
      return statement.all(...values) as readonly (readonly unknown[])[];
    }
    const named = params as { readonly [name: string]: SqlValue };
    const values: Record<string, Bound> = Object.create(null);
    for (const { sign, name } of names) {
      if (!Object.hasOwn(named, name)) {
        throw new SqlFailure("sql", `it takes a param "${name}" that was not given`);
      }
      values[sign + name] = this.#bound(named[name] ?? null);
    }
    return statement.all(values) as readonly (readonly unknown[])[];
  }

  /** A number without a fraction is an INTEGER. */
  #bound(value: SqlValue): Bound {
    const { valueBytes } = this.#settings.limits;
    if (sizeOf(value) > valueBytes) {
      throw new SqlFailure("quota", `a value has more than ${valueBytes} bytes`);
    }
    if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    return "real" in value ? value.real : BigInt(value.integer);
  }

  #counts(): readonly bigint[] {
    return this.#changes?.get() as readonly bigint[];
  }

  #failureOf(error: unknown): unknown {
    const code = codeOf(error);
    if (code === undefined) return error;
    const failure = failureOfCode(code, this.#settings.limits);
    if (failure) return failure;
    const { refusal } = this.#rules;
    if (code === CODE.NOT_ALLOWED || refusal) {
      return new SqlFailure("refused", "it is not allowed", refusal);
    }
    return new SqlFailure("sql", error instanceof Error ? error.message : "it is wrong");
  }
}

/** SQLite's primary code of an error that is SQLite's. */
function codeOf(error: unknown): number | undefined {
  const isSql = error instanceof Error && "errcode" in error && typeof error.errcode === "number";
  return isSql ? Number(error.errcode) & 0xff : undefined;
}

/** A value as SQLite gave it; without the name of its column in the exact form. */
function valueOf(value: unknown, column: string | undefined): SqlValue {
  if (typeof value === "number") return realValue(value, column);
  return typeof value === "bigint" ? integerValue(value, column) : value as SqlValue;
}

function sizeOf(value: SqlValue): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  return value instanceof Uint8Array ? value.length : 0;
}
