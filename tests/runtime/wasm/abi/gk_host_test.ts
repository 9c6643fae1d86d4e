/** The host calls of GoatKit plugins: the shape of every answer, by capabilities and by an embedder. @module */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  CapabilityRegistry,
  defineCapability,
  ExtensionError,
  goatHost,
  type HostFunctionContext,
} from "../../../../mod.ts";
import { temporaryDirectory } from "../../../temporary.ts";
import { serve } from "../apiqube_guests.ts";
import { asker, ISOLATIONS, loadGk } from "../gk_guests.ts";

const base64 = (text: string) => btoa(text);
const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

for (const isolation of ISOLATIONS) {
  Deno.test(`db_query and db_exec are the extension's database (${isolation})`, async () => {
    await using storage = await temporaryDirectory({});
    await using guest = await loadGk(asker(), { isolation, grants: { sqlite: true } }, {
      storageRoot: storage.path,
    });
    const exec = (query: string, args?: unknown) => guest.ask("db_exec", { query, args });
    const query = (query: string, args?: unknown) => guest.ask("db_query", { query, args });
    assertEquals(await exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text, size REAL, raw)"), {
      affected: 0,
    });
    assertEquals(
      await exec("INSERT INTO notes VALUES (1, ?, ?, x'00ff'), (2, ?, NULL, NULL)", [
        "mïlk",
        1.5,
        true,
      ]),
      { affected: 2 },
    );
    assertEquals(await query("SELECT * FROM notes ORDER BY id"), [
      { id: 1, text: "mïlk", size: 1.5, raw: "AP8=" },
      { id: 2, text: 1, size: null, raw: null },
    ]);
    assertEquals(await query("SELECT id FROM notes WHERE id > ?", [7]), null);
    assertEquals(await query('SELECT 1 AS "__proto__", 2 AS "toString"'), [
      JSON.parse('{"__proto__":1,"toString":2}'),
    ]);
    assertEquals(await exec("UPDATE notes SET text = 'x' WHERE id = 1"), { affected: 1 });
    const big = await guest.extension.invoke(
      "db_query",
      JSON.stringify({ query: "SELECT 9007199254740993 AS i, -9223372036854775808, 2.0, 1e400" }),
    );
    assertEquals(
      new TextDecoder().decode(big),
      '[{"i":9007199254740993,"-9223372036854775808":-9223372036854775808,"2.0":2,"1e400":null}]',
    );
    assertEquals(guest.logged(), []);
    for (const wrong of ["SELECT FROM", "", "SELECT 1; SELECT 2"]) {
      assertEquals(await query(wrong), undefined, wrong);
    }
    assertEquals(await query("SELECT ?", [{ a: 1 }]), undefined);
    assertEquals(await query("SELECT ? AS n", [2 ** 53]), undefined);
    assertEquals(await query("SELECT ? AS n", [1e300]), [{ n: 1e300 }]);
    assertEquals(await guest.ask("db_query", { query: 7 }), undefined);
    assertEquals(await guest.ask("db_query", { query: "SELECT 1", args: "x" }), undefined);
    assertEquals(guest.logged().length, 7);
  });
}

for (const isolation of ISOLATIONS) {
  Deno.test(`cache_get, cache_set and cache_delete are the extension's store (${isolation})`, async () => {
    await using guest = await loadGk(asker(), { isolation, grants: { kv: { bytes: 1_000 } } });
    assertEquals(await guest.ask("cache_get", { key: "a" }), { value: null, found: false });
    const value = base64("\0\xff");
    assertEquals(await guest.ask("cache_set", { key: "a", value, ttl: 60 }), { ok: true });
    assertEquals(await guest.ask("cache_get", { key: "a" }), { value: "AP8=", found: true });
    assertEquals(await guest.ask("cache_set", { key: "empty", value: "" }), { ok: true });
    assertEquals(await guest.ask("cache_get", { key: "empty" }), { value: "", found: true });
    assertEquals(await guest.ask("cache_delete", { key: "a" }), { ok: true });
    assertEquals(await guest.ask("cache_delete", { key: "a" }), { ok: true });
    assertEquals(await guest.ask("cache_get", { key: "a" }), { value: null, found: false });
    assertEquals(guest.logged(), []);
    assertEquals(
      await guest.ask("cache_set", { key: "big", value: base64("x".repeat(1_000)) }),
      undefined,
    );
    assertEquals(await guest.ask("cache_set", { key: "a", value: "no base64!" }), undefined);
    assertEquals(await guest.ask("cache_set", { key: "a", value: "YQ", ttl: "1" }), undefined);
    const [quota = "", ...others] = guest.logged();
    assertStringIncludes(quota, "quota");
    assertEquals(others, [
      'error: host_call "cache_set" failed: "value" must be standard base64 with padding',
      'error: host_call "cache_set" failed: "value" must be standard base64 with padding',
    ]);
    // no time at all: JSON that counts seconds expires
    assertEquals(await guest.ask("cache_set", { key: "b", value, ttl: 0.005 }), { ok: true });
    await delay(10);
    assertEquals(await guest.ask("cache_get", { key: "b" }), { value: null, found: false });
  });
}

