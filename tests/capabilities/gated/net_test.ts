/** HTTP requests of extensions against real servers: what is allowed arrives, what is not is never sent. @module */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { JsonObject } from "../../../manifest/manifest.ts";
import type { HostCallOptions } from "../../../capabilities/host_calls.ts";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { CapabilityError } from "../../../capabilities/errors.ts";
import { type Powers, powers } from "../../../capabilities/powers.ts";
import { ask, open, type Opened } from "../open.ts";
import { testServer } from "./net_server.ts";

interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: { readonly [name: string]: string };
  readonly setCookies: readonly string[];
  readonly body: Uint8Array;
}

interface Fetching extends Opened {
  fetch(url: string, init?: unknown, options?: HostCallOptions): Promise<Answer>;
}

/** This process as one that may connect only where it was told: `fetch` without pinning. */
const SCOPED: Powers = { ...powers, net: { ...powers.net, mayConnectAnywhere: () => false } };

async function openNet(
  hosts: readonly string[],
  args: JsonObject = {},
  power: Powers = powers,
): Promise<Fetching> {
  const registry = new CapabilityRegistry({ powers: power });
  const granted = { net: { hosts, ...args } };
  const opened = await open({ registry, asks: [ask("net")], granted });
  return {
    ...opened,
    fetch: (url, init, options) =>
      opened.broker.calls.call(
        "net.fetch",
        { url, ...init === undefined ? {} : { init: init as never } },
        options,
      ) as unknown as Promise<Answer>,
  };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function deniedGrant(pending: Promise<unknown>): Promise<string> {
  const error = await assertRejects(() => pending, CapabilityError);
  assertEquals([error.code, error.capability], ["denied", "net"]);
  return error.grant;
}

for (const [how, power] of [["pinned", powers], ["resolved and checked", SCOPED]] as const) {
  Deno.test(`net.fetch (${how}) sends a request and gives the whole answer`, async () => {
    await using server = testServer();
    await using notes = await openNet([`127.0.0.1:${server.port}`], {}, power);
    const body = new Uint8Array([104, 105]);
    const init = { method: "post", headers: { "X-Test": "ü", authorization: "me" }, body };
    const answer = await notes.fetch(`${server.origin}/headers?q=1#part`, init);
    assertEquals([answer.status, answer.statusText, answer.redirected], [404, "Not Found", false]);
    assertEquals(answer.url, `${server.origin}/headers?q=1`);
    assertEquals(text(answer.body), "x");
    const { "x-one": one, "x-many": many, "set-cookie": cookies } = answer.headers;
    assertEquals([one, many, cookies], ["1", "1, 2", "a=1, b=2"]);
    assertEquals(answer.setCookies, ["a=1", "b=2"]);
    const [seen] = server.seen;
    assertEquals([seen?.method, seen?.path, seen?.body], ["POST", "/headers?q=1", "hi"]);
    assertEquals(seen?.headers["host"], `127.0.0.1:${server.port}`);
    assertEquals([seen?.headers["x-test"], seen?.headers["authorization"]], ["ü", "me"]);
    assertEquals(notes.audit.at(-1)?.outcome, "allowed");
    assertEquals(notes.audit.at(-1)?.summary, `POST ${server.origin}/headers`);
  });

  Deno.test(`net.fetch (${how}) sends nothing to a redirect's host or port that is not granted`, async () => {
    await using server = testServer();
    await using other = testServer();
    await using notes = await openNet([`127.0.0.1:${server.port}`], {}, power);
    const cases = {
      [`${other.origin}/`]: `net=127.0.0.1:${other.port}`,
      [`http://2130706433:${other.port}/`]: `net=127.0.0.1:${other.port}`,
      [`http://[::ffff:127.0.0.1]:${other.port}/`]: `net=127.0.0.1:${other.port}`,
      [`//localhost:${server.port}/`]: `net=localhost:${server.port}`,
      "http://169.254.169.254/latest": "net=169.254.169.254:80",
      "https://example.com.evil./": "net=example.com.evil:443",
    };
    for (const [location, grant] of Object.entries(cases)) {
      const to = `${server.origin}/to?location=${encodeURIComponent(location)}`;
      assertEquals(await deniedGrant(notes.fetch(to)), grant);
      assertEquals(notes.audit.at(-1)?.outcome, "denied");
    }
    for (
      const location of ["file:///etc/passwd", "data:,x", `http://u:p@127.0.0.1:${server.port}`]
    ) {
      const to = `${server.origin}/to?location=${encodeURIComponent(location)}`;
      await assertRejects(() => notes.fetch(to), TypeError, "Cannot fetch");
    }
    assertEquals(other.seen, []);
    assertEquals(server.seen.length, 9);
  });

  Deno.test(`net.fetch (${how}) stops at its end of time, and cuts the server off`, async () => {
    await using server = testServer();
    await using notes = await openNet([`127.0.0.1:${server.port}`], {}, power);
    for (const path of ["/silent", "/endless"]) {
      const start = performance.now();
      const pending = notes.fetch(`${server.origin}${path}`, { timeoutMs: 150 });
      const error = await assertRejects(() => pending, DOMException);
      assertEquals(error.name, "TimeoutError");
      assert(performance.now() - start < 2_000);
      await server.quiet();
    }
    assertEquals(notes.audit.map(({ outcome }) => outcome), ["failed", "failed"]);
  });

  Deno.test(`net.fetch (${how}) is aborted and revoked mid-flight`, async () => {
    await using server = testServer();
    await using notes = await openNet([`127.0.0.1:${server.port}`], {}, power);
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = notes.fetch(`${server.origin}/endless`, {}, { signal });
    const revoked = notes.fetch(`${server.origin}/silent`);
    while (server.open.size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort("enough");
    assertStrictEquals(await aborted.catch((reason) => reason), "enough");
    notes.broker.revoke("net");
    assertEquals((await assertRejects(() => revoked, CapabilityError)).code, "revoked");
    await server.quiet();
    const later = await assertRejects(() => notes.fetch(`${server.origin}/`), CapabilityError);
    assertEquals(later.code, "revoked");
    assertEquals(notes.audit.map(({ outcome }) => outcome), ["abandoned", "revoked", "revoked"]);
    assertEquals(server.seen.length, 2);
  });

  Deno.test(`net.fetch (${how}) reads no more than it may, packed or not`, async () => {
    await using server = testServer();
    await using notes = await openNet([`127.0.0.1:${server.port}`], {}, power);
    const small = await notes.fetch(`${server.origin}/gzip?bytes=1000`, { responseBytes: 1_000 });
    assertEquals(small.body, new Uint8Array(1_000));
    for (
      const path of ["/big?bytes=1001", "/gzip?bytes=1001", "/gzip?bytes=50000000", "/endless"]
    ) {
      const pending = notes.fetch(`${server.origin}${path}`, { responseBytes: 1_000 });
      const error = await assertRejects(() => pending, CapabilityError, "larger than 1000 bytes");
      assertEquals(error.code, "quota");
    }
    await server.quiet();
    // everything that was counted was given back
    const large = await notes.fetch(`${server.origin}/big?bytes=16777216`);
    assertEquals(large.body.length, 16 * 1024 * 1024);
  });
}

Deno.test("net.fetch sends nothing to a host or port that is not granted", async () => {
  await using server = testServer();
  await using other = testServer();
  await using notes = await openNet([`127.0.0.1:${server.port}`, "*", "*.example.com:*"]);
  const grants = {
    [`${other.origin}/`]: `net=127.0.0.1:${other.port}`,
    [`http://localhost:${server.port}/`]: `net=localhost:${server.port}`,
    [`http://[::1]:${server.port}/`]: `net=[::1]:${server.port}`,
    [`http://0:${server.port}/`]: `net=0.0.0.0:${server.port}`,
    "https://user.localhost/": "net=user.localhost:443",
    "http://metadata.google.internal/": "net=metadata.google.internal:80",
  };
  for (const [url, grant] of Object.entries(grants)) {
    assertEquals(await deniedGrant(notes.fetch(url)), grant, url);
    assertEquals(notes.audit.at(-1)?.outcome, "denied");
  }
  const same = [`http://0x7f.1:${server.port}/`, `http://127.0.0.1.:${server.port}/`];
  for (const url of same) assertEquals((await notes.fetch(url)).status, 200);
  assertEquals([server.seen.length, other.seen.length], [2, 0]);
});

Deno.test("net.fetch refuses methods that are not granted, also behind a redirect", async () => {
  await using server = testServer();
  const host = `127.0.0.1:${server.port}`;
  await using notes = await openNet([host], { methods: ["post"] });
  const post = { method: "POST" };
  assertEquals((await notes.fetch(`${server.origin}/`, post)).status, 200);
  const wanted = `net={"hosts":["${host}"],"methods":["GET"]}`;
  assertEquals(await deniedGrant(notes.fetch(`${server.origin}/`)), wanted);
  assertEquals(await deniedGrant(notes.fetch(`${server.origin}/to?location=/`, post)), wanted);
  assertEquals(server.seen.map(({ method }) => method), ["POST", "POST"]);
});

Deno.test("net.fetch follows redirects by the standard's rules", async () => {
  await using server = testServer();
  await using notes = await openNet([`127.0.0.1:${server.port}`]);
  const init = {
    body: "x",
    headers: { "content-type": "text/x", authorization: "me", "x-a": "1" },
  };
  const cases = [
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [301, "PUT", "PUT", "x"],
    [307, "POST", "POST", "x"],
    [308, "PATCH", "PATCH", "x"],
  ] as const;
  for (const [status, method, then, body] of cases) {
    const url = `${server.origin}/to?location=/&status=${status}`;
    const answer = await notes.fetch(url, { ...init, method });
    assertEquals([answer.url, answer.redirected], [`${server.origin}/`, true]);
    const last = server.seen.at(-1);
    assertEquals([last?.method, last?.body], [then, body]);
    // the same origin keeps what proves who asks
    assertEquals([last?.headers["authorization"], last?.headers["x-a"]], ["me", "1"]);
    assertEquals(last?.headers["content-type"], body === "" ? undefined : "text/x");
  }
});

Deno.test("net.fetch gives a redirect as it is when told so, and ends a loop", async () => {
  await using server = testServer();
  await using notes = await openNet([`127.0.0.1:${server.port}`]);
  const manual = await notes.fetch(`${server.origin}/loop`, { redirect: "manual" });
  assertEquals([manual.status, manual.headers["location"], manual.redirected], [
    302,
    "/loop",
    false,
  ]);
  server.seen.length = 0;
  await assertRejects(() => notes.fetch(`${server.origin}/loop`), TypeError, "10 redirects");
  assertEquals(server.seen.length, 11);
  const none = notes.fetch(`${server.origin}/loop`, { maxRedirects: 0 });
  await assertRejects(() => none, TypeError, "0 redirects");
});

Deno.test("net.fetch tells another origin no credentials", async () => {
  await using server = testServer();
  await using other = testServer();
  await using notes = await openNet([`127.0.0.1:${server.port}`, `127.0.0.1:${other.port}`]);
  const headers = { Authorization: "Bearer me", Cookie: "a=1", "X-Trace": "7" };
  const back = encodeURIComponent(`${server.origin}/`);
  const there = encodeURIComponent(`${other.origin}/to?location=${back}`);
  await notes.fetch(`${server.origin}/to?location=${there}`, { headers });
  const told = [...server.seen, ...other.seen].map(({ headers }) => [
    headers["authorization"],
    headers["cookie"],
    headers["x-trace"],
  ]);
  // what was dropped does not come back on the way back
  assertEquals(told, [
    ["Bearer me", "a=1", "7"],
    [undefined, undefined, "7"],
    [undefined, undefined, "7"],
  ]);
});

Deno.test("net.fetch refuses what would break out of a request", async () => {
  await using server = testServer();
  await using notes = await openNet([`127.0.0.1:${server.port}`]);
  const url = `${server.origin}/`;
  const inits: unknown[] = [
    ...["GET\r\nX: y", "A B", "", "CONNECT", "trace", "TRACK", 7].map((method) => ({ method })),
    ...["x\r\ny", "x\ny", "x\0", "x\u0100", 7, null].map((value) => ({ headers: { a: value } })),
    ...["", "a b", "a:", "a\r\nb", "ä"].map((name) => ({ headers: { [name]: "1" } })),
    ...["Host", "content-Length", "connection", "Transfer-Encoding", "proxy-authorization", "TE"]
      .map((name) => ({ headers: { [name]: "1" } })),
    { headers: { a: "x".repeat(70_000) } },
    { headers: ["a"] },
    { body: "x" },
    { method: "POST", body: 7 },
    { redirect: "error" },
    { timeoutMs: 0 },
    { timeoutMs: NaN },
    { maxRedirects: -1 },
    { responseBytes: 0.5 },
    { responsebytes: 5 },
    "GET",
  ];
  for (const init of inits) await assertRejects(() => notes.fetch(url, init), TypeError, "Cannot");
  const urls = ["", "/x", "file:///etc/passwd", "data:,x", "blob:x", "ftp://127.0.0.1/"];
  const more = [`http://u@127.0.0.1:${server.port}/`, "http://a..b/", "http://[fe80::1%25eth0]/"];
  for (const bad of [...urls, ...more]) {
    await assertRejects(() => notes.fetch(bad), TypeError, "Cannot fetch", bad);
  }
  assertEquals(server.seen, []);
  assert(notes.audit.every(({ outcome }) => outcome === "failed"));
});

Deno.test("net.fetch holds no more than its share of bytes at once", async () => {
  await using server = testServer();
  await using notes = await openNet([`127.0.0.1:${server.port}`]);
  const megabytes = 15 * 1024 * 1024;
  const init = { method: "POST", body: new Uint8Array(megabytes), timeoutMs: 2_000 };
  const pending = Array.from({ length: 4 }, () => notes.fetch(`${server.origin}/silent`, init));
  const fifth = notes.fetch(`${server.origin}/silent`, init);
  assertEquals((await assertRejects(() => fifth, CapabilityError)).code, "quota");
  notes.broker.revoke("net");
  for (const each of pending) await assertRejects(() => each, CapabilityError);
  await server.quiet();
});

Deno.test("net.fetch connects to the address it checked, whatever the name means by then", async () => {
  await using server = testServer();
  const asked: string[] = [];
  const answers = [["127.0.0.1"], ["127.0.0.1"], ["127.0.0.1", "::1"], ["127.0.0.2"]];
  const rebinding: Powers = {
    ...powers,
    net: {
      ...powers.net,
      resolve(host) {
        asked.push(host);
        return Promise.resolve(answers.shift() ?? ["169.254.169.254"]);
      },
    },
  };
  const hosts = [`rates.example:${server.port}`, `127.0.0.1:${server.port}`];
  await using notes = await openNet(hosts, {}, rebinding);
  const url = `http://Rates.Example.:${server.port}/`;
  // no such name exists: only the address it was given can have been used
  assertEquals(text((await notes.fetch(url)).body), "hello");
  assertEquals((await notes.fetch(url)).status, 200);
  assertEquals(server.seen.map(({ headers }) => headers["host"]), [
    `rates.example:${server.port}`,
    `rates.example:${server.port}`,
  ]);
  for (const address of ["[::1]", "127.0.0.2", "169.254.169.254"]) {
    assertEquals(await deniedGrant(notes.fetch(url)), `net=${address}:${server.port}`);
  }
  assertEquals(asked, new Array(5).fill("rates.example"));
  assertEquals(server.seen.length, 2);
});

Deno.test("net.fetch reaches this machine by its own names only where they are granted", async () => {
  await using server = testServer();
  await using notes = await openNet([`localhost:${server.port}`]);
  assertEquals((await notes.fetch(`http://LOCALHOST:${server.port}/`)).status, 200);
  assertEquals(await deniedGrant(notes.fetch(server.origin)), `net=127.0.0.1:${server.port}`);
});

Deno.test("net.fetch says that a connection failed, and nothing of this machine", async () => {
  const server = testServer();
  const { origin, port } = server;
  await server[Symbol.asyncDispose]();
  for (const power of [powers, SCOPED]) {
    await using notes = await openNet([`127.0.0.1:${port}`, "nowhere.invalid"], {}, power);
    const refused = await assertRejects(() => notes.fetch(origin), Error);
    assertEquals(refused.message, `Cannot fetch from "127.0.0.1:${port}" as the connection failed`);
    const unknown = await assertRejects(() => notes.fetch("http://nowhere.invalid/"), Error);
    assertEquals(
      unknown.message,
      'Cannot fetch from "nowhere.invalid:80" as its name has no address',
    );
  }
});

Deno.test("net.fetch sends hundreds of requests at once", async () => {
  await using server = testServer();
  await using notes = await openNet([`127.0.0.1:${server.port}`]);
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => notes.fetch(`${server.origin}/`)),
  );
  assert(answers.every(({ status }) => status === 200));
  assertEquals(server.seen.length, 300);
});
