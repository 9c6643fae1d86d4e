/** Tests of capabilities/sql_names.ts. @module */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { changesSchema, namedTables } from "../../capabilities/sql_names.ts";

/** SQL and the tables it names; one that would be changed has a star. */
const CASES: readonly (readonly [string, ...string[]])[] = [
  ["SELECT 1"],
  ["SELECT a, b FROM t", "t"],
  ["SELECT a FROM t, u AS v, main.w", "t", "u", "w"],
  ["select a from t join u on t.x = u.y, w where a in (1, 2)", "t", "u", "w"],
  ["SELECT * FROM (t, u) NATURAL LEFT JOIN v USING (a, b), w", "t", "u", "v", "w"],
  ["SELECT f(a, b), (SELECT x FROM y) FROM t GROUP BY a, b ORDER BY c, d LIMIT 1, 2", "y", "t"],
  ["SELECT * FROM (SELECT a, b FROM t) AS s, u", "t", "u"],
  ["SELECT 1 WHERE a IN t AND b NOT IN (SELECT c FROM u)", "t", "u"],
  ["SELECT a IS NOT DISTINCT FROM b FROM t", "t"],
  ['SELECT "from" FROM "a""b", [c d], `e`, \'f\'', 'a"b', "c d", "e", "f"],
  ["SELECT 'FROM x' -- FROM y\n/* FROM z */ FROM t", "t"],
  ["INSERT INTO t (a, b) VALUES (1, 2)", "*t"],
  ["INSERT OR REPLACE INTO main.t SELECT a, b FROM u", "*t", "u"],
  ["REPLACE INTO t VALUES (1)", "*t"],
  ["INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1, b = 2", "*t"],
  ["UPDATE OR IGNORE t SET a = 1, b = 2 FROM u, v", "*t", "u", "v"],
  ["DELETE FROM t WHERE a", "*t"],
  ["CREATE TABLE IF NOT EXISTS t (a REFERENCES u (x), b)", "*t", "u"],
  ["CREATE TEMP TABLE t AS SELECT * FROM u", "*t", "u"],
  ["CREATE VIEW v AS SELECT * FROM t", "*v", "t"],
  ["CREATE UNIQUE INDEX i ON t (a, b)", "*t"],
  [
    "CREATE TRIGGER g AFTER UPDATE OF a ON t BEGIN DELETE FROM u; SELECT 1 FROM v JOIN w ON x; END",
    "*t",
    "*u",
    "v",
    "w",
  ],
  ["DROP TABLE IF EXISTS main.t", "*t"],
  ["ALTER TABLE t RENAME TO u", "*t", "*u"],
  ["ALTER TABLE t RENAME COLUMN a TO b", "*t"],
  [
    "WITH a AS (SELECT 1), b (x, y) AS NOT MATERIALIZED (SELECT x FROM a) SELECT * FROM a, b, c",
    "c",
  ],
  // a name that is defined somewhere may be another one elsewhere
  ["SELECT * FROM users, (WITH users AS (SELECT 1) SELECT * FROM users)", "users", "users"],
  ["WITH users AS (SELECT 1) SELECT * FROM main.users", "users"],
  ["SELECT 1; SELECT 2 FROM t", "t"],
  ["SELECT * FROM"],
  ["SELECT FROM WHERE"],
  [""],
];

Deno.test("namedTables() finds what stands where a table may", () => {
  for (const [sql, ...tables] of CASES) {
    const found = namedTables(sql).map(({ name, changes }) => changes ? `*${name}` : name);
    assertEquals(found, tables, sql);
  }
});

Deno.test("changesSchema() goes by the first word", () => {
  for (const sql of ["CREATE TABLE t (a)", " ;; /* */ drop table t", "Alter table t add a"]) {
    assert(changesSchema(sql), sql);
  }
  for (const sql of ["", "SELECT 'CREATE'", '"create" x', "INSERT INTO t SELECT 1"]) {
    assert(!changesSchema(sql), sql);
  }
});

Deno.test("namedTables() survives any text, in time that grows with its length", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (sql) => {
    namedTables(sql);
  }));
  const pieces = ["(", ")", ",", " FROM ", " t ", '"', "'", "[", "/*", "--", " WITH a AS (", "`"];
  fc.assert(fc.property(fc.array(fc.constantFrom(...pieces)), (parts) => {
    namedTables(parts.join(""));
  }));
  for (const piece of pieces) {
    const start = performance.now();
    namedTables(piece.repeat(200_000 / piece.length));
    assert(performance.now() - start < 2_000, piece);
  }
});
