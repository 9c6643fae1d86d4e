/** Subscribers of event streams, reading as browsers do. @module */

import { assertEquals } from "@std/assert";
import { serveSite, type SiteOptions, Subscriber, until } from "./site.ts";

function open(limits: SiteOptions["limits"] = {}) {
  return serveSite({
    handlers: {
      emit: ({ body }, { airlock }) => {
        const { path, data, event, id } = JSON.parse(body);
        try {
          return String(airlock["sse"]?.["serve"]?.["emit"]?.(path, data, event, id));
        } catch (error) {
          return (error as { code: string }).code;
        }
      },
    },
    routes: [
      { protocol: "sse", path: "/news" },
      { protocol: "sse", path: "/other" },
      { method: "POST", path: "/emit", handler: "emit" },
    ],
    limits,
  });
}

async function emit(url: string, event: { readonly [key: string]: unknown }): Promise<string> {
  const response = await fetch(`${url}emit`, { method: "POST", body: JSON.stringify(event) });
  return await response.text();
}

Deno.test("serve() tells the subscribers of a path, line by line", async () => {
  await using site = await open();
  await using one = await Subscriber.open(`${site.url}news`);
  await using two = await Subscriber.open(`${site.url}news`);
  await using other = await Subscriber.open(`${site.url}other`);
  assertEquals(one.response.headers.get("content-type"), "text/event-stream");
  assertEquals(await emit(site.url, { path: "/news", data: "a\nb\r\nc\rd" }), "2");
  assertEquals(await emit(site.url, { path: "/news", data: "", event: "end", id: "7" }), "2");
  assertEquals(await emit(site.url, { path: "/other", data: "x" }), "1");
  for (const subscriber of [one, two]) {
    assertEquals(await subscriber.next(), "data: a\ndata: b\ndata: c\ndata: d");
    assertEquals(await subscriber.next(), "id: 7\nevent: end\ndata: ");
  }
  assertEquals(await other.next(), "data: x");
});

Deno.test("serve() lets no event look like another", async () => {
  await using site = await open();
  const refused = "not-possible";
  assertEquals(await emit(site.url, { path: "/news", data: "x", event: "a\ndata: b" }), refused);
  assertEquals(await emit(site.url, { path: "/news", data: "x", id: "1\r\n\r\ndata: b" }), refused);
  assertEquals(await emit(site.url, { path: "/nothing", data: "x" }), refused);
  assertEquals(await emit(site.url, { path: "/news" }), refused);
  assertEquals(await emit(site.url, { path: "/news", data: "x" }), "0");
});

Deno.test("serve() keeps 32 events for a slow subscriber, who loses the others", async () => {
  await using site = await open();
  await using slow = await Subscriber.open(`${site.url}news`);
  // larger than what the sockets between hold
  const data = "x".repeat(500_000);
  const emitted: string[] = [];
  for (let n = 0; n < 60; n++) {
    emitted.push(await emit(site.url, { path: "/news", data, id: String(n) }));
  }
  const reached = emitted.filter((count) => count === "1").length;
  assertEquals(site.served.status()[0]?.lostEvents, 60 - reached);
  assertEquals(emitted.at(-1), "0");
  for (let n = 0; n < reached; n++) await slow.next();
  assertEquals(await emit(site.url, { path: "/news", data: "again" }), "1");
});

Deno.test("serve() sends signs of life, and forgets who has gone", async () => {
  await using site = await open({ pingMs: 50, subscribers: 1 });
  {
    await using subscriber = await Subscriber.open(`${site.url}news`);
    assertEquals(await subscriber.next(), ":ping");
    const refused = await fetch(`${site.url}other`);
    assertEquals([refused.status, await refused.text()], [503, "too many subscribers"]);
  }
  await until(() => site.served.status()[0]?.subscribers === 0);
  await using _next = await Subscriber.open(`${site.url}news`);
});

Deno.test("serve() ends streams when it ends, and other methods have none", async () => {
  await using site = await open();
  const post = await fetch(`${site.url}news`, { method: "POST" });
  assertEquals([post.status, await post.text()], [404, "not found"]);
  await using subscriber = await Subscriber.open(`${site.url}news`);
  await site.served.close();
  assertEquals(await subscriber.next(), undefined);
});