for (const isolation of ISOLATIONS) {
  Deno.test(`http_request is a request of net, with headers and body (${isolation})`, async () => {
    await using server = serve(async (request) => {
      const text = await request.text();
      const { pathname } = new URL(request.url);
      if (pathname === "/empty") return new Response(null, { status: 204 });
      return new Response(`${request.method} ${request.headers.get("x-trace")} ${text}`, {
        status: 418,
      });
    });
    await using guest = await loadGk(asker(), {
      isolation,
      grants: { net: { hosts: [server.address] } },
    });
    const answer = await guest.ask("http_request", {
      method: "post",
      url: server.url,
      headers: { "X-Trace": "7", "Content-Length": "9999", Host: "elsewhere" },
      body: base64("hello"),
    });
    assertEquals(answer, { status: 418, body: base64("POST 7 hello") });
    assertEquals(await guest.ask("http_request", { url: `${server.url}/empty` }), {
      ...{ status: 204, body: "" },
    });
    assertEquals(guest.logged(), []);
    for (
      const wrong of [
        { url: "http://127.0.0.1:1/" },
        { url: "nonsense" },
        { url: server.url, headers: { a: 1 } },
        { url: server.url, headers: [] },
        { url: server.url, body: "?" },
      ]
    ) assertEquals(await guest.ask("http_request", wrong), undefined);
    const logged = guest.logged();
    assertEquals(logged.length, 5);
    assertStringIncludes(logged[0] ?? "", "it is not granted");
  });
}

for (const isolation of ISOLATIONS) {
  Deno.test(`config_get gives text, translate the plugin's own words in the configured language (${isolation})`, async () => {
    const registration = {
      name: "shop",
      i18n: {
        languages: ["en"],
        translations: { en: { hi: "Hi %s" }, de: { hi: "Hallo %s" } },
      },
    };
    const config = { motto: "be kind", retries: 3, list: [1], on: false, language: "de" };
    await using guest = await loadGk(asker(registration), { isolation, config });
    const found = await Promise.all(
      ["motto", "retries", "list", "on", "missing", "__proto__", "toString"].map((key) =>
        guest.ask("config_get", { key })
      ),
    );
    assertEquals(found, ["be kind", "3", "[1]", "false", "", "", ""].map((value) => ({ value })));
    const phrase = { key: "shop.hi", args: ["Ada"] };
    assertEquals(await guest.ask("translate", phrase), { value: "Hallo Ada" });
    assertEquals(await guest.ask("translate", { key: "unknown.key" }), { value: "unknown.key" });
    assertEquals(guest.logged(), []);
  });
}

for (const isolation of ISOLATIONS) {
  Deno.test(`send_email is refused, or the embedder's own capability (${isolation})`, async () => {
    const sent: unknown[] = [];
    const email = defineCapability({
      name: "email",
      summary: "send e-mail",
      parse: () => ({ ok: true, grant: null }),
      operations: {
        send: {
          params: ["to", "subject", "body", "html"],
          call: (args) => Promise.resolve(void sent.push(args)),
        },
      },
    });
    const letter = { to: "ada@example.org", subject: "Hi", body: "<p>Hi</p>", html: true };
    const capabilities = () => new CapabilityRegistry().gated(email);
    {
      await using guest = await loadGk(asker(), { isolation, grants: { email: true } }, {
        capabilities: capabilities(),
      });
      assertEquals(await guest.ask("send_email", letter), { ok: true });
      assertEquals(await guest.ask("send_email", { ...letter, to: "" }), undefined);
      assertEquals(await guest.ask("send_email", { ...letter, html: "yes" }), undefined);
    }
    {
      await using guest = await loadGk(asker(), { isolation }, { capabilities: capabilities() });
      assertEquals(await guest.ask("send_email", letter), undefined);
      assertStringIncludes(guest.logged()[0] ?? "", "it is not granted");
    }
    await using guest = await loadGk(asker(), { isolation });
    assertEquals(await guest.ask("send_email", letter), undefined);
    assertStringIncludes(guest.logged()[0] ?? "", "there is no such operation");
    assertEquals(sent, [letter]);
  });
}

