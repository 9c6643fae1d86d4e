/** Tests of `trustedSql`: the rules of the stoppable engine, in the host's own thread. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { CapabilityError, OperationError } from "../../../capabilities/errors.ts";
import { ExtensionHost } from "../../../mod.ts";
import { temporaryDirectory } from "../../temporary.ts";
import { ask, open, type Opened } from "../open.ts";

const ATTACKS = new URL("../../hostile/sql/", import.meta.url);

/** What only the other engine stops: work without end, and memory without end. */
const UNSTOPPED =
  /^(?:endless_|cte_bomb|view_bomb|recursive_view|sort|group_concat|answer_bytes|rows|fts_bomb|trigger_bomb)/;

function openTrusted(
  storage: string,
  tables?: { readonly [table: string]: string },
): Promise<Opened> {
  const granted = { sqlite: tables ? { tables } : true } as const;
  return open({ asks: [ask("sqlite")], granted, storage, trustedSql: true });
}

function sqlOf({ broker: { calls } }: Opened) {
  return {
    exec: (sql: string, params?: unknown) => calls.call("sqlite.exec", { sql, params } as never),
    query: async (sql: string, params?: unknown) =>
      (await calls.call("sqlite.query", { sql, params } as never) as { readonly rows: unknown })
        .rows,
  };
}

Deno.test("trustedSql reads, writes, counts and binds as the stoppable engine does", async () => {
  for (const trustedSql of [true, false]) {
    await using directory = await temporaryDirectory();
    await using opened = await open({
      asks: [ask("sqlite")],
      granted: { sqlite: true },
      storage: directory.path,
      trustedSql,
    });
    const { exec, query } = sqlOf(opened);
    assertEquals(
      await exec(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b, c); -- done\n; INSERT INTO t (b) VALUES (1), (2)",
      ),
      { rowsAffected: 2, lastInsertId: 2 },
    );
    const bytes = new Uint8Array([1, 2]);
    await exec("INSERT INTO t (b, c) VALUES (?, ?)", [7, bytes]);
    await exec("INSERT INTO t (b, c) VALUES (:x, $x)", { x: "text", other: 1 });
    assertEquals(await query("SELECT b, c, typeof(b) FROM t WHERE a > 2"), [
      [7, bytes, "integer"],
      ["text", "text", "text"],
    ]);
    assertEquals(await exec("UPDATE t SET b = 0 WHERE a < 3"), {
      rowsAffected: 2,
      lastInsertId: 4,
    });
    for (
      const [sql, params] of [
        ["SELECT ?", []],
        ["SELECT ?2", [1]],
        ["SELECT :a", {}],
        ["SELECT 1; SELECT 2", []],
        ["", []],
        [" -- nothing\n;;", []],
        ["SELECT nosuch FROM t", []],
        ["SELECT 9007199254740993", []],
        ["INSERT INTO t (a) VALUES (1)", []],
      ] as const
    ) {
      const error = await assertRejects(() => query(sql, params), OperationError, undefined, sql);
      assertEquals(error.code, "not-possible");
    }
    const { calls } = opened.broker;
    const exactly = {
      sql: "SELECT 1, 1.0, 9007199254740993, ?, ?",
      params: [{ real: 2 }, { integer: "9007199254740995" }],
      exact: true,
    };
    assertEquals((await calls.call("sqlite.query", exactly) as { rows: unknown }).rows, [
      [1, { real: 1 }, { integer: "9007199254740993" }, { real: 2 }, {
        integer: "9007199254740995",
      }],
    ]);
    for (
      const sql of ["DELETE FROM t", "INSERT INTO t (b) VALUES (1) RETURNING a", "BEGIN IMMEDIATE"]
    ) {
      await assertRejects(() => calls.call("sqlite.query", { sql, readOnly: true }), Error);
    }
    const info = await Deno.stat(`${directory.path}/data.db`);
    assertEquals((info.mode ?? 0) & 0o777, 0o600);
  }
});

