/** GoatKit plugins served for real: routes, their arguments and results, middleware, many clients, and their end. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Extension,
  goatHost,
  type HostOptions,
  type LoadOptions,
  type Served,
} from "../../../mod.ts";
import { asker, type Loaded, loadGk, NOTES } from "../wasm/gk_guests.ts";

interface ServedGk extends AsyncDisposable {
  readonly guest: Loaded;
  readonly served: Served;
  /** Status, type and body of a request. */
  ask(path: string, init?: RequestInit): Promise<readonly [number, string, string]>;
}

async function serve(
  target: Parameters<typeof loadGk>[0],
  options: LoadOptions = {},
  hostOptions: HostOptions = {},
): Promise<ServedGk> {
  const guest = await loadGk(
    target,
    { ...options, grants: { "http.serve": true, ...options.grants as object } },
    hostOptions,
  );
  const served = await guest.host.serve({ port: 0 });
  return {
    guest,
    served,
    async ask(path, init) {
      const response = await fetch(new URL(path, served.url), init);
      const type = response.headers.get("content-type") ?? "";
      return [response.status, type, await response.text()];
    },
    [Symbol.asyncDispose]: () => guest.host.close(),
  };
}

const JSON_TYPE = "application/json; charset=utf-8";

/** A plugin whose routes are the host calls of their handlers: what they are called with comes back. */
const ROUTES = {
  name: "p",
  routes: [
    { method: "GET", path: "/echo/:id", handler: "echo" },
    { method: "post", path: "/echo/:id", handler: "echo" },
    { method: "GET", path: "/auth", handler: "echo", middleware: ["auth"] },
    { method: "GET", path: "/admin", handler: "echo", middleware: ["auth", "admin"] },
    { method: "GET", path: "/html", handler: "html" },
    { method: "GET", path: "/nothing", handler: "nothing" },
    { method: "GET", path: "/text", handler: "text" },
    { method: "GET", path: "/trap", handler: "trap" },
    { method: "GET", path: "/slow", handler: "slow" },
  ],
};
const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const HOST: LoadOptions = {
  hostFunctions: {
    echo: (payload) => payload,
    html: () => '{"html":"<p>ü</p>","status":404}',
    nothing: () => "",
    text: () => "no JSON",
    slow: async () => (await delay(100), '"slow"'),
  },
};

Deno.test("a plugin in Go serves its routes", async () => {
  await using site = await serve(NOTES, { grants: { kv: true } });
  const post = (body: unknown) => ({ method: "POST", body: JSON.stringify(body) });
  assertEquals(await site.ask("/notes"), [200, JSON_TYPE, '{"notes":[]}']);
  const added = await site.ask("/notes", post({ text: "<milk>" }));
  assertEquals([added[0], JSON.parse(added[2])], [200, { id: 1, text: "<milk>", done: false }]);
  assertEquals(await site.ask("/notes/1/page"), [
    ...[200, "text/html; charset=utf-8", "<h1>&lt;milk&gt;</h1>"] as const,
  ]);
  assertEquals(await site.ask("/notes/7"), [200, JSON_TYPE, '{"error":"notes:not_found"}']);
  assertEquals(await site.ask("/notes", { method: "DELETE" }), [
    ...[403, JSON_TYPE, '{"error":"refused"}'] as const,
  ]);
  assertEquals((await site.ask("/elsewhere"))[0], 404);
  const [status] = site.served.status();
  assertEquals([status?.driver, status?.state, status?.routes.length], ["gk", "running", 6]);
});

