/** host_http_request of ApiQube guests, against real servers on loopback. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ExtensionError, type LoadOptions } from "../../../../mod.ts";
import { type Loaded, loadGuest, PROBES, serve, WEB } from "../apiqube_guests.ts";

/** What the guest gets for a request. */
interface Answer {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  readonly duration_ms: number;
  readonly error?: string;
}

async function request(
  guest: Loaded,
  wanted: { readonly [key: string]: unknown },
): Promise<Answer> {
  return await guest.body(`http ${JSON.stringify(wanted)}`) as Answer;
}

function granted(...hosts: string[]): LoadOptions {
  return { grants: { net: { hosts } } };
}

/** Says what came, in a body that is not all text. */
async function report(incoming: Request): Promise<Response> {
  const body = await incoming.bytes();
  const headers = Object.fromEntries(incoming.headers);
  const { pathname } = new URL(incoming.url);
  return Response.json({ method: incoming.method, pathname, headers, body: body.toBase64() }, {
    status: 201,
    headers: { "x-trace-id": "7" },
  });
}

for (const [language, directory] of Object.entries(PROBES)) {
  Deno.test(`host_http_request() of ${language} sends what it was given and gives what came back`, async () => {
    await using server = serve(report);
    await using guest = await loadGuest(directory, granted(server.address));
    const answer = await request(guest, {
      method: "PUT",
      url: `${server.url}/notes?x=1`,
      headers: {
        "X-Mine": "a",
        "content-type": "text/plain",
        "Host": "elsewhere",
        "Connection": "x",
      },
      body: new Uint8Array([0, 255, 254, 10]).toBase64(),
      unknown: true,
    });
    assertEquals(answer.status, 201);
    assertEquals(answer.error, undefined);
    assert(Number.isInteger(answer.duration_ms) && answer.duration_ms >= 0);
    assertEquals(answer.headers?.["Content-Type"], "application/json");
    assertEquals(answer.headers?.["X-Trace-Id"], "7");
    const seen = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(answer.body ?? "")));
    assertEquals([seen.method, seen.pathname, seen.body], ["PUT", "/notes", "AP/+Cg=="]);
    assertEquals([seen.headers["x-mine"], seen.headers["content-type"]], ["a", "text/plain"]);
    assertEquals(seen.headers.host, server.address);
  });

  Deno.test(`host_http_request() of ${language} asks with GET by default and leaves out an empty body`, async () => {
    await using server = serve(({ method }) =>
      new Response(null, { headers: { "x-method": method } })
    );
    await using guest = await loadGuest(directory, granted(server.address));
    const answer = await request(guest, { method: "", url: server.url });
    assertEquals([answer.status, answer.headers?.["X-Method"]], [200, "GET"]);
    assertEquals("body" in answer, false);
  });
}

const { C: probe } = PROBES;
if (!probe) throw new TypeError("There is no probe in C");

/** Redirects `/n` to `/n-1`, and answers at `/0`. */
function countdown(incoming: Request): Response {
  const left = Number(new URL(incoming.url).pathname.slice(1));
  if (left === 0) return new Response("there");
  return new Response(null, { status: 302, headers: { location: `/${left - 1}` } });
}

Deno.test("host_http_request() follows redirects, ten of them unless it is told otherwise", async () => {
  await using server = serve(countdown);
  await using guest = await loadGuest(probe, granted(server.address));
  const statusOf = async (wanted: { readonly [key: string]: unknown }) => {
    const { status, error = "" } = await request(guest, wanted);
    return `${status} ${/more than \d+ redirects/.exec(error)?.[0] ?? ""}`;
  };
  assertEquals(await statusOf({ url: `${server.url}/10` }), "200 ");
  assertEquals(await statusOf({ url: `${server.url}/11` }), "0 more than 10 redirects");
  assertEquals(
    await statusOf({ url: `${server.url}/11`, max_redirects: 0 }),
    "0 more than 10 redirects",
  );
  assertEquals(await statusOf({ url: `${server.url}/2`, max_redirects: 2 }), "200 ");
  assertEquals(
    await statusOf({ url: `${server.url}/3`, max_redirects: 2 }),
    "0 more than 2 redirects",
  );
});

Deno.test("host_http_request() gives the redirect itself when it is not to follow", async () => {
  await using server = serve(countdown);
  await using guest = await loadGuest(probe, granted(server.address));
  const answer = await request(guest, { url: `${server.url}/3`, follow_redirects: false });
  assertEquals([answer.status, answer.headers?.["Location"]], [302, "/2"]);
});

