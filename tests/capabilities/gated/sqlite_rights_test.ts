/** Tests of the rights on tables that the capability sqlite grants. @module */

import { assertEquals, assertRejects } from "@std/assert";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { CapabilityError, OperationError } from "../../../capabilities/errors.ts";
import type { JsonObject } from "../../../manifest/manifest.ts";
import { temporaryDirectory } from "../../temporary.ts";
import { database } from "./sqlite_open.ts";

Deno.test("sqlite holds to the rights on tables", async () => {
  await using directory = await temporaryDirectory();
  {
    await using owner = await database(directory.path);
    await owner.exec(`
      CREATE TABLE users (id INTEGER PRIMARY KEY, name); INSERT INTO users VALUES (1, 'ann');
      CREATE TABLE secret (x); INSERT INTO secret VALUES ('x');
      CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text);
      CREATE VIEW secrets AS SELECT * FROM secret;
      CREATE TRIGGER spy AFTER UPDATE ON notes BEGIN INSERT INTO secret VALUES (new.text); END;
    `);
  }
  await using db = await database(directory.path, {
    tables: { Notes: "rw", users: "r", secrets: "r", extra: "rw" },
  });
  const allowed = [
    "INSERT INTO notes (text) VALUES ('a')",
    "INSERT INTO NOTES (text) SELECT name FROM main.users",
    "CREATE INDEX by_text ON notes (text)",
    "DROP INDEX by_text",
    "CREATE TABLE extra AS SELECT * FROM users",
    "ALTER TABLE extra ADD COLUMN more",
    "ALTER TABLE extra RENAME COLUMN more TO less",
    "DROP TABLE extra",
    "CREATE INDEX left_there ON notes (text)",
    "DELETE FROM notes",
    "SELECT * FROM users, json_each('[1]')",
    "PRAGMA table_info(users)",
    "PRAGMA user_version",
  ];
  for (const sql of allowed) await db.exec(sql);
  const denied: [string, string][] = [
    ["INSERT INTO users VALUES (2, 'x')", "users"],
    ["UPDATE users SET name = 'x'", "users"],
    ["DELETE FROM users", "users"],
    ["DROP TABLE users", "users"],
    ["ALTER TABLE users ADD COLUMN x", "users"],
    ["CREATE INDEX i ON users (name)", "users"],
    ["CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END", "users"],
    ["SELECT * FROM secret", "secret"],
    ["SELECT count(*) FROM secret", "secret"],
    ["SELECT (SELECT x FROM secret) FROM users", "secret"],
    ["SELECT * FROM secrets", "secret"],
    ["INSERT INTO notes (text) SELECT x FROM secret", "secret"],
    ["UPDATE notes SET text = 'to the trigger'", "secret"],
    ["CREATE TABLE other (x)", "other"],
    ["CREATE TEMP TABLE other (x)", "other"],
    ["CREATE VIEW other AS SELECT 1", "other"],
    ["PRAGMA table_info(secret)", "secret"],
    ["SELECT * FROM pragma_table_list", "pragma_table_list"],
  ];
  for (const [sql, table] of denied) {
    const error = await assertRejects(() => db.exec(sql), CapabilityError, undefined, sql);
    assertEquals([error.code, error.grant.includes(`"${table}"`)], ["denied", true], sql);
  }
  for (
    const sql of [
      "SELECT sql FROM sqlite_master",
      "SELECT sql FROM sqlite_schema",
      "SELECT sql FROM sqlite_temp_schema",
      "CREATE TABLE extra AS SELECT sql FROM sqlite_master",
      "CREATE TABLE extra AS SELECT 1 WHERE EXISTS (SELECT sql FROM sqlite_master)",
      "SELECT * FROM sqlite_sequence",
      "INSERT INTO sqlite_sequence VALUES ('secret', 5)",
      "ANALYZE",
      "REINDEX",
      "PRAGMA table_list",
      "CREATE VIRTUAL TABLE extra USING fts5(x)",
    ]
  ) {
    await assertRejects(() => db.exec(sql), OperationError, undefined, sql);
  }
  const grants = db.opened.audit.filter(({ outcome }) => outcome === "denied");
  assertEquals(grants.length, denied.length);
});