Deno.test("a route's arguments are path, query and JSON body, and nothing replaces the path's", async () => {
  await using site = await serve(asker(ROUTES), HOST);
  const args = async (path: string, init?: RequestInit) => {
    const [status, , body] = await site.ask(path, init);
    assertEquals(status, 200, body);
    return JSON.parse(body);
  };
  assertEquals(await args("/echo/a%20b"), { id: "a b", _method: "GET", _path: "/echo/a b" });
  assertEquals(await args("/echo/1?x=1&y=2&y=3&y=&x%20=ü"), {
    ...{ id: "1", x: "1", y: ["2", "3", ""], "x ": "ü", _method: "GET", _path: "/echo/1" },
  });
  const post = (body: BodyInit, type = "application/json") => ({
    ...{ method: "POST", body, headers: { "content-type": type } },
  });
  assertEquals(await args("/echo/1?q=1", post('{"a":{"b":[1]},"q":"body"}')), {
    ...{ a: { b: [1] }, q: "1", id: "1", _method: "POST", _path: "/echo/1" },
  });
  const forged = '{"id":"2","_method":"GET","_path":"/admin"}';
  assertEquals(await args("/echo/1?id=3&_path=/admin", post(forged)), {
    ...{ id: "1", _method: "POST", _path: "/echo/1" },
  });
  for (const body of ["[1]", '"text"', "7", "null", ""]) {
    assertEquals(Object.keys(await args("/echo/1", post(body))), ["id", "_method", "_path"], body);
  }
  assertEquals(
    Object.keys(await args("/echo/1", post("a=1", "application/x-www-form-urlencoded"))),
    [
      ...["id", "_method", "_path"],
    ],
  );
  const proto = await args(
    "/echo/1?__proto__=q",
    post('{"__proto__":{"polluted":1},"constructor":1}'),
  );
  assertEquals(Object.entries(proto).slice(0, 2), [["__proto__", "q"], ["constructor", 1]]);
  assertEquals(({} as { polluted?: unknown }).polluted, undefined);
  assertEquals(await site.ask("/echo/1", post('{"a":')), [
    ...[400, JSON_TYPE, '{"error":"the body is no JSON"}'] as const,
  ]);
});

Deno.test("a result is a page, JSON or nothing; an error is 500 with its words", async () => {
  await using site = await serve(asker(ROUTES), HOST);
  assertEquals(await site.ask("/html"), [200, "text/html; charset=utf-8", "<p>ü</p>"]);
  assertEquals(await site.ask("/nothing"), [200, JSON_TYPE, "null"]);
  const [status, type, body] = await site.ask("/text");
  assertEquals([status, type], [500, JSON_TYPE]);
  assertEquals(JSON.parse(body), { error: "the plugin's result is no JSON" });
  const trapped = await site.ask("/trap");
  assertEquals(trapped[0], 500);
  assertStringIncludes(JSON.parse(trapped[2]).error, "it trapped");
  assertEquals((await site.ask("/nothing"))[0], 200);
  assertEquals(site.guest.extension.stats().restarts, 1);
  assert(site.guest.logged().some((line) => line.startsWith("warn: GET /text: ")));
});

Deno.test("middleware is the embedder's word for each name, and no without one", async () => {
  const asked: string[] = [];
  let hang = Promise.withResolvers<boolean>();
  const hosts: HostOptions = {
    serving: {
      limits: { requestMs: 1_500 },
      middleware: (name, { path, query }, extension) => {
        asked.push(`${extension} ${name} ${path}`);
        const wish = query.find(([key]) => key === name)?.[1];
        if (wish === "throws") throw new TypeError("no");
        if (wish === "hangs") return hang.promise;
        return wish === "yes";
      },
    },
  };
  await using site = await serve(asker(ROUTES), HOST, hosts);
  const status = async (path: string) => (await site.ask(path))[0];
  assertEquals(await status("/auth"), 403);
  assertEquals(await status("/auth?auth=yes"), 200);
  assertEquals(await status("/auth?auth=throws"), 403);
  assertEquals(await status("/admin?auth=yes"), 403);
  assertEquals(await status("/admin?admin=yes"), 403);
  assertEquals(await status("/admin?auth=yes&admin=yes"), 200);
  // asked in their order, the later ones only where the earlier ones let it pass
  assertEquals(asked.slice(3), [
    ...["asker auth /admin", "asker admin /admin", "asker auth /admin"],
    ...["asker auth /admin", "asker admin /admin"],
  ]);
  // a check that never ends holds nobody else up
  const hung = status("/auth?auth=hangs");
  assertEquals(await status("/echo/1"), 200);
  assertEquals(await hung, 504);
  hang.resolve(true);
  hang = Promise.withResolvers();
  await using bare = await serve(asker(ROUTES), HOST);
  assertEquals((await bare.ask("/auth?auth=yes"))[0], 403);
});