Deno.test("host_http_request() answers a refused host with an error, and so for a redirect to it", async () => {
  await using server = serve(() => Response.redirect("http://127.0.0.1:9/"));
  await using guest = await loadGuest(probe, granted(server.address));
  for (
    const url of ["http://127.0.0.1:9/", server.url, server.url.replace("127.0.0.1", "localhost")]
  ) {
    const answer = await request(guest, { url });
    assertEquals([answer.status, answer.headers, answer.body], [0, undefined, undefined]);
    assertStringIncludes(answer.error ?? "", "net=");
  }
});

Deno.test("host_http_request() answers what cannot be sent with an error", async () => {
  await using guest = await loadGuest(probe, granted("127.0.0.1:9"));
  const wanted = [
    { url: "" },
    { url: "file:///etc/hosts" },
    { url: "http://127.0.0.1:9/" },
    { url: "http://127.0.0.1:9/", method: "A B" },
    { url: "http://127.0.0.1:9/", headers: { "a b": "c" } },
    { url: "http://127.0.0.1:9/", headers: { a: "b\r\nc: d" } },
  ];
  for (const each of wanted) {
    const answer = await request(guest, each);
    assertEquals(Object.keys(answer).sort(), ["duration_ms", "error", "status"]);
    assertEquals(answer.status, 0);
    assert(answer.error !== "" && !answer.error?.startsWith("decode:"), answer.error);
  }
});

Deno.test("host_http_request() stops after its own time, and the guest goes on", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using server = serve(() => promise);
  await using guest = await loadGuest(probe, granted(server.address));
  const answer = await request(guest, { url: server.url, timeout_ms: 30 });
  assertEquals(answer.status, 0);
  assert(answer.duration_ms >= 25, `${answer.duration_ms}`);
  assertStringIncludes(answer.error ?? "", "30 ms");
  assertEquals(await guest.body("count"), 2);
  resolve(new Response());
});

Deno.test("host_http_request() ends with its call: out of time, aborted or closed", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using server = serve(() => promise);
  const command = `http ${JSON.stringify({ url: server.url })}`;
  await using guest = await loadGuest(probe, granted(server.address));
  const { extension } = guest;
  const late = await assertRejects(
    () => extension.invoke("execute", command, { timeoutMs: 40 }),
    ExtensionError,
  );
  assertEquals(late.code, "timeout");
  const reason = new DOMException("enough", "AbortError");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 30);
  const aborted = extension.invoke("execute", command, { signal: controller.signal });
  assertEquals(await aborted.catch((error) => error), reason);
  const open = extension.invoke("execute", command);
  const closed = assertRejects(() => open, ExtensionError);
  await extension.close();
  assertEquals((await closed).code, "closed");
  resolve(new Response());
});

Deno.test("host_http_request() of a guest that lost the net answers with that", async () => {
  await using server = serve(report);
  await using guest = await loadGuest(probe, granted(server.address));
  assertEquals((await request(guest, { url: server.url })).status, 201);
  guest.extension.grants.revoke("net");
  const answer = await request(guest, { url: server.url });
  assertEquals(answer.status, 0);
  assertStringIncludes(answer.error ?? "", "revoked");
});

Deno.test("host_http_request() gives the first of several cookies", async () => {
  const headers = new Headers([["set-cookie", "a=1; Path=/"], ["set-cookie", "b=2"]]);
  await using server = serve(() => new Response("", { headers }));
  await using guest = await loadGuest(probe, granted(server.address));
  const answer = await request(guest, { url: server.url });
  assertEquals(answer.headers?.["Set-Cookie"], "a=1; Path=/");
});

Deno.test("a plugin in Go executes a test over real HTTP", async () => {
  await using server = serve(report);
  await using guest = await loadGuest(WEB, granted(server.address));
  const plugin = guest.extension.as("apiqube");
  await plugin.init({ headers: { "x-operator": "yes" } });
  const kinds: string[] = [];
  const output = await plugin.execute({
    method: "post",
    target: server.url,
    resource: "/notes",
    timeout: "500ms",
    fields: { body: { a: 1 } },
  }, { onEvent: ({ plugin, kind }) => void kinds.push(`${plugin}.${kind}`) });
  assertEquals([output.status, output.error], [201, ""]);
  const seen = output.body as { method: string; body: string; headers: { [name: string]: string } };
  assertEquals([seen.method, atob(seen.body)], ["POST", '{"a":1}']);
  assertEquals(seen.headers["x-operator"], "yes");
  assertEquals(kinds, ["web.Sent", "web.Answered"]);
  const refused = await plugin.execute({ target: "http://127.0.0.1:9" });
  assertEquals(refused.status, 0);
  assertStringIncludes(refused.error, "net=127.0.0.1:9");
});
