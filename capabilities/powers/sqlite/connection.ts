/** One connection: compiles, binds, steps and reads, within limits that SQL cannot change. @module */

import {
  type SqlChange,
  SqlFailure,
  type SqlParams,
  type SqlRequest,
  type SqlRows,
  type SqlValue,
} from "../../sql_database.ts";
import { SqlRules, type TableRights } from "../../sql_rules.ts";
import type { SqliteLimits } from "../sqlite.ts";
import { type Engine, OutOfMemory } from "./engine.ts";
import { CODE, failureOfCode, refuse } from "./failures.ts";
import { DATABASE_NAME, VFS_NAME } from "./files.ts";
import { integerValue, realValue, VALUE_COST } from "./values.ts";

/** What a connection asks while it works. */
export interface ConnectionSignals {
  /** Whether the statement has to end. */
  stopped(): boolean;
  /** Waits for somebody else's lock; `false` when that took too long. */
  waitForLock(tries: number): boolean;
}

const { OK, ERROR, NO_MEMORY, NOT_ALLOWED, ROW, DONE } = CODE;

const INTEGER = 1;
const FLOAT = 2;
const TEXT = 3;
const BLOB = 4;

const OPEN_READ_WRITE_CREATE = 0x6;
/** SQLite copies what it is given. */
const TRANSIENT = -1;
/** Machine steps between two looks at the clock: some ten microseconds. */
const STEPS_BETWEEN_LOOKS = 1_000;
/** Bytes of pages kept in memory. */
const CACHE_KIBIBYTES = 4_096;

/** `sqlite3_limit`, with the attack that each stops. */
function limitsOf(valueBytes: number): readonly (readonly [number, number])[] {
  return [
    // zeroblob(1e9)
    [0, valueBytes],
    // text whose tree fills the memory
    [1, 1024 * 1024],
    [2, 512],
    // nesting that uses up the stack
    [3, 200],
    [4, 64],
    [5, 250_000],
    [6, 64],
    [7, 0],
    // LIKE with many wildcards takes exponential time inside one step
    [8, 64],
    [9, 8_192],
    [10, 16],
    [11, 0],
  ];
}

/** `sqlite3_db_config`: defensive on; schema not trusted; no extensions, no writable schema. */
const CONFIG: readonly (readonly [number, number])[] = [[1010, 1], [1017, 0], [1005, 0], [1011, 0]];

/** An open database. */
export class Connection {
  readonly #engine: Engine;
  readonly #db: number;
  readonly #rules: SqlRules;
  readonly #limits: SqliteLimits;
  /** Whether the request under way may only read. */
  #readOnly = false;

