/** Tests of the capability sqlite, on real files and the real engine. @module */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { CapabilityError, OperationError } from "../../../capabilities/errors.ts";
import { SqlFailure, type SqlProvider, SqlRules } from "../../../capabilities/mod.ts";
import { temporaryDirectory } from "../../temporary.ts";
import { ask, open } from "../open.ts";
import { database } from "./sqlite_open.ts";

Deno.test("sqlite keeps every type", async () => {
  await using directory = await temporaryDirectory();
  await using db = await database(directory.path);
  await db.exec("CREATE TABLE t (i INTEGER, r REAL, t TEXT, b BLOB, n)");
  const blob = new Uint8Array([0, 1, 255]);
  const row = [Number.MAX_SAFE_INTEGER, 1.5, "a\u0000ü😀", blob, null];
  await db.exec("INSERT INTO t VALUES (?, ?, ?, ?, ?)", row);
  const { columns, rows } = await db.query("SELECT * FROM t");
  assertEquals(columns, ["i", "r", "t", "b", "n"]);
  assertEquals(rows, [row]);
  assertEquals((await db.query("SELECT x'', '', 1e400, true")).rows, [
    [new Uint8Array(), "", Infinity, 1],
  ]);
});

Deno.test("sqlite takes params by position and by name, and only as many as there are", async () => {
  await using directory = await temporaryDirectory();
  await using db = await database(directory.path);
  assertEquals((await db.query("SELECT ?, ?", [true, "x"])).rows, [[1, "x"]]);
  assertEquals((await db.query("SELECT :a, @b, $a", { a: 1, b: null })).rows, [[1, null, 1]]);
  const wrong: [string, unknown][] = [["SELECT ?", []], ["SELECT 1", [1]], ["SELECT :a", { b: 1 }]];
  for (const [sql, params] of wrong) {
    await assertRejects(() => db.query(sql, params), OperationError);
  }
  for (const params of ["x", [[1]], { a: {} }, new Uint8Array(1)]) {
    await assertRejects(() => db.query("SELECT 1", params), TypeError);
  }
});

Deno.test("sqlite fails for an integer that is no exact number, and gives it as text", async () => {
  await using directory = await temporaryDirectory();
  await using db = await database(directory.path);
  await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  const inserted = await db.exec("INSERT INTO t VALUES (9007199254740993)");
  assertEquals(inserted, { rowsAffected: 1, lastInsertId: null });
  await assertRejects(() => db.query("SELECT id FROM t"), OperationError);
  assertEquals((await db.query("SELECT CAST(id AS TEXT) FROM t")).rows, [["9007199254740993"]]);
});

Deno.test("sqlite reads and changes nothing where it is only to read", async () => {
  await using directory = await temporaryDirectory();
  await using db = await database(directory.path);
  await db.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  const read = (sql: string) =>
    db.opened.broker.calls.call("sqlite.query", { sql, readOnly: true });
  assertEquals(await read("SELECT x FROM t"), { columns: ["x"], rows: [[1]] });
  assertEquals(await read("PRAGMA table_info(t)").then(() => "read"), "read");
  for (
    const sql of [
      ...["INSERT INTO t VALUES (2) RETURNING x", "UPDATE t SET x = 3", "DELETE FROM t"],
      ...["DROP TABLE t", "PRAGMA user_version = 3", "BEGIN", "SAVEPOINT s", "CREATE TABLE u (x)"],
    ]
  ) {
    const error = await assertRejects(() => read(sql), OperationError);
    assertEquals(error.code, "not-possible", sql);
  }
  assertEquals((await db.query("INSERT INTO t VALUES (2) RETURNING x")).rows, [[2]]);
});

Deno.test("sqlite counts changed rows, and runs several statements without params", async () => {
  await using directory = await temporaryDirectory();
  await using db = await database(directory.path);
  const script =
    "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2); -- and\nUPDATE t SET x = 3; /* end";
  assertEquals(await db.exec(script), { rowsAffected: 4, lastInsertId: 2 });
  assertEquals(await db.exec("DELETE FROM t WHERE x = 9"), { rowsAffected: 0, lastInsertId: 2 });
  await assertRejects(() => db.exec("DELETE FROM t; DELETE FROM t WHERE x = ?", [3]));
  await assertRejects(() => db.query("SELECT 1; SELECT 2"), OperationError);
  assertEquals((await db.query("SELECT 1 ; -- one")).rows, [[1]]);
  for (const sql of ["", " ", "-- nothing", "SELEC"]) {
    await assertRejects(() => db.exec(sql), OperationError);
  }
  for (const sql of ["SELECT 1\0; DROP TABLE t", null, "x".repeat(300_000)]) {
    await assertRejects(() => db.exec(sql as string), TypeError);
  }
});

Deno.test("sqlite spans a transaction over calls", async () => {
  await using directory = await temporaryDirectory();
  await using db = await database(directory.path);
  await db.exec("CREATE TABLE t (x)");
  await db.exec("BEGIN");
  await db.exec("INSERT INTO t VALUES (1)");
  assertEquals((await db.query("SELECT count(*) FROM t")).rows, [[1]]);
  await db.exec("ROLLBACK");
  assertEquals((await db.query("SELECT count(*) FROM t")).rows, [[0]]);
});

