/** Served extensions of every tier, asked by real clients; and what a bad one does to its neighbours: little. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Extension, ExtensionHost, type LoadOptions, type LoadTarget } from "../../../mod.ts";
import { Client, serveSite, Subscriber, until } from "./site.ts";
import { SCRIPT, scriptTarget, wasmTarget } from "./tier_guests.ts";

const GRANTS = { "http.serve": true, "ws.serve": true, "sse.serve": true } as const;

const SCRIPT_TIERS = {
  quickjs: ["quickjs", "inline"],
  worker: ["js", "worker"],
  process: ["js", "process"],
} as const;

interface Open extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;
  readonly url: string;
}

async function open(target: LoadTarget, options: LoadOptions): Promise<Open> {
  const host = new ExtensionHost({ log() {} });
  try {
    const extension = await host.load(target, { grants: GRANTS, ...options });
    const { url } = await host.serve({ port: 0 });
    return { host, extension, url, [Symbol.asyncDispose]: () => host.close() };
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function textOf(response: Promise<Response>): Promise<string> {
  const { status, headers, ...rest } = await response.then(async (one) => ({
    status: one.status,
    headers: one.headers.get("x-by") ?? "",
    text: await one.text(),
  }));
  return [status, headers, rest.text].filter((part) => part !== "").join(" ");
}

for (const [tier, [runtime, isolation]] of Object.entries(SCRIPT_TIERS)) {
  Deno.test(`serve() serves what an extension in ${tier} registers for itself`, async () => {
    await using site = await open(scriptTarget(tier, runtime), { isolation });
    const { url, extension } = site;
    assertEquals([extension.isolation, site.host.extensions().length], [isolation, 1]);
    const echoed = await fetch(`${url}echo/7?x=1`, { method: "POST", body: "text" });
    const { params, query, body } = await echoed.json();
    assertEquals([echoed.status, echoed.headers.get("x-kind")], [201, "http.request"]);
    assertEquals({ params, query, body }, { params: { id: "7" }, query: { x: "1" }, body: "text" });

    assertEquals(await textOf(fetch(`${url}byHand`)), "202 hand hi");
    assertEquals(await textOf(fetch(`${url}again`)), "200 hand first");
    // the client has the first answer before the second is refused
    let last = "";
    for (let n = 0; n < 100 && last !== "200 not-possible"; n++) {
      last = await textOf(fetch(`${url}last`));
    }
    assertEquals(last, "200 not-possible");
    assertEquals(await textOf(fetch(`${url}fail`)), "500 plugin did not respond");

    const client = await Client.connect(url, "chat");
    client.socket.send("two");
    await until(() => client.frames.length === 3);
    assertEquals(client.frames, ["hello", "one two", new Uint8Array([1, 2])]);
    client.socket.send("bye");
    const { code, reason } = await client.closed;
    assertEquals([code, reason], [4_000, "as asked"]);

    await using subscriber = await Subscriber.open(`${url}news`);
    assertEquals(await textOf(fetch(`${url}tell`, { method: "POST", body: "a\nb" })), "200 1");
    assertEquals(await subscriber.next(), "id: 9\nevent: note\ndata: a\ndata: b");

    const answers = await Promise.all(
      Array.from(
        { length: 60 },
        async (_, n) =>
          (await (await fetch(`${url}echo/${n}`, { method: "POST" })).json()).params.id,
      ),
    );
    assertEquals(answers, Array.from({ length: 60 }, (_, n) => String(n)));
  });

  Deno.test(`serve() lets a hanging extension in ${tier} stop nobody else`, async () => {
    await using site = await serveSite({
      handlers: { fine: () => "fine" },
      routes: [{ path: "/fine", handler: "fine" }],
    });
    const limits = { timeoutMs: 400 };
    await site.host.load(scriptTarget(tier, runtime), { grants: GRANTS, isolation, limits });
    const hanging = Array.from({ length: 5 }, () => textOf(fetch(`${site.url}hang`)));
    for (let n = 0; n < 20; n++) {
      assertEquals(await textOf(fetch(`${site.url}fine`)), "200 fine");
    }
    for (const answer of await Promise.all(hanging)) assert(answer.startsWith("50"), answer);
    assertEquals(await textOf(fetch(`${site.url}fine`)), "200 fine");
  });
}

Deno.test("serve() serves a WASM module by the routes of its manifest, traps and loops included", async () => {
  await using site = await serveSite({
    handlers: { fine: () => "fine" },
    routes: [{ path: "/fine", handler: "fine" }],
  });
  const limits = { timeoutMs: 300 };
  await site.host.load(await wasmTarget("wasm"), { grants: { "http.serve": true }, limits });
  const { url } = site;
  const echo = async (n: number) => {
    const response = await fetch(`${url}echo/${n}`, { method: "POST", body: "text" });
    const { params, body } = await response.json();
    return `${response.status} ${params.id} ${body}`;
  };
  assertEquals(await echo(7), "200 7 text");
  const [hang, fail, fine, ...echoed] = await Promise.all([
    textOf(fetch(`${url}hang`)),
    textOf(fetch(`${url}fail`)),
    textOf(fetch(`${url}fine`)),
    ...Array.from({ length: 50 }, (_, n) => echo(n)),
  ]);
  assertEquals([hang, fail, fine], [
    "504 plugin timeout",
    "500 plugin did not respond",
    "200 fine",
  ]);
  assertEquals(echoed, Array.from({ length: 50 }, (_, n) => `200 ${n} text`));
});

for (
  const [what, target, isolation] of [
    ["QuickJS", () => Promise.resolve(scriptTarget("busy", "quickjs")), "inline"],
    ["JavaScript in a process", () => Promise.resolve(scriptTarget("busy", "js")), "process"],
    ["WASM", () => wasmTarget("busy"), "inline"],
  ] as const
) {
  Deno.test(`serve() loses none of 1,000 concurrent requests of ${what}`, async () => {
    await using host = new ExtensionHost({ serving: { limits: { requests: 1_000 } } });
    const granted = what === "WASM" ? { "http.serve": true } : GRANTS;
    await host.load(await target(), { grants: granted as typeof GRANTS, isolation });
    const { url } = await host.serve({ port: 0 });
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, n) => {
        const response = await fetch(`${url}echo/${n}`, { method: "POST", body: String(n) });
        const { params, body } = await response.json();
        return `${params.id} ${body}`;
      }),
    );
    assertEquals(answers, Array.from({ length: 1_000 }, (_, n) => `${n} ${n}`));
  });
}

Deno.test("serve() ends requests, connections and streams when their right is taken back", async () => {
  await using site = await open(scriptTarget("quick", "quickjs"), {
    limits: { timeoutMs: 10_000 },
  });
  const { url, extension } = site;
  const waiting = textOf(fetch(`${url}slow`));
  const client = await Client.connect(url, "chat");
  await using subscriber = await Subscriber.open(`${url}news`);
  await until(() => extension.stats().active > 0);
  for (const kind of ["http.serve", "ws.serve", "sse.serve"]) extension.grants.revoke(kind);
  assertEquals(await waiting, "503 no longer served");
  assertEquals((await client.closed).code, 1_001);
  assertEquals(await subscriber.next(), undefined);
  assertEquals(await textOf(fetch(`${url}last`)), "404 not found");
  await assertRejects(() => Client.connect(url, "chat"));
});

Deno.test("serve() drives what is loaded later, and a reloaded extension without a gap", async () => {
  await using site = await serveSite({ handlers: {} });
  const { host, url } = site;
  assertEquals(await textOf(fetch(`${url}last`)), "404 not found");
  await host.load(scriptTarget("later", "quickjs"), { grants: GRANTS });
  let asking = true;
  const answers = new Set<string>();
  const loop = async () => {
    while (asking) answers.add(await textOf(fetch(`${url}last`)));
  };
  const loops = [loop(), loop()];
  await host.reload("later");
  await host.reload("later");
  asking = false;
  await Promise.all(loops);
  assertEquals([...answers], ["200 0"]);
  await host.get("later")?.close();
  assertEquals(await textOf(fetch(`${url}last`)), "404 not found");
});

Deno.test("handle() answers for a program with a server of its own, sockets included", async () => {
  await using host = new ExtensionHost();
  await host.load({
    manifest: {
      name: "own",
      runtime: "quickjs",
      module: "main.mjs",
      capabilities: ["http.serve", "ws.serve", "sse.serve"],
    },
    files: { "main.mjs": SCRIPT },
  }, { grants: GRANTS });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => host.handle(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  assertEquals(await textOf(fetch(`${url}byHand`)), "202 hand hi");
  const client = await Client.connect(url, "chat");
  await client.close();
  assertEquals((await host.handle(new Request("http://a/last"))).status, 200);
  assertEquals((await host.handle(new Request("http://a/chat"))).status, 426);
});
