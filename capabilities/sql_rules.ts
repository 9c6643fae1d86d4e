/** What SQL of an extension may do, action by action, as SQLite asks before it compiles a statement. @module */

import { changesSchema, namedTables } from "./sql_names.ts";

/** Right on one table. */
export type TableRight = "r" | "rw";

/** Rights by lower-case table name; `undefined` = every table, made ones included. */
export type TableRights = ReadonlyMap<string, TableRight> | undefined;

/** Why a statement was refused. */
export type SqlRefusal =
  | { readonly kind: "table"; readonly table: string; readonly right: TableRight }
  | { readonly kind: "feature"; readonly feature: string };

/** Table names without case, as SQLite compares them. */
export function tableKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** SQLite's codes of actions. */
const CREATE_INDEX = 1;
const CREATE_TABLE = 2;
const CREATE_TEMP_INDEX = 3;
const CREATE_TEMP_TABLE = 4;
const CREATE_TEMP_TRIGGER = 5;
const CREATE_TEMP_VIEW = 6;
const CREATE_TRIGGER = 7;
const CREATE_VIEW = 8;
const DELETE = 9;
const DROP_INDEX = 10;
const DROP_TABLE = 11;
const DROP_TEMP_INDEX = 12;
const DROP_TEMP_TABLE = 13;
const DROP_TEMP_TRIGGER = 14;
const DROP_TEMP_VIEW = 15;
const DROP_TRIGGER = 16;
const DROP_VIEW = 17;
const INSERT = 18;
const PRAGMA = 19;
const READ = 20;
const SELECT = 21;
const TRANSACTION = 22;
const UPDATE = 23;
const ATTACH = 24;
const DETACH = 25;
const ALTER_TABLE = 26;
const REINDEX = 27;
const ANALYZE = 28;
const CREATE_VTABLE = 29;
const DROP_VTABLE = 30;
const FUNCTION = 31;
const SAVEPOINT = 32;
const RECURSIVE = 33;

/** Which argument of a schema action names the table it changes. */
const SCHEMA_ACTIONS: ReadonlyMap<number, "first" | "second"> = new Map([
  [CREATE_TABLE, "first"],
  [CREATE_TEMP_TABLE, "first"],
  [CREATE_VIEW, "first"],
  [CREATE_TEMP_VIEW, "first"],
  [DROP_TABLE, "first"],
  [DROP_TEMP_TABLE, "first"],
  [DROP_VIEW, "first"],
  [DROP_TEMP_VIEW, "first"],
  [CREATE_INDEX, "second"],
  [CREATE_TEMP_INDEX, "second"],
  [DROP_INDEX, "second"],
  [DROP_TEMP_INDEX, "second"],
  [CREATE_TRIGGER, "second"],
  [CREATE_TEMP_TRIGGER, "second"],
  [DROP_TRIGGER, "second"],
  [DROP_TEMP_TRIGGER, "second"],
  [ALTER_TABLE, "second"],
  [CREATE_VTABLE, "first"],
  [DROP_VTABLE, "first"],
]);

/** Those that take something away. */
const DROPS: ReadonlySet<number> = new Set([
  DROP_TABLE,
  DROP_TEMP_TABLE,
  DROP_VIEW,
  DROP_TEMP_VIEW,
  DROP_INDEX,
  DROP_TEMP_INDEX,
  DROP_TRIGGER,
  DROP_TEMP_TRIGGER,
  DROP_VTABLE,
]);

/** Modules that a virtual table may be of: they keep their data in tables of the same database. */
const MODULES: ReadonlySet<string> = new Set(["fts5", "rtree"]);

/** Tables that SQLite keeps for itself. */
const OWN_TABLES = /^sqlite_(?:(?:temp_)?(?:master|schema)|sequence|stat[1-4])$/;

/** Those that only a change of the schema writes, whoever is asked: a statement that names them fails. */
const SCHEMA_TABLES = /^sqlite_(?:temp_)?(?:master|schema)$/;

/** Table-valued functions that compute from their arguments alone. */
const PURE_TABLES: ReadonlySet<string> = new Set(["json_each", "json_tree"]);

/** Tables through which raw pages, compiled statements or other internals show. */
const INTERNAL_TABLES: ReadonlySet<string> = new Set([
  "bytecode",
  "dbstat",
  "sqlite_dbpage",
  "sqlite_stmt",
  "tables_used",
]);

/** Functions that reach code or internals. */
const FORBIDDEN_FUNCTIONS: ReadonlySet<string> = new Set([
  "fts3_tokenizer",
  "load_extension",
  "sqlite_offset",
]);

/** How a pragma may be used: looked at, set as well, or asked about one table. */
const PRAGMAS: ReadonlyMap<string, "read" | "set" | "table" | "list"> = new Map([
  ["application_id", "set"],
  ["data_version", "read"],
  ["defer_foreign_keys", "set"],
  ["encoding", "read"],
  ["foreign_key_check", "list"],
  ["foreign_key_list", "table"],
  ["foreign_keys", "set"],
  ["index_list", "table"],
  ["index_info", "list"],
  ["index_xinfo", "list"],
  ["integrity_check", "list"],
  ["page_count", "read"],
  ["page_size", "read"],
  ["quick_check", "list"],
  ["recursive_triggers", "set"],
  ["table_info", "table"],
  ["table_list", "list"],
  ["table_xinfo", "table"],
  ["user_version", "set"],
]);

/** Actions that change nothing. A transaction is none of them: it may hold locks for good. */
const READING: ReadonlySet<number> = new Set([READ, SELECT, FUNCTION, RECURSIVE]);