Deno.test("sqlite keeps what was written, as a file that other programs read", async () => {
  await using directory = await temporaryDirectory();
  {
    await using db = await database(directory.path);
    await db.exec("CREATE TABLE t (x)");
    await db.exec("INSERT INTO t VALUES ('kept')");
    await db.exec("BEGIN");
    await db.exec("INSERT INTO t VALUES ('not committed')");
  }
  {
    await using db = await database(directory.path);
    assertEquals((await db.query("SELECT * FROM t")).rows, [["kept"]]);
  }
  const other = new DatabaseSync(`${directory.path}/data.db`);
  assertEquals({ ...other.prepare("SELECT * FROM t").get() }, { x: "kept" });
  other.close();
  const { mode } = await Deno.stat(`${directory.path}/data.db`);
  if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o600);
});

Deno.test("sqlite keeps extensions apart", async () => {
  await using directory = await temporaryDirectory();
  await using a = await database(`${directory.path}/a`, {}, { name: "a" });
  await using b = await database(`${directory.path}/b`, {}, { name: "b" });
  await a.exec("CREATE TABLE secret (x)");
  await assertRejects(() => b.query("SELECT * FROM secret"), OperationError, "no such table");
});

Deno.test("sqlite makes two connections to one database take turns", async () => {
  await using directory = await temporaryDirectory();
  const registry = new CapabilityRegistry({ sqlite: { requestMs: 300 } });
  await using a = await database(directory.path, {}, { registry });
  await using b = await database(directory.path, {}, { registry });
  await a.exec("CREATE TABLE t (x)");
  await a.exec("BEGIN IMMEDIATE");
  const error = await assertRejects(() => b.exec("INSERT INTO t VALUES (1)"), OperationError);
  assertEquals(error.code, "unavailable");
  await a.exec("COMMIT");
  await b.exec("INSERT INTO t VALUES (1)");
  assertEquals((await a.query("SELECT count(*) FROM t")).rows, [[1]]);
});

Deno.test("sqlite holds to the granted size of the file", async () => {
  await using directory = await temporaryDirectory();
  await using db = await database(directory.path, { bytes: 200_000 });
  await db.exec("CREATE TABLE t (x)");
  const error = await assertRejects(async () => {
    for (let at = 0; at < 100; at++) await db.exec("INSERT INTO t VALUES (randomblob(10000))");
  }, CapabilityError);
  assertEquals(error.code, "quota");
  assert((await Deno.stat(`${directory.path}/data.db`)).size <= 200_000);
  await db.exec("DELETE FROM t");
  await db.exec("INSERT INTO t VALUES (1)");
});

Deno.test("sqlite answers that it has no place without a storage root", async () => {
  await using db = await database(undefined);
  const error = await assertRejects(() => db.query("SELECT 1"), OperationError);
  assertEquals(error.code, "unavailable");
});

Deno.test("sqlite opens no link, no second name and no device in the place of its file", async () => {
  if (Deno.build.os === "windows") return;
  await using directory = await temporaryDirectory({ "outside/secret.db": "not a journal" });
  const outside = `${directory.path}/outside/secret.db`;
  const places: [string, (path: string) => Promise<unknown>][] = [
    ["link", (path) => Deno.symlink(outside, path)],
    ["dangling", (path) => Deno.symlink(`${directory.path}/outside/new.db`, path)],
    ["second", (path) => Deno.link(outside, path)],
    ["fifo", (path) => new Deno.Command("mkfifo", { args: [path] }).output()],
    ["directory", (path) => Deno.mkdir(path)],
  ];
  for (const file of ["data.db", "data.db-journal"]) {
    for (const [name, make] of places) {
      const storage = `${directory.path}/${file}-${name}`;
      await Deno.mkdir(storage);
      if (file !== "data.db") {
        // a journal beside an empty database is only removed
        await using before = await database(storage);
        await before.exec("CREATE TABLE before (x)");
      }
      await Deno.remove(`${storage}/${file}`).catch(() => {});
      await make(`${storage}/${file}`);
      await using db = await database(storage);
      await assertRejects(() => db.exec("CREATE TABLE t (x)"), Error, undefined, `${file} ${name}`);
    }
  }
  assertEquals(await Deno.readTextFile(outside), "not a journal");
  assertEquals([...Deno.readDirSync(`${directory.path}/outside`)].length, 1);
});

