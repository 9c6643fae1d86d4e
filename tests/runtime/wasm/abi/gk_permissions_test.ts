/** Permissions of GoatKit plugins: what they ask for, and attackers that use what they did not name. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { CapabilityError, goatHost, type GrantOptions } from "../../../../mod.ts";
import { temporaryDirectory } from "../../../temporary.ts";
import { serve } from "../apiqube_guests.ts";
import { asker, ISOLATIONS, loadGk } from "../gk_guests.ts";

const plugin = (...permissions: string[]) => asker({ name: "p", permissions });

/** Every guarded call, with arguments that would do something. */
const CALLS = {
  db_query: { query: "SELECT 1 AS one" },
  db_exec: { query: "CREATE TABLE IF NOT EXISTS t (a)" },
  cache_get: { key: "a" },
  cache_set: { key: "a", value: "YQ==" },
  cache_delete: { key: "a" },
  plugin_call: { plugin: "other", function: "translate", args: { key: "k" } },
} as const;

Deno.test("a permission of the host is a required ask, and its own name is data", async () => {
  const denied: { readonly [permission: string]: string } = {
    ...{ "db:read": "sqlite", "db:write": "sqlite", "http:external": "net", "cache:read": "kv" },
    ...{ "kv:write": "kv", "cache:anything": "kv", "plugins:call": "extensions" },
  };
  for (const [permission, capability] of Object.entries(denied)) {
    const error = await assertRejects(() => loadGk(plugin("p.view", permission)), CapabilityError);
    assertEquals([error.code, error.capability], ["denied", capability], permission);
  }
  const names = ["log", "events:emit", "p.view", "db", "db:", "DB:READ", "cache:", "__proto__", ""];
  for (const permission of names) {
    await using guest = await loadGk(plugin(permission));
    const { permissions } = await guest.extension.as("gk").registration();
    assertEquals(permissions, [permission]);
  }
});

const EVERYTHING: GrantOptions = {
  ...{ sqlite: true, kv: true, extensions: { names: ["*"] }, net: { hosts: ["*"] } },
};

for (const isolation of ISOLATIONS) {
  Deno.test(`a plugin that names permissions has those and no others, whatever is granted (${isolation})`, async () => {
    await using storage = await temporaryDirectory({});
    let reached = 0;
    await using server = serve(() => new Response(`${++reached}`));
    const calls = { ...CALLS, http_request: { url: server.url } };
    const grants = { ...EVERYTHING, net: { hosts: [server.address] } };
    const allowed: { readonly [permission: string]: readonly string[] } = {
      "db:read": ["db_query"],
      "db:write": ["db_exec"],
      "cache:read": ["cache_get"],
      "kv:write": ["cache_set", "cache_delete"],
      "kv:*": ["cache_get", "cache_set", "cache_delete"],
      "http:external": ["http_request"],
      "plugins:call": ["plugin_call"],
      "log": [],
      "events:emit": [],
    };
    for (const [permission, names] of Object.entries(allowed)) {
      await using guest = await loadGk(plugin(permission, "p.admin"), { isolation, grants }, {
        storageRoot: storage.path,
      });
      await guest.host.load(asker({ name: "o" }, { name: "other" }));
      for (const [name, args] of Object.entries(calls)) {
        const answer = await guest.ask(name, args);
        assertEquals(answer !== undefined, names.includes(name), `${permission}: ${name}`);
      }
      const refused = Object.keys(calls).filter((name) => !names.includes(name));
      assertEquals(
        guest.logged(),
        refused.map((name) =>
          `error: host_call "${name}" failed: none of its permissions allows that`
        ),
      );
      // what needs no permission is there all the same
      assertEquals(await guest.ask("translate", { key: "k" }), { value: "k" });
    }
    assertEquals(reached, 1);
  });
}

Deno.test("a plugin that names none has what its operator grants, and nothing else", async () => {
  await using storage = await temporaryDirectory({});
  await using guest = await loadGk(plugin("p.view"), { grants: { kv: true } }, {
    storageRoot: storage.path,
  });
  for (const [name, args] of Object.entries({ ...CALLS, http_request: { url: "http://x/" } })) {
    assertEquals(await guest.ask(name, args) !== undefined, name.startsWith("cache_"), name);
  }
});

Deno.test("a plugin that may only read a database changes nothing in it", async () => {
  await using storage = await temporaryDirectory({});
  await using guest = await loadGk(plugin("db:read"), { grants: { sqlite: true } }, {
    storageRoot: storage.path,
  });
  const attacks = [
    ...["CREATE TABLE u (a)", "PRAGMA user_version = 7", "BEGIN IMMEDIATE", "SAVEPOINT s"],
    ...["CREATE TEMP TABLE u (a)", "ANALYZE", "VACUUM", "ATTACH ':memory:' AS m"],
    ...["CREATE VIEW v AS SELECT 1", "/* SELECT */ CREATE TABLE u (a)"],
    ...["WITH x AS (SELECT 1) INSERT INTO sqlite_schema SELECT * FROM x RETURNING *"],
  ];
  for (const query of attacks) {
    assertEquals(await guest.ask("db_query", { query }), undefined, query);
    assertEquals(await guest.ask("db_exec", { query }), undefined, query);
  }
  assertEquals(await guest.ask("db_query", { query: "PRAGMA user_version" }), [
    { user_version: 0 },
  ]);
  assertEquals(await guest.ask("db_query", { query: "SELECT count(*) AS n FROM sqlite_schema" }), [
    { n: 0 },
  ]);
});

