/** WebSocket connections of real clients to an extension that is served. @module */

import { assertEquals, assertRejects } from "@std/assert";
import { Client, type Handlers, serveSite, type SiteOptions, until } from "./site.ts";

const WS = (path: string, handler: string) => ({ protocol: "ws", path, handler });

function open(handlers: Handlers, limits: SiteOptions["limits"] = {}) {
  return serveSite({ handlers, routes: [WS("/chat/:room", "chat")], limits });
}

Deno.test("serve() tells a handler of a connection, its frames and its end, in order", async () => {
  const events: unknown[] = [];
  await using site = await open({
    chat({ headers: _, ...event }) {
      events.push(event);
      return event.kind === "ws.open" ? "hello" : null;
    },
  });
  const client = await Client.connect(site.url, "chat/a%20b?x=1");
  client.socket.send("text");
  client.socket.send(new Uint8Array([255, 1]));
  client.socket.close(4_000, "enough");
  await client.closed;
  await until(() => events.length === 4);
  assertEquals(client.frames, ["hello"]);
  assertEquals(events, [
    {
      kind: "ws.open",
      connId: 1,
      path: "/chat/a b",
      params: { room: "a b" },
      query: { x: "1" },
    },
    { kind: "ws.frame", connId: 1, opcode: 1, payload: "text" },
    { kind: "ws.frame", connId: 1, opcode: 2, payload: "", payloadBase64: "/wE=" },
    { kind: "ws.close", connId: 1, code: 4_000, reason: "enough" },
  ]);
});

Deno.test("serve() sends what a handler gives, and closes as it says", async () => {
  await using site = await open({
    chat({ kind, payload }) {
      if (kind !== "ws.frame") return null;
      return payload === "bye"
        ? { payload: "so long", close: { code: 4_001, reason: "asked" } }
        : { payloadBase64: "/wE=" };
    },
  });
  const client = await Client.connect(site.url, "chat/a");
  client.socket.send("hi");
  await until(() => client.frames.length === 1);
  client.socket.send("bye");
  const { code, reason } = await client.closed;
  assertEquals([client.frames, code, reason], [
    [new Uint8Array([255, 1]), "so long"],
    4_001,
    "asked",
  ]);
});

Deno.test("serve() lets a function send to a connection that it knows, and to no other", async () => {
  const told: unknown[] = [];
  const attempt = (work: () => unknown) => {
    try {
      told.push(work() ?? "ok");
    } catch (error) {
      told.push((error as { code: string }).code);
    }
  };
  await using site = await open({
    chat({ kind, connId }, { airlock }) {
      const serve = airlock["ws"]?.["serve"];
      const [send, close] = [serve?.["send"], serve?.["close"]];
      if (kind !== "ws.open") return null;
      attempt(() => send?.(connId, "text"));
      attempt(() => send?.(connId, new Uint8Array([1]), 2));
      attempt(() => send?.(connId + 1, "to a stranger"));
      attempt(() => send?.(connId, "bad", 8));
      attempt(() => send?.(-1, "bad"));
      attempt(() => close?.(connId, 1_005));
      attempt(() => close?.(connId, 4_000, "x".repeat(200)));
      attempt(() => close?.(connId, 0, "done"));
      attempt(() => close?.(connId + 1));
      return null;
    },
  });
  const client = await Client.connect(site.url, "chat/a");
  const { code, reason } = await client.closed;
  const bad = "not-possible";
  assertEquals(told, ["ok", "ok", bad, bad, bad, bad, bad, "ok", bad]);
  assertEquals([client.frames, code, reason], [["text", new Uint8Array([1])], 1_000, "done"]);
});

Deno.test("serve() drops frames above the queue, with one warning", async () => {
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await using site = await open({
    async chat({ kind, payload }) {
      if (kind === "ws.open") await promise;
      if (kind === "ws.frame") seen.push(payload);
      return null;
    },
  });
  const client = await Client.connect(site.url, "chat/a");
  for (let n = 0; n < 300; n++) client.socket.send(String(n));
  await until(() => site.served.status()[0]?.droppedFrames === 44);
  resolve();
  await until(() => seen.length === 256);
  assertEquals([seen[0], seen[255]], ["0", "255"]);
  await client.close();
  const warnings = site.log.map(({ message }) => message);
  assertEquals(warnings.filter((message) => message.includes("dropped")).length, 1);
});

Deno.test("serve() closes a connection that sends a giant frame, and one that does not read", async () => {
  await using site = await open({
    chat({ kind, connId, payload }, { airlock }) {
      if (kind !== "ws.frame" || payload !== "flood") return null;
      const send = airlock["ws"]?.["serve"]?.["send"];
      for (let n = 0; n < 100; n++) send?.(connId, "x".repeat(50_000));
      return null;
    },
  }, { frameBytes: 1_000, unsentBytes: 100_000 });
  const giant = await Client.connect(site.url, "chat/a");
  giant.socket.send("x".repeat(1_001));
  assertEquals((await giant.closed).code, 1_009);
  const slow = await Client.connect(site.url, "chat/a");
  slow.socket.send("flood");
  assertEquals((await slow.closed).code, 1_013);
});

Deno.test("serve() holds as many connections as it may, and refuses plain requests", async () => {
  await using site = await open({ chat: () => null }, { sockets: 2 });
  const clients = [
    await Client.connect(site.url, "chat/a"),
    await Client.connect(site.url, "chat/b"),
  ];
  await assertRejects(() => Client.connect(site.url, "chat/c"));
  const response = await fetch(`${site.url}chat/a`);
  assertEquals([response.status, await response.text()], [426, "upgrade required"]);
  for (const client of clients) await client.close();
  await until(() => site.served.status()[0]?.sockets === 0);
  await (await Client.connect(site.url, "chat/d")).close();
});

Deno.test("serve() tells clients that it goes away", async () => {
  await using site = await open({ chat: () => null });
  const client = await Client.connect(site.url, "chat/a");
  await site.served.close();
  assertEquals((await client.closed).code, 1_001);
});