Deno.test("sqlite contains a damaged file, and works again with a sound one", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/data.db`;
  {
    await using db = await database(directory.path);
    await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX i ON t (x)");
    await db.exec(
      "INSERT INTO t (x) SELECT hex(randomblob(500)) FROM json_each('[1,2,3,4,5,6,7,8,9]')",
    );
  }
  const sound = await Deno.readFile(path);
  const registry = new CapabilityRegistry({ sqlite: { requestMs: 1_000 } });
  // a fixed sequence, so that a failure can be repeated
  let state = 7;
  const next = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
  await using db = await database(directory.path, {}, { registry });
  for (let round = 0; round < 25; round++) {
    const damaged = sound.slice();
    for (let hit = 0; hit < 30; hit++) damaged[next(round % 2 ? 200 : damaged.length)] = next(256);
    await Deno.writeFile(path, damaged);
    for (
      const sql of [
        "SELECT * FROM t ORDER BY x",
        "UPDATE t SET x = x || 'y'",
        "PRAGMA integrity_check",
      ]
    ) {
      await db.exec(sql).catch((error) => assertInstanceOf(error, Error));
    }
  }
  await Deno.writeFile(path, new Uint8Array(5_000).fill(65));
  await assertRejects(() => db.query("SELECT 1 FROM t"), OperationError);
  await Deno.writeFile(path, sound);
  await Deno.truncate(`${path}-journal`);
  assertEquals((await db.query("SELECT count(*) FROM t")).rows, [[9]]);
});

Deno.test("sqlite uses the time and randomness of the extension's own services", async () => {
  const answers: unknown[] = [];
  for (let run = 0; run < 2; run++) {
    await using directory = await temporaryDirectory();
    await using opened = await open({
      asks: [ask("sqlite")],
      granted: { sqlite: true },
      storage: directory.path,
      clock: { now: () => Date.UTC(2001, 1, 3, 4, 5, 6) },
      random: (bytes) => void bytes.fill(7),
    });
    const sql = "SELECT datetime('now'), datetime('now', 'localtime'), hex(randomblob(8)) AS r";
    const answer = await opened.broker.calls.call("sqlite.query", { sql });
    answers.push((answer as { rows: unknown }).rows);
  }
  assertEquals(answers[0], answers[1]);
  assertEquals((answers[0] as string[][])[0]?.slice(0, 2), [
    "2001-02-03 04:05:06",
    "2001-02-03 04:05:06",
  ]);
});

Deno.test("sqlite asks an embedder's provider, which may hold to the same rules", async () => {
  const shared = new DatabaseSync(":memory:");
  shared.exec("CREATE TABLE notes (x); CREATE TABLE users (x)");
  // the types of Deno 2.9 do not have it
  const guarded = shared as unknown as {
    setAuthorizer(
      rule: (action: number, first: string | null, second: string | null) => number,
    ): void;
  };
  const closed: string[] = [];
  const provider: SqlProvider = {
    open({ extension, tables }) {
      const rules = new SqlRules(tables);
      guarded.setAuthorizer((action, first, second) =>
        rules.allows(action, first ?? "", second ?? "") ? 0 : 1
      );
      return {
        run({ operation, sql }) {
          rules.begin();
          try {
            const statement = shared.prepare(sql);
            if (operation === "query") {
              const found = statement.all();
              const columns = Object.keys(found[0] ?? {});
              return Promise.resolve({
                columns,
                rows: found.map((row) => Object.values(row) as number[]),
              });
            }
            const { changes, lastInsertRowid } = statement.run();
            return Promise.resolve({
              rowsAffected: Number(changes),
              lastInsertId: Number(lastInsertRowid),
            });
          } catch {
            return Promise.reject(
              new SqlFailure(rules.refusal ? "refused" : "sql", "it failed", rules.refusal),
            );
          }
        },
        close: () => Promise.resolve(void closed.push(extension.name)),
      };
    },
  };
  const registry = new CapabilityRegistry({ sqlite: { provider } });
  {
    await using db = await database(undefined, { tables: { notes: "rw" } }, { registry });
    assertEquals(await db.exec("INSERT INTO notes VALUES (5)"), {
      rowsAffected: 1,
      lastInsertId: 1,
    });
    assertEquals((await db.query("SELECT x FROM notes")).rows, [[5]]);
    const error = await assertRejects(() => db.query("SELECT x FROM users"), CapabilityError);
    assertEquals(error.code, "denied");
    await assertRejects(() => db.exec("ATTACH ':memory:' AS x"), OperationError);
  }
  assertEquals(closed, ["notes"]);
  shared.close();
});

Deno.test("sqlite needs exactly the permissions it names", async () => {
  await using directory = await temporaryDirectory();
  const { capability } = new CapabilityRegistry().get("sqlite") ?? {};
  const flags = capability?.denoPermissions?.(null, directory.path) ?? [];
  const child = fromFileUrl(new URL("./sqlite_child.ts", import.meta.url));
  const run = async (permissions: readonly string[]) => {
    const args = ["run", "--quiet", "--no-prompt", "--no-check", "--cached-only", ...permissions];
    const command = new Deno.Command(Deno.execPath(), { args: [...args, child, directory.path] });
    const { stdout, stderr } = await command.output();
    return [new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)] as const;
  };
  for (const left of flags) {
    const [stdout, stderr] = await run(flags.filter((flag) => flag !== left));
    assertEquals(stdout, "", `without ${left}`);
    assert(stderr.includes(left) || stderr.includes("may not"), stderr);
  }
  const [stdout, stderr] = await run(flags);
  assertEquals([stdout, stderr], ['{"columns":["x"],"rows":[["written"]]}\n', ""]);
});