Deno.test("a plugin that may only read does not change rows of a table that is there", async () => {
  await using storage = await temporaryDirectory({});
  const manifest = {
    ...{ name: "p", runtime: "wasm", module: "p.wasm", abi: "gk", capabilities: ["sqlite"] },
  };
  await storage.write({
    "ext/p/extension.json": manifest,
    "ext/p/p.wasm": plugin("db:read", "db:write").bytes,
  });
  const hostOptions = {
    storageRoot: `${storage.path}/data`,
    grants: { "p/": { sqlite: true as const } },
  };
  const load = async () => {
    const guest = await loadGk(asker(), {}, hostOptions);
    const found = await guest.host.loadDir(`${storage.path}/ext`);
    const extension = found.get("p");
    assert(extension, found.failures.map(({ error }) => String(error)).join());
    const ask = async (fn: string, query: string) => {
      const text = new TextDecoder().decode(await extension.invoke(fn, JSON.stringify({ query })));
      return text === "" ? undefined : JSON.parse(text);
    };
    return { guest, ask };
  };
  {
    const { guest, ask } = await load();
    await using _ = guest;
    await ask("db_exec", "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    // with both it may change rows by its query, too
    assertEquals(await ask("db_query", "INSERT INTO t VALUES (2) RETURNING a"), [{ a: 2 }]);
  }
  await storage.write({ "ext/p/p.wasm": plugin("db:read").bytes });
  const { guest, ask } = await load();
  await using _ = guest;
  const attacks = [
    ...["DELETE FROM t", "UPDATE t SET a = 9", "INSERT INTO t VALUES (3) RETURNING a"],
    ...["DROP TABLE t", "DELETE FROM t RETURNING a", "ALTER TABLE t ADD COLUMN b"],
    ...["CREATE INDEX i ON t (a)", "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END"],
    "REPLACE INTO t VALUES (4)",
    "INSERT INTO t SELECT a FROM t",
  ];
  for (const query of attacks) assertEquals(await ask("db_query", query), undefined, query);
  assertEquals(await ask("db_query", "SELECT a FROM t"), [{ a: 1 }, { a: 2 }]);
});

Deno.test("what a GoatHost answers needs no grant, and no other plugin's permission", async () => {
  let asked = 0;
  const hostFunctions = goatHost({ dbQuery: () => (asked++, [{ a: 1 }]), cacheGet: () => null });
  {
    await using guest = await loadGk(plugin("db:read", "cache:read"), { hostFunctions });
    assertEquals(await guest.ask("db_query", {}), [{ a: 1 }]);
    assertEquals(await guest.ask("db_exec", {}), undefined);
    assertEquals(guest.audit.filter(({ operation }) => operation === ""), []);
  }
  {
    await using guest = await loadGk(plugin("cache:read"), { hostFunctions });
    assertEquals(await guest.ask("db_query", {}), undefined);
    assertEquals(await guest.ask("cache_get", {}), { value: null, found: false });
  }
  assertEquals(asked, 1);
  // what it does not answer is asked for as ever
  const load = () => loadGk(plugin("db:read", "db:write", "cache:write"), { hostFunctions });
  const error = await assertRejects(load, CapabilityError);
  assertEquals(error.code, "denied");
});

Deno.test("a plugin cannot name more permissions once its grants are decided", async () => {
  // it registers with what its memory holds, and its memory tells how often: the second time more
  const registration = JSON.stringify({ name: "p", permissions: ["log"] });
  const greedy = asker(registration, {
    changes: [[
      "(call $log (i32.const 3) (i32.const 1040) (i32.const 23))",
      // the clock of the describing instance is another one than that of the real one
      `(if (i64.ne (call $now) (i64.const 0)) (then
         (i32.store8 (i32.const ${4096 + registration.indexOf('"log"') + 1}) (i32.const 0x62))))`,
    ], [
      '(import "gk" "log" (func $log (param i32 i32 i32)))',
      '(import "gk" "log" (func $log (param i32 i32 i32)))' +
      '(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))',
    ], [
      "(global $top (mut i32) (i32.const 65536))",
      "(global $top (mut i32) (i32.const 65536))" +
      "(func $now (result i64) (drop (call $random (i32.const 64) (i32.const 1)))" +
      " (i64.extend_i32_u (i32.and (i32.load8_u (i32.const 64)) (i32.const 1))))",
    ]],
  });
  let calls = 0;
  const random = (bytes: Uint8Array) => void bytes.fill(calls++);
  const error = await assertRejects(() => loadGk(greedy, { random }));
  assert(error instanceof Error && error.message.includes("other permissions"), String(error));
});