function isReading(action: number, first: string, second: string): boolean {
  if (action !== PRAGMA) return READING.has(action);
  return second === "" || PRAGMAS.get(tableKey(first)) !== "set";
}

/**
 * Judges the actions of one connection; the last refusal is kept for the message.
 *
 * @example
 * ```ts
 * import { SqlRules } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const rules = new SqlRules(new Map([["notes", "r"]]));
 * const [INSERT, READ] = [18, 20]; // SQLite's codes of actions
 * assertEquals(rules.allows(READ, "notes", "text"), true);
 * assertEquals(rules.allows(INSERT, "notes", ""), false);
 * ```
 */
export class SqlRules {
  readonly #tables: TableRights;
  #refusal: SqlRefusal | undefined;
  /** What the current statement does to the schema, if anything. */
  #change: "none" | "create" | "alter" = "none";
  #readOnly = false;

  /** Rules for a connection with these rights. */
  constructor(tables: TableRights) {
    this.#tables = tables;
  }

  /** Why the current statement was refused. */
  get refusal(): SqlRefusal | undefined {
    return this.#refusal;
  }

  /** Called before each statement is compiled; one that is `readOnly` may change nothing, nor hold locks. */
  begin(readOnly: boolean = false): void {
    this.#refusal = undefined;
    this.#change = "none";
    this.#readOnly = readOnly;
  }

  /**
   * Why `sql` would be refused by its text alone. SQLite looks for a table before it asks whether it
   * may be used: without this, an answer would tell whether there is a table that was not granted.
   */
  refusalOf(sql: string): SqlRefusal | undefined {
    if (!this.#tables) return undefined;
    for (const { name, changes } of namedTables(sql)) {
      const table = tableKey(name);
      const isPlain = !PURE_TABLES.has(table) && !INTERNAL_TABLES.has(table) &&
        !/^(?:sqlite|pragma)_/.test(table);
      if (!isPlain || this.#tables.has(table)) continue;
      return { kind: "table", table, right: changes ? "rw" : "r" };
    }
    return undefined;
  }

  /** The same for a text that must not even be compiled: what it makes would look for tables later. */
  refusalBefore(sql: string): SqlRefusal | undefined {
    return this.#tables && changesSchema(sql) ? this.refusalOf(sql) : undefined;
  }

  /** Whether an action may be compiled, by SQLite's code and its two arguments. */
  allows(action: number, first: string, second: string): boolean {
    this.#refusal ??= this.#judge(action, first, second);
    return this.#refusal === undefined;
  }

  #judge(action: number, first: string, second: string): SqlRefusal | undefined {
    if (this.#readOnly && !isReading(action, first, second)) {
      return { kind: "feature", feature: "a change where only reading is allowed" };
    }
    switch (action) {
      case SELECT:
      case TRANSACTION:
      case SAVEPOINT:
        return undefined;
      case READ:
        return this.#table(first, "r", second);
      case INSERT:
      case UPDATE:
      case DELETE:
        return this.#table(first, "rw");
      case FUNCTION:
        return FORBIDDEN_FUNCTIONS.has(tableKey(second))
          ? { kind: "feature", feature: `the function "${tableKey(second)}"` }
          : undefined;
      case PRAGMA:
        return this.#pragma(tableKey(first), second);
      case RECURSIVE:
        return { kind: "feature", feature: "a recursive query" };
      case ATTACH:
        return { kind: "feature", feature: "another database" };
      case DETACH:
        return { kind: "feature", feature: "DETACH" };
      case ANALYZE:
      case REINDEX:
        // CREATE INDEX fills it by the second of them
        return this.#tables && this.#change === "none"
          ? { kind: "feature", feature: "ANALYZE or REINDEX" }
          : undefined;
      default:
        return this.#schema(action, first, second);
    }
  }

  #schema(action: number, first: string, second: string): SqlRefusal | undefined {
    const which = SCHEMA_ACTIONS.get(action);
    if (!which) return { kind: "feature", feature: "a statement of an unknown kind" };
    // only these have no query of the guest's in them
    this.#change = action === ALTER_TABLE || DROPS.has(action) ? "alter" : "create";
    const isModule = action === CREATE_VTABLE;
    if (isModule && (this.#tables || !MODULES.has(tableKey(second)))) {
      return { kind: "feature", feature: "a virtual table" };
    }
    return this.#table(which === "first" ? first : second, "rw");
  }

  #table(name: string, right: TableRight, column: string = ""): SqlRefusal | undefined {
    const table = tableKey(name);
    const unthinkable: SqlRefusal = { kind: "feature", feature: `the table "${table}"` };
    if (INTERNAL_TABLES.has(table)) return unthinkable;
    // SQLite itself keeps these from being written but by changes of the schema
    if (!this.#tables || PURE_TABLES.has(table)) return undefined;
    if (OWN_TABLES.test(table)) {
      // they tell of every table; a change of the schema uses them itself, and asks to write them
      // before it tells what it changes
      const isUsed = this.#change === "alter" ||
        (right === "rw" && (this.#change === "create" || SCHEMA_TABLES.test(table))) ||
        (this.#change === "create" && column === "ROWID");
      return isUsed ? undefined : unthinkable;
    }
    const granted = this.#tables.get(table);
    return granted === "rw" || granted === right ? undefined : { kind: "table", table, right };
  }

  #pragma(name: string, value: string): SqlRefusal | undefined {
    const use = PRAGMAS.get(name);
    const refused: SqlRefusal = { kind: "feature", feature: `PRAGMA ${name}` };
    if (use === undefined || (use === "read" && value !== "")) return refused;
    if (!this.#tables) return undefined;
    if (use === "list") return refused;
    return use === "table" ? this.#table(value, "r") : undefined;
  }
}
