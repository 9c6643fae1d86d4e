/** What Pulp guests import: files, a database and HTTP, with every code, in every language. @module */

import { assert, assertEquals } from "@std/assert";
import type { LoadOptions } from "../../mod.ts";
import { Float, packMsgpack, unpackMsgpack } from "../../runtime/wasm/abi/pulp_msgpack.ts";
import { loadProbe, makeStorage, type Probe, PROBES } from "../runtime/wasm/pulp_guests.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const utf8 = (value: string) => new TextEncoder().encode(value);

/** A server that says what it was asked. */
function serveEcho(): { readonly url: string } & AsyncDisposable {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/large") return new Response(new Uint8Array(300_000));
    const body = await request.text();
    const said = `${request.method} ${request.headers.get("x-trace") ?? ""} ${body}`;
    return new Response(said, {
      status: 201,
      headers: [["x-trace-id", "1"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]],
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

for (const [language, directory] of Object.entries(PROBES)) {
  const test = (
    does: string,
    options: LoadOptions,
    run: (probe: Probe) => Promise<void>,
  ) =>
    Deno.test(`pulp ${language}: ${does}`, async () => {
      await using storage = await makeStorage();
      await using probe = await loadProbe(directory, {
        limits: { timeoutMs: 10_000 },
        ...options,
      }, { storageRoot: storage.path });
      await run(probe);
    });

  test("files are written, read and removed", { grants: { fs: true } }, async (probe) => {
    assertEquals((await probe.ask("fs_write", "a/b.txt", utf8("one"))).code, 0);
    assertEquals((await probe.ask("fs_write", "a/b.txt", utf8("2"))).code, 0);
    const read = await probe.ask("fs_read", "a/b.txt");
    assertEquals([read.code, text(read.bytes)], [0, "2"]);
    assertEquals((await probe.ask("fs_write", "empty")).code, 0);
    assertEquals(await probe.ask("fs_read", "empty"), { code: 0, bytes: new Uint8Array(0) });
    const large = new Uint8Array(200_000).fill(7);
    assertEquals((await probe.ask("fs_write", "large", large)).code, 0);
    assertEquals((await probe.ask("fs_read", "large")).bytes, large);
    assertEquals((await probe.ask("fs_delete", "a/b.txt")).code, 0);
    assertEquals((await probe.ask("fs_delete", "a/b.txt")).code, 6);
    assertEquals((await probe.ask("fs_read", "a/b.txt")).code, 6);
  });

  test("a path that leaves its directory is none", { grants: { fs: true } }, async (probe) => {
    for (const path of ["/etc/passwd", "..", "a/../b", "\\a", "a\0b", "../x"]) {
      for (const name of ["fs_read", "fs_write", "fs_delete"] as const) {
        assertEquals((await probe.ask(name, path)).code, 4, `${name} ${path}`);
      }
    }
    assertEquals((await probe.ask("fs_read", "")).code, 1);
    assertEquals((await probe.ask("fs_read", Uint8Array.of(0xff))).code, 3);
    // what the storage itself does not take
    assertEquals((await probe.ask("fs_write", "con", utf8("x"))).code, 5);
    assertEquals((await probe.ask("fs_write", "a:b", utf8("x"))).code, 5);
    assertEquals((await probe.ask("fs_write", "data.db", utf8("x"))).code, 5);
  });

  test("files outside its grant fail", { grants: { fs: { read: ["in/"] } } }, async (probe) => {
    assertEquals((await probe.ask("fs_read", "in/a")).code, 6);
    assertEquals((await probe.ask("fs_read", "out/a")).code, 5);
    assertEquals((await probe.ask("fs_write", "in/a", utf8("x"))).code, 5);
  });

  test("SQL keeps integers and floats apart", { grants: { sqlite: true } }, async (probe) => {
    const made = "CREATE TABLE t (id INTEGER PRIMARY KEY, i, r, s, b, n)";
    assertEquals((await probe.sql("sqlite_exec", made))[0], 0);
    const inserted = await probe.ask(
      "sqlite_exec",
      "INSERT INTO t (i, r, s, b, n) VALUES (?, ?, ?, ?, ?)",
      packMsgpack([9007199254740993n, new Float(1), "ü", Uint8Array.of(0, 255), null]),
    );
    // int64 always, whatever the number
    const int64 = (n: number) => [0xd3, 0, 0, 0, 0, 0, 0, 0, n];
    assertEquals(
      [...inserted.bytes],
      [0x82, 0xad, ...utf8("rows_affected"), ...int64(1)].concat([
        0xae,
        ...utf8("last_insert_id"),
        ...int64(1),
      ]),
    );
    const { code, bytes } = await probe.ask("sqlite_query", "SELECT * FROM t");
    assertEquals(code, 0);
    const answer = unpackMsgpack(bytes) as ReadonlyMap<string, unknown>;
    assertEquals(answer.get("columns"), ["id", "i", "r", "s", "b", "n"]);
    assertEquals(answer.get("rows"), [
      [1, 9007199254740993n, new Float(1), "ü", Uint8Array.of(0, 255), null],
    ]);
    const [, types] = await probe.sql("sqlite_query", "SELECT typeof(i), typeof(r) FROM t");
    assertEquals((types as ReadonlyMap<string, unknown>).get("rows"), [["integer", "real"]]);
    const [, floats] = await probe.sql("sqlite_query", "SELECT ?, ? + 0.5", [1.5, 2]);
    assertEquals((floats as ReadonlyMap<string, unknown>).get("rows"), [
      [new Float(1.5), new Float(2.5)],
    ]);
  });

  test(
    "SQL without rows, and a transaction over calls",
    { grants: { sqlite: true } },
    async (probe) => {
      await probe.sql("sqlite_exec", "CREATE TABLE t (x)");
      const [code, none] = await probe.sql("sqlite_query", "SELECT x FROM t");
      assertEquals([code, [...none as ReadonlyMap<string, unknown>]], [0, [["columns", ["x"]], [
        "rows",
        null,
      ]]]);
      await probe.sql("sqlite_exec", "BEGIN");
      await probe.sql("sqlite_exec", "INSERT INTO t VALUES (1)");
      await probe.sql("sqlite_exec", "ROLLBACK");
      const [, after] = await probe.sql("sqlite_query", "SELECT count(*) AS n FROM t");
      assertEquals((after as ReadonlyMap<string, unknown>).get("rows"), [[0]]);
    },
  );

  test("SQL that is wrong has its code", { grants: { sqlite: true } }, async (probe) => {
    assertEquals((await probe.ask("sqlite_query", "")).code, 1);
    assertEquals((await probe.ask("sqlite_query", Uint8Array.of(0xc0, 0x80))).code, 3);
    assertEquals((await probe.ask("sqlite_query", "SELECT ?", Uint8Array.of(0xc1))).code, 3);
    assertEquals((await probe.ask("sqlite_query", "SELECT ?", packMsgpack({ a: 1 }))).code, 3);
    assertEquals((await probe.ask("sqlite_query", "SELECT ?", packMsgpack([[1]]))).code, 3);
    assertEquals(
      (await probe.ask("sqlite_query", "SELECT ?", packMsgpack([2n ** 63n - 1n]))).code,
      0,
    );
    for (const sql of ["nonsense", " ", "SELECT * FROM missing", "SELECT ?", "ATTACH 'x' AS y"]) {
      assertEquals((await probe.ask("sqlite_exec", sql)).code, 5, sql);
    }
  });

  Deno.test(`pulp ${language}: it fetches, and hears in codes what went wrong`, async () => {
    await using server = serveEcho();
    const { host } = new URL(server.url);
    await using probe = await loadProbe(directory, {
      grants: { net: { hosts: [host] } },
      limits: { timeoutMs: 10_000, payloadBytes: 200_000 },
    });
    const fetched = await probe.send("http_fetch", {
      method: "POST",
      url: `${server.url}/a`,
      headers: { "X-Trace": "t", Host: "dropped" },
      body: utf8("hello"),
    });
    assertEquals(fetched.code, 0);
    const answer = unpackMsgpack(fetched.bytes) as ReadonlyMap<string, unknown>;
    assertEquals([...answer.keys()], ["id", "status", "headers", "body"]);
    assertEquals([answer.get("id"), answer.get("status")], [0, 201]);
    assertEquals(text(answer.get("body") as Uint8Array), "POST t hello");
    const headers = answer.get("headers") as ReadonlyMap<string, unknown>;
    assertEquals([headers.get("X-Trace-Id"), headers.get("Set-Cookie")], ["1", "a=1"]);

    const plain = await probe.send("http_fetch", { url: server.url });
    const said = unpackMsgpack(plain.bytes) as ReadonlyMap<string, unknown>;
    assertEquals(text(said.get("body") as Uint8Array), "GET  ");
    assertEquals((await probe.send("http_fetch", { url: "http://127.0.0.1:1/" })).code, 4);
    assertEquals((await probe.send("http_fetch", { url: "nonsense" })).code, 4);
    assertEquals((await probe.send("http_fetch", {})).code, 4);
    assertEquals((await probe.send("http_fetch", { url: `${server.url}/large` })).code, 5);
    assertEquals((await probe.ask("http_fetch", "")).code, 1);
    assertEquals((await probe.send("http_fetch", [1])).code, 3);
    assertEquals((await probe.send("http_fetch", { url: 1 })).code, 3);
  });

  test(
    "bad pointers are codes, not the end",
    { grants: { fs: true, sqlite: true } },
    async (probe) => {
      const far = 0xffff_fff0;
      assertEquals(await probe.raw("fs_read", far, 1, 8, 8), 2);
      assertEquals(await probe.raw("fs_read", 8, far, 8, 8), 2);
      assertEquals(await probe.raw("fs_read", far, 0, 8, 8), 1);
      assertEquals(await probe.raw("sqlite_exec", far, 4, 0, 0, 8, 8), 2);
      // where its answer is to go
      await probe.ask("fs_write", "a", utf8("content"));
      const read = await probe.ask("fs_read", "a");
      assertEquals(read.code, 0);
      assertEquals(probe.extension.stats().restarts, 0);
      assert(probe.extension.memorySize > 0);
    },
  );
}
