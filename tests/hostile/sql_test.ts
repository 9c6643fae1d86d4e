/** SQL that attacks: every file of sql/ is refused, or stopped with the processor idle after it. @module */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ExtensionError, ExtensionHost } from "../../mod.ts";
import { ask, open, type Opened } from "../capabilities/open.ts";
import { assertIdle } from "../cpu_use.ts";
import { temporaryDirectory } from "../temporary.ts";

const ATTACKS = new URL("./sql/", import.meta.url);

const attacks = [...Deno.readDirSync(ATTACKS)].map(({ name }) => name).sort();
const refused = attacks.filter((name) => !name.startsWith("endless_"));
const endless = attacks.filter((name) => name.startsWith("endless_"));

/** Long enough that a stop, and not an end, is what is seen. */
const DEADLINE_MS = 400;
/** What stopping may take beyond it: the watchdog's own grace is 250 ms. */
const STOP_MS = 1_500;

async function victim(storage: string): Promise<Opened> {
  const opened = await open({ asks: [ask("sqlite")], granted: { sqlite: true }, storage });
  const { call } = opened.broker.calls;
  const exec = (sql: string) => call("sqlite.exec", { sql });
  await exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text)");
  await exec("INSERT INTO notes (text) VALUES ('kept'), ('kept')");
  await exec("CREATE TABLE numbers (n INTEGER)");
  const numbers = JSON.stringify(Array.from({ length: 2_000 }, (_, n) => n));
  await exec(`INSERT INTO numbers SELECT value FROM json_each('${numbers}')`);
  return opened;
}

async function assertUnharmed({ broker: { calls } }: Opened): Promise<void> {
  const sql = "SELECT group_concat(text), (SELECT count(*) FROM numbers) FROM notes";
  const answer = await calls.call("sqlite.query", { sql });
  assertEquals((answer as { rows: unknown }).rows, [["kept,kept", 2_000]]);
  const check = await calls.call("sqlite.query", { sql: "PRAGMA integrity_check" });
  assertEquals((check as { rows: unknown }).rows, [["ok"]]);
}

Deno.test("hostile 44: SQL that reaches further or takes more than it may, by exec and by query", async (t) => {
  await using directory = await temporaryDirectory();
  const storage = `${directory.path}/notes`;
  await using opened = await victim(storage);
  assert(refused.length > 30);
  for (const name of refused) {
    await t.step(`${name} against host`, async () => {
      const sql = await Deno.readTextFile(new URL(name, ATTACKS));
      for (const operation of ["sqlite.exec", "sqlite.query"]) {
        // without an answer there is nothing too large in one: exec drops the rows
        const harmless = operation === "sqlite.exec" && /^(?:rows|answer_bytes)\./.test(name);
        const run = opened.broker.calls.call(operation, { sql });
        if (harmless) await run;
        else await assertRejects(() => run);
      }
      await assertUnharmed(opened);
    });
  }
  const files = [...Deno.readDirSync(storage)].map(({ name }) => name).sort();
  assertEquals(files, ["data.db", "data.db-journal"]);
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["notes"]);
});

Deno.test("hostile 58: SQL without an end, and the processor idle after it", async (t) => {
  assert(endless.length > 2);
  for (const name of endless) {
    await t.step(`${name} against host`, async () => {
      await using directory = await temporaryDirectory();
      await using opened = await victim(directory.path);
      const sql = await Deno.readTextFile(new URL(name, ATTACKS));
      const start = performance.now();
      const call = opened.broker.calls.call("sqlite.exec", { sql }, {
        deadline: start + DEADLINE_MS,
      });
      const error = await assertRejects(() => call, DOMException);
      assertEquals(error.name, "TimeoutError");
      const took = performance.now() - start;
      assert(took > DEADLINE_MS * 0.9 && took < DEADLINE_MS + STOP_MS, `it took ${took} ms`);
      await assertIdle(0.3);
      await assertUnharmed(opened);
    });
  }
});

Deno.test("sqlite stops an endless query when its caller aborts", async () => {
  await using directory = await temporaryDirectory();
  await using opened = await victim(directory.path);
  const controller = new AbortController();
  const sql = await Deno.readTextFile(new URL("endless_join.sql", ATTACKS));
  const call = opened.broker.calls.call("sqlite.query", { sql }, { signal: controller.signal });
  const reason = new DOMException("enough", "AbortError");
  setTimeout(() => controller.abort(reason), 150);
  assertEquals(await call.catch((error) => error), reason);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await assertIdle(0.3);
  await assertUnharmed(opened);
});

Deno.test("sqlite stops an endless query when its grant is revoked", async () => {
  await using directory = await temporaryDirectory();
  await using opened = await victim(directory.path);
  const sql = await Deno.readTextFile(new URL("endless_join.sql", ATTACKS));
  const call = opened.broker.calls.call("sqlite.query", { sql });
  setTimeout(() => opened.broker.revoke("db"), 150);
  const error = await call.catch((error) => error);
  assertEquals([error.code, error.capability], ["revoked", "sqlite"]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await assertIdle(0.3);
});

Deno.test("closing stops an endless query, even one that SQLite itself cannot stop", async () => {
  await using directory = await temporaryDirectory();
  const opened = await victim(directory.path);
  const sql = await Deno.readTextFile(new URL("endless_builtin.sql", ATTACKS));
  const call = opened.broker.calls.call("sqlite.exec", { sql }, {
    deadline: performance.now() + 1_000,
  });
  call.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 150));
  await opened.broker.close();
  await assertIdle(0.3);
});

const SCRIPT = `
  export async function prepare() {
    await airlock.sqlite.exec("CREATE TABLE n AS SELECT value v FROM json_each(?)", [
      JSON.stringify(Array.from({ length: 2000 }, (_, at) => at)),
    ]);
  }
  export const count = async () => (await airlock.sqlite.query("SELECT count(*) FROM n")).rows;
  export const endless = () => airlock.sqlite.query("SELECT 1 FROM n a, n b, n c, n d WHERE a.v + b.v + c.v + d.v < 0");
`;

Deno.test("hostile 58: an endless query outlives no call of its extension", async (t) => {
  for (const tier of ["quickjs", "worker", "process"] as const) {
    await t.step(`endless query against ${tier}`, async () => {
      await using directory = await temporaryDirectory({
        "extension/extension.json": {
          name: "slow",
          runtime: tier === "quickjs" ? tier : "js",
          module: "main.js",
          capabilities: ["sqlite"],
        },
        "extension/main.js": SCRIPT,
      });
      await using host = new ExtensionHost({ storageRoot: `${directory.path}/storage` });
      const extension = await host.load(`${directory.path}/extension`, {
        grants: { sqlite: true },
        ...tier === "quickjs" ? {} : { isolation: tier },
      });
      const patient = { timeoutMs: 10_000 };
      await extension.call("prepare", null, patient);
      const start = performance.now();
      const error = await extension.call("endless", null, { timeoutMs: 400 }).catch((error) =>
        error
      );
      assert(performance.now() - start < 400 + STOP_MS);
      assertInstanceOf(error, ExtensionError);
      assert(["timeout", "guest-error"].includes(error.code), error.code);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await assertIdle(0.3);
      assertEquals(await extension.call("count", null, patient), [[2_000]]);
    });
  }
});