Deno.test("1,000 concurrent requests lose none, at once or suspended", async () => {
  const later = { hostFunctions: goatHost({ configGet: async (key) => (await delay(0), key) }) };
  const routes = [{ method: "GET", path: "/n/:key", handler: "config_get" }];
  for (const [options, expected] of [[{}, ""], [later, undefined]] as const) {
    await using site = await serve(asker({ name: "p", routes }), options);
    const answers = await Promise.all(Array.from({ length: 1_000 }, async (_, n) => {
      const [status, , body] = await site.ask(`/n/k${n}`);
      return `${status} ${body}`;
    }));
    assertEquals(
      answers,
      Array.from({ length: 1_000 }, (_, n) => `200 {"value":"${expected ?? `k${n}`}"}`),
    );
    assertEquals(site.served.status()[0]?.requests, 1_000);
    await site.served.close();
  }
});

Deno.test("a plugin that hangs, traps or floods does not stop the others", async () => {
  const routes = (name: string) => [
    { method: "GET", path: `/${name}/loop`, handler: "loop" },
    { method: "GET", path: `/${name}/trap`, handler: "trap" },
    { method: "GET", path: `/${name}/wait`, handler: "wait" },
    { method: "GET", path: `/${name}/flood`, handler: "again" },
    { method: "GET", path: `/${name}/ok`, handler: "translate" },
  ];
  const bad = asker({ name: "bad", routes: routes("bad") }, { name: "bad" });
  const wait = () => new Promise<string>(() => {});
  await using site = await serve(bad, {
    limits: { timeoutMs: 300 },
    hostFunctions: goatHost({ cacheGet: () => Promise.resolve(null) }),
  });
  const stuck = site.guest.extension.registerHostFunction("wait", wait, { async: true });
  await site.guest.host.load(asker({ name: "good", routes: routes("good") }, { name: "good" }), {
    grants: { "http.serve": true },
  });
  const good = async () => (await site.ask("/good/ok"))[0];
  for (const what of ["wait", "flood", "loop"]) {
    const broken = site.ask(`/bad/${what}`);
    const start = performance.now();
    assertEquals(await good(), 200);
    // waiting takes nobody's time; what runs takes its own and no more
    assert(performance.now() - start < (what === "wait" ? 250 : 1_000), what);
    assertEquals((await broken)[0], 500, what);
  }
  // three broken instances within ten seconds: it stays down, and says so
  assertEquals((await site.ask("/bad/ok"))[0], 500);
  assertEquals(await good(), 200);
  const states = site.served.status().map(({ name, state }) => [name, state]);
  assertEquals(states, [["bad", "failed"], ["good", "running"]]);
  stuck();
});

Deno.test("a plugin that loops off the host's thread takes nobody's time", async () => {
  const routes = (name: string) => [
    { method: "GET", path: `/${name}/loop`, handler: "loop" },
    { method: "GET", path: `/${name}/ok`, handler: "translate" },
  ];
  const bad = asker({ name: "bad", routes: routes("bad") }, { name: "bad" });
  await using site = await serve(bad, { isolation: "worker", limits: { timeoutMs: 1_500 } });
  await site.guest.host.load(asker({ name: "good", routes: routes("good") }, { name: "good" }), {
    grants: { "http.serve": true },
  });
  assertEquals((await site.ask("/bad/ok"))[0], 200);
  const looping = site.ask("/bad/loop");
  await until(() => site.guest.extension.stats().active > 0);
  const start = performance.now();
  for (let i = 0; i < 20; i++) assertEquals((await site.ask("/good/ok"))[0], 200);
  assert(performance.now() - start < 1_000);
  assertEquals(site.guest.extension.stats().active, 1);
  assertEquals((await looping)[0], 500);
  assertEquals((await site.ask("/bad/ok"))[0], 200);
});