  /** @throws {SqlFailure} when the file is no database or cannot be opened. */
  constructor(
    engine: Engine,
    tables: TableRights,
    limits: SqliteLimits,
    signals: ConnectionSignals,
  ) {
    this.#engine = engine;
    this.#limits = limits;
    this.#rules = new SqlRules(undefined);
    const { api } = engine;
    const [name, vfs, out] = [
      engine.putText(DATABASE_NAME),
      engine.putText(VFS_NAME),
      engine.allocate(8),
    ];
    const code = api.sqlite3_open_v2(name, out, OPEN_READ_WRITE_CREATE, vfs);
    this.#db = engine.view.getInt32(out, true);
    this.#check(code);
    for (const [what, value] of limitsOf(limits.valueBytes)) {
      api.sqlite3_limit(this.#db, what, value);
    }
    for (const [what, on] of CONFIG) api.sqlite3__wasm_db_config_ip(this.#db, what, on, 0);
    const rules = new SqlRules(tables);
    const text = (pointer: number) => engine.text(pointer);
    const [authorize, progress, busy] = engine.install([
      {
        params: "iiiiii",
        run: (_: number, action: number, first: number, second: number) =>
          rules.allows(action, text(first), text(second)) ? 0 : 1,
      },
      { params: "i", run: () => signals.stopped() ? 1 : 0 },
      { params: "ii", run: (_: number, tries: number) => signals.waitForLock(tries) ? 1 : 0 },
    ]);
    api.sqlite3_progress_handler(this.#db, STEPS_BETWEEN_LOOKS, progress ?? 0, 0);
    api.sqlite3_busy_handler(this.#db, busy ?? 0, 0);
    this.#exec("PRAGMA journal_mode = TRUNCATE");
    this.#exec(`PRAGMA cache_size = -${CACHE_KIBIBYTES}`);
    this.#exec("PRAGMA foreign_keys = ON");
    const { rows: [[pageSize = 0] = []] } = this.#query("PRAGMA page_size", [], false);
    const pages = Math.max(1, Math.floor(limits.databaseBytes / Number(pageSize)));
    this.#exec(`PRAGMA max_page_count = ${pages}`);
    api.sqlite3_set_authorizer(this.#db, authorize ?? 0, 0);
    this.#rules = rules;
  }

  /**
   * Runs a request.
   *
   * @throws {SqlFailure} when it comes to nothing.
   */
  run(
    { operation, sql, params, readOnly = false, exact = false }: SqlRequest,
  ): SqlRows | SqlChange {
    this.#readOnly = readOnly;
    return operation === "query" ? this.#query(sql, params, exact) : this.#change(sql, params);
  }

  /** Rolls back what is open. */
  close(): void {
    this.#engine.api.sqlite3_close_v2(this.#db);
  }

  #exec(sql: string): void {
    this.#change(sql, []);
  }

  #change(sql: string, params: SqlParams): SqlChange {
    const { api } = this.#engine;
    let rowsAffected = 0;
    let statements = 0;
    this.#each(sql, (statement, isLast) => {
      if (++statements > 1 || !isLast) requireNone(params);
      this.#bind(statement, params);
      const before = api.sqlite3_total_changes64(this.#db);
      while (this.#step(statement));
      // a statement that changes no row leaves the count of the one before
      if (api.sqlite3_total_changes64(this.#db) !== before) {
        rowsAffected += Number(api.sqlite3_changes64(this.#db));
      }
    });
    if (statements === 0) throw new SqlFailure("sql", "it is empty");
    // what was done is done: an id that is no exact number must not make it fail
    const last = Number(api.sqlite3_last_insert_rowid(this.#db));
    return { rowsAffected, lastInsertId: Number.isSafeInteger(last) ? last : null };
  }

  #query(sql: string, params: SqlParams, exact: boolean): SqlRows {
    let answer: SqlRows | undefined;
    this.#each(sql, (statement, isLast) => {
      if (answer || !isLast) throw new SqlFailure("sql", "a query is one statement");
      this.#bind(statement, params);
      answer = this.#read(statement, exact);
    });
    if (!answer) throw new SqlFailure("sql", "it is empty");
    return answer;
  }

  /** Compiles and runs statement after statement. */
  #each(sql: string, run: (statement: number, isLast: boolean) => void): void {
    const { api } = this.#engine;
    const bytes = encoder.encode(`${sql}\0`);
    const text = this.#engine.put(bytes);
    const end = text + bytes.length - 1;
    const out = this.#engine.allocate(8);
    let statement = 0;
    const compile = (from: number) => {
      this.#rules.begin(this.#readOnly);
      const rest = from === text ? sql : decoder.decode(this.#engine.bytes.subarray(from, end));
      refuse(this.#rules.refusalBefore(rest));
      const code = api.sqlite3_prepare_v2(this.#db, from, end - from + 1, out, out + 4);
      // it looked for tables, or for their columns, and the answer must not tell of any
      if ((code & 0xff) === ERROR || (code & 0xff) === NOT_ALLOWED) {
        refuse(this.#rules.refusalOf(rest));
      }
      this.#check(code);
      return [
        this.#engine.view.getInt32(out, true),
        this.#engine.view.getInt32(out + 4, true),
      ] as const;
    };
    try {
      let at = text;
      while (at < end) {
        const [compiled, next] = compile(at);
        statement = compiled;
        at = next;
        if (statement === 0) continue;
        run(statement, isBlank(this.#engine.bytes.subarray(at, end)));
        api.sqlite3_finalize(statement);
        statement = 0;
      }
    } finally {
      if (statement !== 0) api.sqlite3_finalize(statement);
      api.sqlite3_free(out);
      api.sqlite3_free(text);
    }
  }

  #step(statement: number): boolean {
    const code = this.#engine.api.sqlite3_step(statement);
    if (code === ROW) return true;
    if (code !== DONE) this.#check(code);
    return false;
  }

  #read(statement: number, exact: boolean): SqlRows {
    const { api } = this.#engine;
    const columns: string[] = [];
    for (let at = 0; at < api.sqlite3_column_count(statement); at++) {
      columns.push(this.#engine.text(api.sqlite3_column_name(statement, at)));
    }
    const rows: SqlValue[][] = [];
    let left = this.#limits.answerBytes;
    while (this.#step(statement)) {
      if (rows.length === this.#limits.rows) {
        throw new SqlFailure("quota", `it has more than ${this.#limits.rows} rows`);
      }
      const row: SqlValue[] = [];
      for (let at = 0; at < columns.length; at++) {
        left -= VALUE_COST + this.#sizeOf(statement, at);
        if (left < 0) {
          throw new SqlFailure(
            "quota",
            `its rows have more than ${this.#limits.answerBytes} bytes`,
          );
        }
        row.push(this.#value(statement, at, exact ? undefined : columns[at] ?? ""));
      }
      rows.push(row);
    }
    return { columns, rows };
  }

  #sizeOf(statement: number, at: number): number {
    const { api } = this.#engine;
    const type = api.sqlite3_column_type(statement, at);
    return type === TEXT || type === BLOB ? api.sqlite3_column_bytes(statement, at) : 0;
  }

  /** One value; without the name of its column in the exact form. */
  #value(statement: number, at: number, column: string | undefined): SqlValue {
    const { api } = this.#engine;
    switch (api.sqlite3_column_type(statement, at)) {
      case INTEGER:
        return integerValue(api.sqlite3_column_int64(statement, at), column);
      case FLOAT:
        return realValue(api.sqlite3_column_double(statement, at), column);
      case TEXT: {
        const start = api.sqlite3_column_text(statement, at);
        const size = api.sqlite3_column_bytes(statement, at);
        return decoder.decode(this.#engine.bytes.subarray(start, start + size));
      }
      case BLOB: {
        const start = api.sqlite3_column_blob(statement, at);
        const size = api.sqlite3_column_bytes(statement, at);
        return this.#engine.bytes.slice(start, start + size);
      }
      default:
        return null;
    }
  }

  #bind(statement: number, params: SqlParams): void {
    const { api } = this.#engine;
    const count = api.sqlite3_bind_parameter_count(statement);
    if (Array.isArray(params)) {
      if (params.length !== count) {
        throw new SqlFailure("sql", `it takes ${count} params and was given ${params.length}`);
      }
      for (const [at, value] of params.entries()) this.#bindOne(statement, at + 1, value);
      return;
    }
    const named = params as { readonly [name: string]: SqlValue };
    for (let at = 1; at <= count; at++) {
      const name = this.#engine.text(api.sqlite3_bind_parameter_name(statement, at)).slice(1);
      if (!Object.hasOwn(named, name)) {
        throw new SqlFailure("sql", `it takes a param "${name}" that was not given`);
      }
      this.#bindOne(statement, at, named[name] ?? null);
    }
  }

  #bindOne(statement: number, at: number, value: SqlValue): void {
    const { api } = this.#engine;
    if (value === null) {
      this.#check(api.sqlite3_bind_null(statement, at));
    } else if (typeof value === "number") {
      this.#check(
        Number.isSafeInteger(value)
          ? api.sqlite3_bind_int64(statement, at, BigInt(value))
          : api.sqlite3_bind_double(statement, at, value),
      );
    } else if (typeof value === "object" && "real" in value) {
      this.#check(api.sqlite3_bind_double(statement, at, value.real));
    } else if (typeof value === "object" && "integer" in value) {
      this.#check(api.sqlite3_bind_int64(statement, at, BigInt(value.integer)));
    } else {
      const bytes = typeof value === "string" ? encoder.encode(value) : value;
      if (bytes.length > this.#limits.valueBytes) {
        throw new SqlFailure("quota", `a value has more than ${this.#limits.valueBytes} bytes`);
      }
      const pointer = this.#engine.put(bytes);
      try {
        const bind = typeof value === "string" ? api.sqlite3_bind_text : api.sqlite3_bind_blob;
        this.#check(bind(statement, at, pointer, bytes.length, TRANSIENT));
      } finally {
        api.sqlite3_free(pointer);
      }
    }
  }

  #check(code: number): void {
    const primary = code & 0xff;
    if (primary === OK) return;
    if (primary === NO_MEMORY) throw new OutOfMemory();
    const failure = failureOfCode(primary, this.#limits);
    if (failure) throw failure;
    const { refusal } = this.#rules;
    if (primary === NOT_ALLOWED || refusal) {
      throw new SqlFailure("refused", "it is not allowed", refusal);
    }
    throw new SqlFailure("sql", this.#engine.text(this.#engine.api.sqlite3_errmsg(this.#db)));
  }
}

function requireNone(params: SqlParams): void {
  if (Object.keys(params).length > 0) {
    throw new SqlFailure("sql", "several statements cannot have params");
  }
}

/** Whether nothing but white space, semicolons and comments is left. */
function isBlank(rest: Uint8Array): boolean {
  const nothing = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\s;]+/g;
  return decoder.decode(rest).replace(nothing, "") === "";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