Deno.test("trustedSql holds to the rights on tables, and tells nothing of others", async () => {
  await using directory = await temporaryDirectory();
  {
    await using owner = await openTrusted(directory.path);
    await sqlOf(owner).exec(
      "CREATE TABLE there (x); CREATE TABLE notes (x); CREATE TABLE rates (x)",
    );
  }
  await using opened = await openTrusted(directory.path, { notes: "rw", rates: "r" });
  const { exec, query } = sqlOf(opened);
  await exec("INSERT INTO notes SELECT x FROM rates");
  for (const table of ["there", "gone"]) {
    for (
      const sql of [
        `SELECT * FROM ${table}`,
        `SELECT nosuch FROM ${table}`,
        `DROP TABLE IF EXISTS ${table}`,
        `CREATE TABLE ${table} (x)`,
        "DELETE FROM rates",
      ]
    ) {
      const error = await assertRejects(() => exec(sql), CapabilityError, undefined, sql);
      assertEquals(error.code, "denied");
    }
  }
  await assertRejects(() => query("SELECT sql FROM sqlite_master"), OperationError);
});

Deno.test("trustedSql refuses what the stoppable engine refuses, but for work and memory without end", async (t) => {
  const names = [...Deno.readDirSync(ATTACKS)].map(({ name }) => name).sort();
  const tried = names.filter((name) => !UNSTOPPED.test(name));
  assert(tried.length > 40);
  await using directory = await temporaryDirectory();
  await using opened = await openTrusted(`${directory.path}/notes`);
  const { exec, query } = sqlOf(opened);
  await exec(
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text); INSERT INTO notes (text) VALUES ('kept')",
  );
  await exec("CREATE TABLE numbers (n INTEGER)");
  const numbers = JSON.stringify(Array.from({ length: 2_000 }, (_, n) => n));
  await exec("INSERT INTO numbers SELECT value FROM json_each(?)", [numbers]);
  for (const name of tried) {
    await t.step(name, async () => {
      const sql = await Deno.readTextFile(new URL(name, ATTACKS));
      await assertRejects(() => query(sql));
      assertEquals(await query("SELECT text FROM notes"), [["kept"]]);
    });
  }
  const files = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
  assertEquals(files, ["notes"]);
});

Deno.test("trustedSql opens no link and no second name in the place of its file", async () => {
  await using directory = await temporaryDirectory({ "outside": "not yours" });
  for (const file of ["data.db", "data.db-journal"]) {
    for (const make of [Deno.symlink, Deno.link]) {
      const storage = await Deno.makeTempDir({ dir: directory.path });
      await make(`${directory.path}/outside`, `${storage}/${file}`);
      await using opened = await openTrusted(storage);
      const error = await assertRejects(
        () => sqlOf(opened).exec("CREATE TABLE t (x)"),
        OperationError,
      );
      assertEquals(error.code, "unavailable");
    }
  }
  assertEquals(await Deno.readTextFile(`${directory.path}/outside`), "not yours");
});

Deno.test("load() takes trustedSql of the operator, and its database is the extension's own as ever", async () => {
  await using directory = await temporaryDirectory();
  const target = {
    manifest: { name: "notes", runtime: "quickjs", module: "a.js", capabilities: ["sqlite"] },
    files: {
      "a.js": `export async function keep(text) {
        await airlock.sqlite.exec("CREATE TABLE IF NOT EXISTS notes (text)");
        await airlock.sqlite.exec("INSERT INTO notes VALUES (?)", [text]);
        return (await airlock.sqlite.query("SELECT count(*) FROM notes")).rows[0][0];
      }`,
    },
  };
  await using host = new ExtensionHost({ storageRoot: directory.path, log: () => {} });
  for (const [trustedSql, count] of [[true, 1], [false, 2], [true, 3]] as const) {
    const extension = await host.load(target, { grants: { sqlite: true }, trustedSql });
    assertEquals(await extension.call("keep", "milk"), count);
    await extension.close();
  }
});
