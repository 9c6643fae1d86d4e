/** HTTP requests from real clients to an extension that is served: the rules of serving, one by one. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { raw, serveSite, until } from "./site.ts";

const GET = (path: string, handler: string) => ({ method: "GET", path, handler });

async function texts(responses: readonly Promise<Response>[]): Promise<readonly string[]> {
  return await Promise.all(responses.map(async (one) => {
    const response = await one;
    return `${response.status} ${await response.text()}`;
  }));
}

Deno.test("serve() gives a handler the decoded request", async () => {
  await using site = await serveSite({
    handlers: { echo: (event) => ({ status: 201, body: event }) },
    routes: [{ method: "POST", path: "/echo/:id/of/:kind", handler: "echo" }],
  });
  const response = await fetch(`${site.url}echo/a%20b/of/x%2Fy?x=1&x=2&y=%3D`, {
    method: "POST",
    body: "text",
    headers: { "X-Trace": "7" },
  });
  const { headers, ...event } = await response.json();
  assertEquals(event, {
    kind: "http.request",
    id: 1,
    method: "POST",
    path: "/echo/a b/of/x/y",
    params: { id: "a b", kind: "x/y" },
    query: { x: ["1", "2"], y: "=" },
    body: "text",
  });
  assertEquals([response.status, headers["x-trace"], headers.host], [201, "7", undefined]);
  assertEquals(response.headers.get("content-type"), "application/json");
});

Deno.test("serve() passes bytes both ways", async () => {
  await using site = await serveSite({
    handlers: { back: ({ body, bodyBase64 }) => ({ bodyBase64, headers: { "x-body": body } }) },
    routes: [{ method: "POST", path: "/", handler: "back" }],
  });
  const response = await fetch(site.url, { method: "POST", body: new Uint8Array([255, 0, 254]) });
  assertEquals(await response.bytes(), new Uint8Array([255, 0, 254]));
  assertEquals(response.headers.get("x-body"), "");
});

Deno.test("serve() takes the first registered route, by exact segments", async () => {
  await using site = await serveSite({
    handlers: { any: ({ params }) => `any ${params.x}`, one: () => "one", deep: () => "deep" },
    routes: [GET("/a/:x", "any"), GET("/a/one", "one"), GET("/a/one/", "deep")],
  });
  assertEquals(
    await texts(
      ["a/one", "a/one/", "a", "a/one/two", "A/one", "a//"].map((path) =>
        fetch(`${site.url}${path}`)
      ),
    ),
    ["200 any one", "200 deep", "404 not found", "404 not found", "404 not found", "404 not found"],
  );
  assertEquals(await texts([fetch(`${site.url}a/one`, { method: "PUT" })]), ["404 not found"]);
});

Deno.test("serve() answers HEAD without a body and OPTIONS with what is allowed", async () => {
  await using site = await serveSite({
    handlers: { get: ({ method }) => ({ headers: { "x-method": method }, body: "text" }) },
    routes: [GET("/a", "get"), { method: "PUT", path: "/:any", handler: "get" }],
  });
  const head = await fetch(`${site.url}a`, { method: "HEAD" });
  assertEquals([head.status, head.headers.get("x-method"), await head.text()], [200, "HEAD", ""]);
  const options = await fetch(`${site.url}a`, { method: "OPTIONS" });
  assertEquals([options.status, options.headers.get("allow")], [204, "GET, PUT"]);
  await options.body?.cancel();
});

Deno.test("serve() says so when a handler does not respond, fails or answers nonsense", async () => {
  await using site = await serveSite({
    handlers: {
      nothing: () => null,
      throws: () => {
        throw new Error("secret words");
      },
      nonsense: () => ({ body: "", extra: 1 }),
      status: () => ({ status: 99 }),
      zero: () => ({ status: 0, body: "zero" }),
      empty: () => ({ status: 204, body: "dropped" }),
    },
    routes: ["nothing", "throws", "nonsense", "status", "missing", "zero", "empty"].map((name) =>
      GET(`/${name}`, name)
    ),
  });
  const failed = "500 plugin did not respond";
  assertEquals(
    await texts(
      ["nothing", "throws", "nonsense", "status", "missing", "zero", "empty"]
        .map((path) => fetch(`${site.url}${path}`)),
    ),
    [failed, failed, failed, failed, failed, "200 zero", "204 "],
  );
  assertStringIncludes(site.log.map(({ message }) => message).join("\n"), "/throws");
  assertEquals(site.served.status()[0]?.failed, 5);
});

Deno.test("serve() times a request out, and its late answer is nobody's", async () => {
  let late: string | undefined;
  await using site = await serveSite({
    handlers: {
      async slow({ id }, { airlock }) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        try {
          airlock["http"]?.["serve"]?.["respond"]?.(id, 200, {}, "late");
        } catch (error) {
          late = error instanceof Error ? error.name : "";
        }
        return null;
      },
    },
    routes: [GET("/slow", "slow")],
    limits: { requestMs: 100 },
  });
  assertEquals(await texts([fetch(`${site.url}slow`)]), ["504 plugin timeout"]);
  await until(() => late !== undefined);
  assertEquals(late, "AbortError");
});

Deno.test("serve() keeps 64 requests in line and refuses the next", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using site = await serveSite({
    handlers: { wait: () => promise.then(() => "done") },
    routes: [GET("/", "wait")],
  });
  // 8 are being handled at a time
  const first = Array.from({ length: 8 + 64 }, () => fetch(site.url));
  await until(() => site.served.status()[0]?.queued === 64);
  assertEquals(await texts([fetch(site.url), fetch(site.url)]), [
    "503 queue full",
    "503 queue full",
  ]);
  resolve();
  assertEquals(await texts(first), Array(72).fill("200 done"));
});

Deno.test("serve() loses none of 1,000 concurrent requests", async () => {
  await using site = await serveSite({
    handlers: { one: ({ params }) => params.n },
    routes: [GET("/n/:n", "one")],
    limits: { requests: 1_000 },
  });
  const answers = await texts(
    Array.from({ length: 1_000 }, (_, n) => fetch(`${site.url}n/${n}`)),
  );
  assertEquals(answers, Array.from({ length: 1_000 }, (_, n) => `200 ${n}`));
  assertEquals(site.served.status()[0]?.requests, 1_000);
});

Deno.test("serve() with the queue of 64 answers each of 1,000 concurrent requests", async () => {
  await using site = await serveSite({
    handlers: { one: ({ params }) => params.n },
    routes: [GET("/n/:n", "one")],
  });
  const answers = await texts(
    Array.from({ length: 1_000 }, (_, n) => fetch(`${site.url}n/${n}`)),
  );
  assert(answers.every((answer, n) => answer === `200 ${n}` || answer === "503 queue full"));
});

Deno.test("serve() caps bodies, whether their length is told or not", async () => {
  await using site = await serveSite({
    handlers: { size: ({ body }) => String(body.length) },
    routes: [{ method: "POST", path: "/", handler: "size" }],
    limits: { bodyBytes: 1_000, bodyMs: 200 },
  });
  const post = (body: BodyInit) => fetch(site.url, { method: "POST", body });
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(500)),
  });
  assertEquals(await texts([post("x".repeat(1_000)), post("x".repeat(1_001))]), [
    "200 1000",
    "413 body too large",
  ]);
  assertEquals(await texts([post(endless)]), ["413 body too large"]);
  const head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  assertStringIncludes(await raw(site.url, `${head}Content-Length: 10\r\n\r\nabc`, 1_000), " 408 ");
});

Deno.test("serve() refuses targets and headers that make no sense", async () => {
  await using site = await serveSite({
    handlers: { ok: ({ path }) => path },
    routes: [GET("/:a", "ok"), GET("/:a/:b", "ok")],
    limits: { headChars: 1_000 },
  });
  const ask = (line: string, headers = "Host: a") =>
    raw(site.url, `${line} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`);
  assertStringIncludes(await ask("GET /%zz"), " 400 ");
  assertStringIncludes(await ask("GET /%ff"), " 400 ");
  assertStringIncludes(await ask("GET /a%00b"), " 400 ");
  assertStringIncludes(await ask("GET /a", "Host: a b<>"), " 400 ");
  assertStringIncludes(await ask(`GET /${"a".repeat(2_000)}`), " 414 ");
  assertStringIncludes(await ask("GET /a", `Host: a\r\nX: ${"y".repeat(2_000)}`), " 431 ");
  assertStringIncludes(await ask(`GET /a?${"x&".repeat(400)}`), " 200 ");
  assertStringIncludes(await ask("GET http://elsewhere.test/a"), "\r\n/a");
  assertStringIncludes(await ask("GET /a/x/../b"), "\r\n/a/b");
  assertStringIncludes(await ask("GET /a/%2e%2e/b"), "\r\n/b");
});

Deno.test("serve() lets no answer break out of its message", async () => {
  const headers = (entries: unknown) => () => ({ headers: entries, body: "x" });
  await using site = await serveSite({
    handlers: {
      line: headers({ "x-a": "1\r\nSet-Cookie: stolen=1" }),
      name: headers({ "x-a\r\nSet-Cookie": "1" }),
      nul: headers({ "x-a": "1\0" }),
      long: headers({ "x-a": "y".repeat(100_000) }),
      ours: headers({
        "Transfer-Encoding": "chunked",
        "content-length": "0",
        "Connection": "upgrade",
        "Upgrade": "h2c",
        "x-ok": ["1", "2"],
      }),
    },
    routes: ["line", "name", "nul", "long", "ours"].map((name) => GET(`/${name}`, name)),
  });
  for (const name of ["line", "name", "nul", "long"]) {
    const response = await fetch(`${site.url}${name}`);
    assertEquals([response.status, response.headers.get("set-cookie")], [500, null]);
    await response.body?.cancel();
  }
  const response = await fetch(`${site.url}ours`);
  assertEquals([await response.text(), response.headers.get("x-ok")], ["x", "1, 2"]);
  assertEquals(
    ["transfer-encoding", "connection", "upgrade"].map((name) => response.headers.get(name)),
    [null, null, null],
  );
  assertEquals(response.headers.get("content-length"), "1");
});

Deno.test("serve() tells a native function that its client has gone, and drops who waits", async () => {
  let aborted = false;
  await using site = await serveSite({
    handlers: {
      wait: (_event, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            resolve("gone");
          });
        }),
    },
    routes: [GET("/", "wait")],
    host: { limits: { timeoutMs: 20_000 } },
  });
  await assertEnds(fetch(site.url, { signal: AbortSignal.timeout(1_300) }));
  await until(() => aborted);
  assertEquals(site.served.status()[0]?.queued, 0);
});

async function assertEnds(request: Promise<Response>): Promise<void> {
  const error = await request.then(() => undefined, (reason) => reason);
  assert(error instanceof DOMException, String(error));
}