for (const isolation of ISOLATIONS) {
  Deno.test(`plugin_call reaches other extensions, and never itself or too deep (${isolation})`, async () => {
    await using guest = await loadGk(asker(), {
      isolation,
      grants: { extensions: { names: ["*"] } },
    });
    await guest.host.load(asker({ name: "second" }, { name: "second" }), {
      grants: { extensions: { names: ["*"] } },
    });
    await guest.host.load({ name: "echo.js", bytes: "function say(x) { return x && [x] }" }, {
      runtime: "quickjs",
    });
    const call = (plugin: string, fn: string, args?: unknown) =>
      guest.ask("plugin_call", { plugin, function: fn, args });
    assertEquals(await call("echo", "say", { a: "ü" }), [{ a: "ü" }]);
    assertEquals(await call("second", "translate", { key: "k" }), { value: "k" });
    // no result is 0, and no failure
    assertEquals(await call("echo", "say"), undefined);
    assertEquals(guest.logged(), []);

    const back = { plugin: "asker", function: "translate", args: { key: "k" } };
    assertEquals(await call("second", "plugin_call", back), undefined);
    assertEquals(await call("asker", "translate", { key: "k" }), undefined);
    assertEquals(await call("nobody", "x"), undefined);
    assertEquals(await call("", "x"), undefined);
    const logged = guest.log.map(({ extension, message }) => `${extension}: ${message}`);
    assertEquals(logged.length, 4, logged.join("\n"));
    // whoever called is told apart: the second plugin's failure is in its own name
    assert(logged[0]?.startsWith("second: ") && logged[0].includes("chain"), logged[0]);
    assert(logged[1]?.startsWith("asker: ") && logged[1].includes("chain"), logged[1]);
    assertStringIncludes(logged[2] ?? "", "no extension of that name is loaded");
  });
}

Deno.test("plugin_call through a long chain ends", async () => {
  await using guest = await loadGk(asker({ name: "p" }, { name: "p0" }), {
    grants: { extensions: { names: ["*"] } },
  });
  for (let i = 1; i <= 9; i++) {
    await guest.host.load(asker({ name: "p" }, { name: `p${i}` }), {
      grants: { extensions: { names: ["*"] } },
    });
  }
  let request: unknown = { key: "k" };
  let fn = "translate";
  for (let i = 9; i > 0; i--) {
    request = { plugin: `p${i}`, function: fn, args: request };
    fn = "plugin_call";
  }
  assertEquals(await guest.ask("plugin_call", request), undefined);
  assert(guest.log.some(({ message }) => message.includes("at most 8")), guest.logged().join());
});

for (const isolation of ISOLATIONS) {
  Deno.test(`a GoatHost answers every host call, in the shapes of the convention (${isolation})`, async () => {
    const seen: (readonly [string, unknown])[] = [];
    const contexts: HostFunctionContext[] = [];
    const note = <T>(
      name: string,
      request: unknown,
      answer: T,
    ) => (seen.push([name, request]), answer);
    const hostFunctions = goatHost({
      dbQuery: (statement, context) => {
        contexts.push(context);
        return note("dbQuery", statement, statement.query === "none" ? [] : [{ a: 1 }]);
      },
      dbExec: async (statement) => (await delay(1), note("dbExec", statement, 3)),
      cacheGet: (key) => note("cacheGet", key, key === "a" ? Uint8Array.of(0, 255) : null),
      cacheSet: (entry) => note("cacheSet", entry, undefined),
      cacheDelete: (key) => note("cacheDelete", key, undefined),
      httpRequest: (request) =>
        note("httpRequest", request, { status: 201, body: Uint8Array.of(65) }),
      sendEmail: (email) => note("sendEmail", email, undefined),
      configGet: (key) => note("configGet", key, { deep: true }),
      translate: ({ key }) => note("translate", key, key === "known" ? "text" : undefined),
      pluginCall: (call) =>
        note("pluginCall", call, call.args === undefined ? undefined : [call.args]),
    });
    await using guest = await loadGk(asker(), { isolation, hostFunctions });
    const answers = [
      ["db_query", { query: "q", args: [1, null] }, [{ a: 1 }]],
      ["db_query", { query: "none" }, null],
      ["db_exec", { query: "e" }, { affected: 3 }],
      ["cache_get", { key: "a" }, { value: "AP8=", found: true }],
      ["cache_get", { key: "b" }, { value: null, found: false }],
      ["cache_set", { key: "a", value: "AP8=", ttl: 5 }, { ok: true }],
      ["cache_delete", { key: "a" }, { ok: true }],
      ["http_request", { url: "u", body: "AP8=" }, { status: 201, body: "QQ==" }],
      ["send_email", { to: "t" }, { ok: true }],
      ["config_get", { key: "c" }, { value: '{"deep":true}' }],
      ["translate", { key: "known" }, { value: "text" }],
      ["translate", { key: "unknown" }, { value: "unknown" }],
      ["plugin_call", { plugin: "p", function: "f", args: 7 }, [7]],
      ["plugin_call", { plugin: "p", function: "f" }, undefined],
    ] as const;
    for (const [name, args, expected] of answers) {
      assertEquals(await guest.ask(name, args), expected as unknown, name);
    }
    assertEquals(guest.logged(), []);
    assertEquals(seen[0], ["dbQuery", { query: "q", args: [1, null] }]);
    assertEquals(seen[5], ["cacheSet", { key: "a", value: Uint8Array.of(0, 255), ttl: 5 }]);
    assertEquals(seen[7], ["httpRequest", {
      ...{ method: "GET", url: "u", headers: {}, body: Uint8Array.of(0, 255) },
    }]);
    assertEquals(seen[8], ["sendEmail", { to: "t", subject: "", body: "", html: false }]);
    assertEquals([contexts[0]?.extension, contexts[0]?.operation], ["asker", "db_query"]);
  });
}