Deno.test("sqlite tells nobody whether there is a table that was not granted", async () => {
  const attempts = [
    "SELECT * FROM $T",
    "SELECT nosuch FROM $T",
    "SELECT nosuch FROM notes, $T",
    "SELECT 1 FROM notes JOIN $T ON nosuch = 1",
    "SELECT (SELECT nosuch FROM $T) FROM notes",
    "SELECT 1 WHERE 1 IN $T",
    "SELECT * FROM main.$T",
    "SELECT * FROM $T, (WITH $T AS (SELECT 1) SELECT * FROM $T)",
    "WITH $T AS (SELECT 1) SELECT nosuch FROM main.$T",
    "INSERT INTO $T VALUES (1, 2, 3, 4)",
    "INSERT INTO $T (nosuch) VALUES (1)",
    "UPDATE $T SET nosuch = 1",
    "UPDATE notes SET text = 1 FROM $T WHERE nosuch",
    "DELETE FROM $T WHERE nosuch",
    "DROP TABLE $T",
    "DROP TABLE IF EXISTS $T",
    "DROP VIEW IF EXISTS $T",
    "ALTER TABLE $T ADD COLUMN x",
    "ALTER TABLE notes RENAME TO $T",
    "CREATE TABLE $T (x)",
    "CREATE TABLE IF NOT EXISTS $T (x)",
    "CREATE TABLE extra (x REFERENCES $T (nosuch))",
    "CREATE VIEW extra AS SELECT * FROM $T",
    "CREATE INDEX i ON $T (nosuch)",
    "CREATE INDEX IF NOT EXISTS i ON $T (x)",
    "CREATE TRIGGER t AFTER INSERT ON $T BEGIN SELECT 1; END",
    "CREATE TRIGGER t AFTER INSERT ON notes BEGIN INSERT INTO $T VALUES (1); END",
    "PRAGMA table_info($T)",
    "PRAGMA foreign_key_list($T)",
    "SELECT 1; SELECT nosuch FROM $T",
  ];
  await using directory = await temporaryDirectory();
  {
    await using owner = await database(directory.path);
    await owner.exec("CREATE TABLE there (x); CREATE TABLE notes (id INTEGER PRIMARY KEY, text)");
  }
  await using db = await database(directory.path, { tables: { notes: "rw", extra: "rw" } });
  for (const sql of attempts) {
    const answers: string[] = [];
    for (const table of ["there", "gone"]) {
      const error = await assertRejects(
        () => db.exec(sql.replaceAll("$T", table)),
        CapabilityError,
        undefined,
        sql,
      );
      answers.push(`${error.code} ${error.message} ${error.grant}`.replaceAll(table, "$T"));
    }
    const [there, gone] = answers;
    assertEquals(there, gone, sql);
  }
  // what is wrong with SQL about granted tables is told as ever
  for (
    const sql of ["SELECT nosuch FROM notes", "SELECT FROM", "WITH a AS (SELECT 1) SELECT x FROM a"]
  ) {
    await assertRejects(() => db.exec(sql), OperationError, undefined, sql);
  }
  const { rows } = await db.query("WITH there AS (SELECT 7 AS x) SELECT x FROM there");
  assertEquals(rows, [[7]]);
});

Deno.test("sqlite grants the lesser of what is asked and granted", async () => {
  await using directory = await temporaryDirectory();
  const tables = (rights: JsonObject) => ({ tables: rights });
  {
    await using owner = await database(directory.path);
    await owner.exec("CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE c (x)");
  }
  await using db = await database(directory.path, tables({ A: "rw", b: "rw", c: "r" }), {
    granted: { db: tables({ a: "rw", b: "r" }) },
  });
  await db.exec("INSERT INTO a VALUES (1)");
  await db.query("SELECT * FROM b");
  await assertRejects(() => db.exec("INSERT INTO b VALUES (1)"), CapabilityError);
  await assertRejects(() => db.query("SELECT * FROM c"), CapabilityError);
});

Deno.test("sqlite checks the arguments of asks and grants", () => {
  const { capability } = new CapabilityRegistry().get("storage.sqlite") ?? {};
  const paths = (args: JsonObject) => {
    const parsed = capability?.parse(args);
    return parsed && !parsed.ok ? parsed.problems.map(({ path }) => path) : [];
  };
  assertEquals(paths({ tables: { notes: "rw" }, bytes: 4096 }), []);
  assertEquals(paths({ tables: ["notes"] }), ["tables"]);
  assertEquals(paths({ tables: {} }), ["tables"]);
  assertEquals(paths({ tables: { a: "w", b: "r", B: "r" } }), ["tables.a", "tables.B"]);
  assertEquals(paths({ tables: { sqlite_master: "r", "": "r" } }), [
    "tables.sqlite_master",
    "tables.",
  ]);
  assertEquals(paths({ bytes: 0, table: {} }), ["bytes", "table"]);
});
