/** HTTP of Extism plugins, against a server of our own: what is granted, what is told, what is capped. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CapabilityError, type LoadOptions } from "../../../../mod.ts";
import { failure, type LoadedPlugin, loadPlugin } from "./extism_guest.ts";

interface Server extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly seen: string[];
}

async function answer(
  request: Request,
  { port, seen, end }: {
    readonly port: number;
    readonly seen: string[];
    readonly end: Promise<void>;
  },
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const body = await request.text();
  seen.push(`${request.method} ${pathname} ${request.headers.get("x-own") ?? ""} ${body}`.trim());
  switch (pathname) {
    case "/away": {
      const location = `http://localhost:${port}/secret`;
      return new Response(null, { status: 302, headers: { location } });
    }
    case "/here":
      return new Response(null, { status: 302, headers: { location: "/echo" } });
    case "/missing":
      return new Response("no such page", { status: 404 });
    case "/empty":
      return new Response(null, { status: 204 });
    case "/large":
      return new Response("x".repeat(100_000));
    case "/huge":
      return new Response("x".repeat(3_000_000));
    case "/never":
      await end;
      return new Response("late");
    default:
      return new Response(`echo ${body}`, { headers: { "X-Answer": "y" } });
  }
}

function serve(): Server {
  const seen: string[] = [];
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => answer(request, { port: server.addr.port, seen, end }),
  );
  const { port } = server.addr;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      resolve();
      await server.shutdown();
    },
  };
}

function load(server: Server, options: LoadOptions = {}): Promise<LoadedPlugin> {
  return loadPlugin("plugin", {
    grants: { net: { hosts: [`127.0.0.1:${server.port}`] } },
    ...options,
  });
}

Deno.test("extism sends a request and gives status, headers and body", async () => {
  await using server = serve();
  await using loaded = await load(server);
  const request = JSON.stringify({
    url: `${server.url}/echo`,
    method: "post",
    headers: { "X-Own": "mine", Host: "evil.example", "Content-Length": "9", Connection: "close" },
  });
  const [head = "", body] = (await loaded.call("http", `${request}\nthe body`)).split("\n");
  assertEquals(body, "echo the body");
  assertEquals(head.slice(0, 4), "200 ");
  assertEquals(JSON.parse(head.slice(4))["x-answer"], "y");
  assertEquals(server.seen, ["POST /echo mine the body"]);
});

Deno.test("extism sends GET unless told otherwise, without a body, with headers in either spelling", async () => {
  await using server = serve();
  await using loaded = await load(server);
  const old = JSON.stringify({ url: `${server.url}/echo`, header: { "X-Own": "old" } });
  assertStringIncludes(await loaded.call("http", `${old}\ndropped`), "echo ");
  assertEquals(server.seen, ["GET /echo old"]);
});

Deno.test("extism gives a plugin whatever status there is, and nothing before there is one", async () => {
  await using server = serve();
  await using loaded = await load(server);
  assertEquals(await loaded.call("http_before"), "0 ");
  const answer = await loaded.call("http", JSON.stringify({ url: `${server.url}/missing` }));
  assert(answer.startsWith("404 {"), answer);
  assert(answer.endsWith("\nno such page"), answer);
  const empty = await loaded.call("http", JSON.stringify({ url: `${server.url}/empty` }));
  assert(empty.startsWith("204 {") && empty.endsWith("}\n"), empty);
  assertEquals(await loaded.call("http_before"), "0 ");
});

Deno.test("extism follows a redirect to a granted host, and to no other", async () => {
  await using server = serve();
  await using loaded = await load(server);
  const here = JSON.stringify({ url: `${server.url}/here` });
  assertStringIncludes(await loaded.call("http", here), "echo ");
  const away = JSON.stringify({ url: `${server.url}/away` });
  const error = await assertRejects(() => loaded.call("http", away), CapabilityError);
  assertEquals([error.code, error.grant], ["denied", `net=localhost:${server.port}`]);
  assertEquals(server.seen.some((line) => line.includes("/secret")), false);
  assertStringIncludes(await loaded.call("http", here), "echo ");
});

Deno.test("extism refuses a host that is not granted, and everything where nothing is", async () => {
  await using server = serve();
  await using loaded = await load(server);
  const other = JSON.stringify({ url: `http://localhost:${server.port}/echo` });
  assertEquals(await failure(loaded.call("http", other)), "CapabilityError denied");
  await using bare = await loadPlugin("plugin");
  assertEquals(bare.extension.grants.has("net"), false);
  assertEquals(await bare.call("echo", "runs all the same"), "runs all the same");
  const request = JSON.stringify({ url: `${server.url}/echo` });
  assertEquals(await failure(bare.call("http", request)), "CapabilityError denied");
  // without the grant nothing waits, so the plugin can be called without waiting
  assertEquals(bare.extension.invokeSync("echo", "now"), new TextEncoder().encode("now"));
  assertEquals(server.seen, []);
});

Deno.test("extism caps an answer before it is taken", async () => {
  await using server = serve();
  await using loaded = await load(server, { limits: { responseBytes: 1000 } });
  const request = JSON.stringify({ url: `${server.url}/large` });
  assertEquals(await failure(loaded.call("http", request)), "CapabilityError quota");
  await using small = await load(server, { limits: { memoryBytes: 2 * 1024 * 1024 } });
  assertStringIncludes(await small.call("http", request), "xxx");
  const huge = JSON.stringify({ url: `${server.url}/huge` });
  assertEquals(await failure(small.call("http", huge)), "memory-limit");
});

Deno.test("extism ends a request with its call: deadline, signal, revoked grant, close", async () => {
  await using server = serve();
  const request = JSON.stringify({ url: `${server.url}/never` });
  await using loaded = await load(server);
  const start = performance.now();
  const late = loaded.plugin.call("http", request, { timeoutMs: 60 });
  assertEquals(await failure(late), "timeout");
  assert(performance.now() - start < 900);
  const controller = new AbortController();
  const reason = new TypeError("enough");
  setTimeout(() => controller.abort(reason), 20);
  const aborted = loaded.plugin.call("http", request, { signal: controller.signal });
  assertEquals(await aborted.catch((error) => error), reason);
  await using revoked = await load(server);
  setTimeout(() => revoked.extension.grants.revoke("net"), 20);
  assertEquals(await failure(revoked.call("http", request)), "CapabilityError revoked");
  await using closed = await load(server);
  setTimeout(() => closed.extension.close(), 20);
  assertEquals(await failure(closed.call("http", request)), "closed");
});

Deno.test("extism ends a call whose request cannot be read or is not answered", async () => {
  await using server = serve();
  const requests: readonly (readonly [string, string])[] = [
    ["", "bad-guest-data"],
    ["[]", "bad-guest-data"],
    ["null", "bad-guest-data"],
    ['{"method":"GET"}', "bad-guest-data"],
    ['{"url":7}', "bad-guest-data"],
    ['{"url":"http://127.0.0.1:1/","headers":[]}', "bad-guest-data"],
    ['{"url":"http://127.0.0.1:1/","headers":{"a":{"toString":1}}}', "bad-guest-data"],
    ['{"url":"not a url"}', "bad-guest-data"],
    ['{"url":"file:///etc/hosts"}', "bad-guest-data"],
    [`{"url":"${server.url}/","headers":{"a":"b\\r\\nc: d"}}`, "bad-guest-data"],
    [`{"url":"${server.url}/","method":"CON NECT"}`, "bad-guest-data"],
    [`{"url":"${server.url}/","headers":{"__proto__":"x"}}`, "no failure"],
  ];
  for (const [request, expected] of requests) {
    await using loaded = await load(server);
    assertEquals(await failure(loaded.call("http", request)), expected, request);
  }
  const { port, ...closed } = serve();
  await closed[Symbol.asyncDispose]();
  await using loaded = await loadPlugin("plugin", {
    grants: { net: { hosts: [`127.0.0.1:${port}`] } },
  });
  const request = JSON.stringify({ url: `http://127.0.0.1:${port}/` });
  assertEquals(await failure(loaded.call("http", request)), "trap");
});