Deno.test("a GoatHost may be an object with methods, and fail", async () => {
  class Host {
    readonly #prefix = "own ";
    configGet(key: string) {
      return this.#prefix + key;
    }
    dbQuery(): never {
      throw new RangeError("the table is gone");
    }
    dbExec(): Promise<number> {
      return Promise.reject("plain words");
    }
  }
  const host = new Host();
  await using guest = await loadGk(asker(), {
    hostFunctions: goatHost({
      configGet: (key) => host.configGet(key),
      dbQuery: () => host.dbQuery(),
      dbExec: () => host.dbExec(),
    }),
  });
  assertEquals(await guest.ask("config_get", { key: "a" }), { value: "own a" });
  assertEquals(await guest.ask("db_query", {}), undefined);
  assertEquals(await guest.ask("db_exec", {}), undefined);
  assertEquals(await guest.ask("config_get", "no object"), undefined);
  assertEquals(guest.logged(), [
    'error: host_call "db_query" failed: the table is gone',
    'error: host_call "db_exec" failed: plain words',
    'error: host_call "config_get" failed: its arguments must be an object',
  ]);
  assertEquals(guest.extension.stats().restarts, 0);
  assertThrows(() => goatHost({ dbQuery: 7 as never }), TypeError, "dbQuery");
});

Deno.test("an embedder's other host functions answer host calls by their name", async () => {
  await using guest = await loadGk(asker(), {
    hostFunctions: { ticket_count: () => '{"count":7}', db_query: () => "[]" },
  });
  assertEquals(await guest.ask("ticket_count"), { count: 7 });
  assertEquals(await guest.ask("db_query", { query: "SELECT 1" }), []);
  const takeBack = guest.extension.registerHostFunction("later", () => '"now"');
  assertEquals(await guest.ask("later"), "now");
  takeBack();
  assertEquals(await guest.ask("later"), undefined);
  // one that waits works from the next call on, in the same instance
  const wait = async (payload: Uint8Array) => (await delay(1), payload);
  const takeAway = guest.extension.registerHostFunction("wait", wait);
  assertEquals(await Promise.all([1, 2, 3].map((n) => guest.ask("wait", n))), [1, 2, 3]);
  takeAway();
  const answer = guest.extension.invokeSync("ticket_count");
  assertEquals(new TextDecoder().decode(answer), '{"count":7}');
  assertEquals(guest.extension.stats().restarts, 0);
});

for (const isolation of ISOLATIONS) {
  Deno.test(`host calls of one call count, and their end does not end the plugin (${isolation})`, async () => {
    await using guest = await loadGk(asker(), {
      isolation,
      grants: { kv: true },
      limits: { operations: 50 },
    });
    const error = await assertRejects(
      () => guest.extension.invoke("again", "{}", { timeoutMs: 200 }),
      ExtensionError,
    );
    assertEquals(error.code, "timeout");
    const operations = guest.audit.filter(({ operation, outcome }) =>
      operation === "get" && outcome === "allowed"
    );
    assertEquals(operations.length, 50);
    assertEquals(await guest.ask("cache_get", { key: "a" }), { value: null, found: false });
  });
}

Deno.test("a call that cannot wait is refused where a host call may have to", async () => {
  await using guest = await loadGk(asker(), { grants: { net: { hosts: ["127.0.0.1:9"] } } });
  const error = assertThrows(() => guest.extension.invokeSync("translate", "{}"), ExtensionError);
  assertEquals(error.code, "needs-async");
  guest.extension.grants.revoke("net");
  const answer = guest.extension.invokeSync("translate", '{"key":"k"}');
  assertEquals(new TextDecoder().decode(answer), '{"value":"k"}');
});
