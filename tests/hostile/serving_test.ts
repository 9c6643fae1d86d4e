/** Extensions that attack through what they serve, beside a victim that serves too. @module */

import { assert, assertEquals } from "@std/assert";
import { ExtensionHost, type Isolation } from "../../mod.ts";
import { Client, raw, registryOf, serveSite, Subscriber } from "../runtime/serving/site.ts";

const ATTACKERS = new URL("./serving/", import.meta.url);
const TIERS = { quickjs: "inline", worker: "worker", process: "process" } as const;
const HEAD = /^\/\/ hostile ([\d, ]+): (.+)\n/;

const CAPABILITIES = ["http.serve", "ws.serve", "sse.serve"];
const GRANTS = {
  "http.serve": { routes: ["/attack/*", "/shared/*"] },
  "ws.serve": { paths: ["/attack/*", "/shared/*"] },
  "sse.serve": { paths: ["/attack/*"] },
} as const;

/** The victim: one request of it waits all the time, one client is connected, one subscribed. */
class Victim {
  readonly frames: unknown[] = [];
  release: (text: string) => void = () => {};
  readonly #answer = new Promise<string>((resolve) => this.release = resolve);

  async load(host: ExtensionHost): Promise<void> {
    await host.load({
      manifest: {
        name: "victim",
        runtime: "native",
        capabilities: CAPABILITIES,
        routes: [
          { path: "/victim", handler: "wait" },
          { path: "/victim/ping", handler: "ping" },
          { path: "/shared/:id", handler: "ping" },
          { protocol: "ws", path: "/shared/chat", handler: "chat" },
          { protocol: "ws", path: "/victim/chat", handler: "chat" },
          { protocol: "sse", path: "/victim/news" },
        ],
      },
    }, { grants: { "http.serve": true, "ws.serve": true, "sse.serve": true } });
  }

  readonly handlers = {
    wait: () => this.#answer,
    ping: () => "pong",
    chat: () => "victim",
  };
}

async function attack(text: string, tier: keyof typeof TIERS): Promise<void> {
  const victim = new Victim();
  let log = 0;
  await using host = new ExtensionHost({
    native: registryOf("victim", victim.handlers),
    log: () => void log++,
    limits: { timeoutMs: 20_000 },
  });
  await victim.load(host);
  const { url } = await host.serve({ port: 0 });
  const waiting = fetch(`${url}victim`).then((response) => response.text(), () => "lost");
  const client = await Client.connect(url, "victim/chat");
  await using subscriber = await Subscriber.open(`${url}victim/news`);
  await host.load({
    manifest: {
      name: "attacker",
      runtime: tier === "quickjs" ? "quickjs" : "js",
      module: "main.mjs",
      capabilities: CAPABILITIES,
    },
    files: { "main.mjs": text },
  }, { grants: GRANTS, isolation: TIERS[tier] as Isolation });

  const shared = await Client.connect(url, "shared/chat");
  const greedy = await Client.connect(url, "attack/chat").catch(() => undefined);
  const answer = await raw(
    url,
    "GET /attack/go HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    20_000,
  );
  assert(answer.startsWith("HTTP/1.1 200 "), answer);
  assert(answer.endsWith("nothing"), answer);
  assert(!/stolen|twice/i.test(answer), answer);
  assertEquals(answer.match(/content-length/gi)?.length, 1);
  for (const path of ["victim/ping", "shared/7", "shared/x"]) {
    assertEquals(await (await fetch(`${url}${path}`)).text(), "pong");
  }
  victim.release("kept");
  assertEquals(await waiting, "kept");
  client.socket.send("still there?");
  while (client.frames.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals([client.frames, shared.frames], [["victim", "victim"], ["victim"]]);
  for (const each of [client, shared, ...greedy ? [greedy] : []]) await each.close();
  assert(log < 50, `${log} lines of log`);
  const closing = host.close();
  assertEquals(await subscriber.next(), undefined);
  await closing;
}

const scripts = [...Deno.readDirSync(ATTACKERS)].filter(({ isFile }) => isFile);
for (const { name } of scripts.sort((a, b) => a.name < b.name ? -1 : 1)) {
  const text = await Deno.readTextFile(new URL(name, ATTACKERS));
  const [, items = "", claim = ""] = HEAD.exec(text) ?? [];
  assert(items !== "", `${name} does not say what it is`);
  Deno.test(`hostile ${items}: ${claim}`, async (t) => {
    for (const tier of ["quickjs", "worker", "process"] as const) {
      await t.step(`${name} against ${tier}`, () => attack(text, tier));
    }
  });
}

const REQUESTS = new URL("./requests/", ATTACKERS);
const REQUEST_HEAD = /^# hostile ([\d, ]+): (.+)\n# answers: (.+)\n/;

/** What a file stands for: lines end as HTTP wants it, `\\x00` is that byte. */
function requestOf(text: string): string {
  return text.replace(REQUEST_HEAD, "").replaceAll("\n", "\r\n")
    .replace(/\\x([0-9a-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
}

const requests = await Promise.all(
  [...Deno.readDirSync(REQUESTS)].sort((a, b) => a.name < b.name ? -1 : 1).map(async ({ name }) => {
    const text = await Deno.readTextFile(new URL(name, REQUESTS));
    const [, items = "", claim = "", answers = ""] = REQUEST_HEAD.exec(text) ?? [];
    assert(items !== "", `${name} does not say what it is`);
    return { name, title: `hostile ${items}: ${claim}`, answers: answers.split(" "), text };
  }),
);

for (const [title, those] of Map.groupBy(requests, ({ title }) => title)) {
  Deno.test(title, async (t) => {
    const seen: string[] = [];
    await using site = await serveSite({
      handlers: {
        echo: ({ path, body }) => {
          seen.push(path);
          return `you said ${body.length}`;
        },
        chat: () => null,
      },
      routes: [
        { method: "GET", path: "/echo", handler: "echo" },
        { method: "POST", path: "/echo", handler: "echo" },
        { method: "GET", path: "/stolen", handler: "echo" },
        { protocol: "ws", path: "/chat", handler: "chat" },
      ],
      limits: { bodyMs: 300 },
    });
    for (const { name, answers, text } of those) {
      await t.step(`${name} against host`, async () => {
        const answer = await raw(site.url, requestOf(text), 1_000);
        const statuses = [...answer.matchAll(/HTTP\/1\.[01] (\d+) /g)].map(([, status]) => status);
        assert(statuses.length <= 1, answer);
        assert(answers.includes(statuses[0] ?? "none"), answer);
        assert(!seen.includes("/stolen"), answer);
        assertEquals(await (await fetch(`${site.url}echo`)).text(), "you said 0");
      });
    }
  });
}