Deno.test("a plugin and a Pulp cell share one port, and neither waits for the other", async () => {
  const grants = { "http.serve": true, "ws.serve": true, "sse.serve": true } as const;
  const routes = [
    { method: "GET", path: "/plugin/:key", handler: "config_get" },
    { method: "GET", path: "/plugin", handler: "slow" },
  ];
  await using site = await serve(asker({ name: "p", routes }), HOST);
  await site.guest.host.load(new URL("../../fixtures/pulp/server/", import.meta.url), { grants });
  const paths = Array.from({ length: 100 }, (_, n) => n % 2 === 0 ? `/plugin/k${n}` : `/echo/${n}`);
  const slow = site.ask("/plugin");
  const answers = await Promise.all(paths.map((path) => site.ask(path)));
  assertEquals(new Set(answers.map(([status]) => status)), new Set([200]));
  assertEquals((await slow)[0], 200);
  const drivers = site.served.status().map(({ driver, state }) => `${driver} ${state}`);
  assertEquals(drivers, ["gk running", "pulp running"]);
});

Deno.test("serving without the grant runs jobs and serves nothing, and says so once", async () => {
  await using guest = await loadGk(asker(ROUTES), HOST);
  await using served = await guest.host.serve({ port: 0 });
  const response = await fetch(new URL("/echo/1", served.url));
  assertEquals([response.status, await response.text()], [404, "not found"]);
  const lines = guest.logged();
  assertEquals(lines.length, 1, lines.join("\n"));
  assertStringIncludes(lines[0] ?? "", "http.serve");
  assertEquals(served.status()[0]?.state, "running");
});

Deno.test("a grant of some routes serves these", async () => {
  await using site = await serve(asker(ROUTES), {
    ...HOST,
    grants: { "http.serve": { routes: ["GET /echo/:id"] } },
  });
  assertEquals((await site.ask("/echo/1"))[0], 200);
  assertEquals((await site.ask("/echo/1", { method: "POST" }))[0], 404);
  assertEquals((await site.ask("/html"))[0], 404);
});

Deno.test("serving ends: what is under way is answered, and the plugin stays", async () => {
  await using site = await serve(asker(ROUTES), HOST);
  const answered = site.ask("/slow");
  await until(() => site.guest.extension.stats().active > 0);
  await site.served.close();
  assertEquals(await answered, [200, JSON_TYPE, '"slow"']);
  assertEquals(await site.guest.ask("echo", [1]), [1]);
});

Deno.test("a new instance that registers other routes is served by those", async () => {
  // it counts its instances in what the host keeps for it: the second one is called /b
  let instances = 0;
  const registration = JSON.stringify({
    name: "p",
    routes: [{ method: "GET", path: "/a", handler: "translate" }],
  });
  const at = 4096 + registration.indexOf('"/a"') + 2;
  const changing = asker(registration, {
    changes: [[
      "(call $log (i32.const 3) (i32.const 1040) (i32.const 23))",
      `(drop (call $random (i32.const ${at}) (i32.const 1)))`,
    ], [
      '(import "gk" "log" (func $log (param i32 i32 i32)))',
      '(import "gk" "log" (func $log (param i32 i32 i32)))' +
      '(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))',
    ]],
  });
  // the describing instance is the first
  const random = (bytes: Uint8Array) => void bytes.fill("aab".charCodeAt(instances++));
  await using site = await serve(changing, { random });
  const status = async (path: string) => (await site.ask(path))[0];
  assertEquals([await status("/a"), await status("/b")], [200, 404]);
  const extension: Extension = site.guest.extension;
  await extension.invoke("trap").catch(() => {});
  assertEquals(await status("/a"), 200);
  assertEquals([await status("/a"), await status("/b")], [404, 200]);
});

async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!done() && performance.now() < end) await delay(5);
}
