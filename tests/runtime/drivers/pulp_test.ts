/** Pulp cells that are served: real clients talk to them, and one that misbehaves ends alone. @module */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  ExtensionHost,
  type HostOptions,
  type LoadOptions,
  type LogRecord,
  type Served,
} from "../../../mod.ts";
import { assertIdle } from "../../cpu_use.ts";
import { Client, Subscriber, until } from "../serving/site.ts";
import { fixture } from "../wasm/pulp_guests.ts";

const GRANTS = { "http.serve": true, "ws.serve": true, "sse.serve": true } as const;

interface Site extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly served: Served;
  readonly url: string;
  readonly log: readonly LogRecord[];
}

/** Serves the fixture, or others beside it. */
async function serve(
  options: HostOptions = {},
  targets: readonly (readonly [target: Parameters<ExtensionHost["load"]>[0], LoadOptions?])[] = [
    [fixture("server")],
  ],
): Promise<Site> {
  const log: LogRecord[] = [];
  const host = new ExtensionHost({ log: (record) => void log.push(record), ...options });
  try {
    for (const [target, more] of targets) {
      await host.load(target, { grants: GRANTS, limits: { timeoutMs: 600 }, ...more });
    }
    const served = await host.serve({ port: 0 });
    return {
      ...{ host, served, url: served.url.replace(/\/$/, ""), log },
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** The cell under another name, with more in its manifest. */
async function cell(
  name: string,
  more = "",
): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "pulp_" });
  const text = await Deno.readTextFile(`${fixture("server")}/pulp.cell.toml`);
  await Deno.writeTextFile(
    `${path}/pulp.cell.toml`,
    `${text.replace('"server"', `"${name}"`)}${more}`,
  );
  await Deno.copyFile(`${fixture("server")}/server.wasm`, `${path}/server.wasm`);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function get(url: string, init?: RequestInit): Promise<readonly [number, string]> {
  const response = await fetch(url, init);
  return [response.status, await response.text()];
}

Deno.test("a served Pulp cell answers requests", async () => {
  await using site = await serve();
  assertEquals(
    await get(`${site.url}/echo/a%20b?q=1&q=2`, { headers: { "x-trace-id": "t7" } }),
    [200, "GET /echo/a b a b 1 t7 -"],
  );
  const body = Uint8Array.from({ length: 256 }, (_, at) => at);
  const response = await fetch(`${site.url}/body`, {
    method: "POST",
    headers: { "content-type": "application/x-any" },
    body,
  });
  assertEquals([response.status, response.headers.get("content-type")], [201, "application/x-any"]);
  assertEquals(new Uint8Array(await response.arrayBuffer()), body);
  assertEquals(await get(`${site.url}/nowhere`), [404, "not found"]);
  assertEquals(await get(`${site.url}/silent`), [500, "plugin did not respond"]);
  assertEquals(await get(`${site.url}/twice`), [200, "once"]);
  assertEquals(await get(`${site.url}/closed`), [200, "4"]);
  assertEquals(site.served.status().map(({ name, driver, state }) => [name, driver, state]), [
    ["server", "pulp", "running"],
  ]);
});

Deno.test("a served Pulp cell talks over WebSocket", async () => {
  await using site = await serve();
  const client = await Client.connect(site.url, "/chat?as=guest");
  await until(() => client.frames.length === 1);
  client.socket.send("hällo");
  client.socket.send(Uint8Array.of(1, 2, 255));
  await until(() => client.frames.length === 3);
  assertEquals(client.frames, ["welcome to /chat guest", "hällo", Uint8Array.of(1, 2, 255)]);
  client.socket.send("bye");
  const { code, reason } = await client.closed;
  assertEquals([code, reason], [4000, "done"]);
  const other = await Client.connect(site.url, "/chat");
  await other.close();
  await until(() => site.served.status()[0]?.sockets === 0);
  let last = "";
  for (let tries = 0; tries < 50 && !last.startsWith("2 "); tries++) {
    [, last] = await get(`${site.url}/closed`);
  }
  assertMatch(last, /^2 \d+$/);
});

Deno.test("a served Pulp cell tells its subscribers", async () => {
  await using site = await serve();
  await using first = await Subscriber.open(`${site.url}/news`);
  await using second = await Subscriber.open(`${site.url}/news`);
  const said = await get(`${site.url}/say?event=rain`, { method: "POST", body: "one\ntwo" });
  assertEquals(said, [200, "0"]);
  for (const subscriber of [first, second]) {
    assertEquals((await subscriber.next())?.split("\n").sort(), [
      "data: one",
      "data: two",
      "event: rain",
      "id: 1",
    ]);
  }
});

Deno.test("1,000 requests at once to a Pulp cell are all answered, in any order, each its own", async () => {
  await using site = await serve({ serving: { limits: { requests: 1_000 } } });
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, at) => get(`${site.url}/echo/${at}?q=${at}`)),
  );
  for (const [at, answer] of answers.entries()) {
    assertEquals(answer, [200, `GET /echo/${at} ${at} ${at} - -`]);
  }
  assertEquals(await get(`${site.url}/count`), [200, "1001"]);
});

Deno.test("1,000 requests at once beyond the queue are answered or refused, none is lost", async () => {
  await using site = await serve();
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, at) => get(`${site.url}/echo/${at}`)),
  );
  for (const [at, [status, text]] of answers.entries()) {
    if (status === 503) assertEquals(text, "queue full");
    else assertEquals([status, text], [200, `GET /echo/${at} ${at} - - -`]);
  }
  const [, count] = await get(`${site.url}/count`);
  assertEquals(Number(count) - 1, answers.filter(([status]) => status === 200).length);
});

for (const [what, path] of [["traps", "/trap"], ["hangs", "/hang"], ["exits", "/exit/3"]]) {
  Deno.test(`a Pulp cell that ${what} starts again, and the others go on`, async () => {
    const manifest = { name: "neighbour", runtime: "quickjs", module: "n.js", ...NEIGHBOUR };
    await using site = await serve({}, [
      [fixture("server")],
      [{ manifest, files: { "n.js": NEIGHBOUR_CODE } }],
    ]);
    await get(`${site.url}/count`);
    const [bad, good] = await Promise.all([
      get(`${site.url}${path}`),
      get(`${site.url}/neighbour`),
    ]);
    assertEquals(bad, [500, "plugin did not respond"]);
    assertEquals(good, [200, "fine"]);
    // registered anew, with a count of its own
    assertEquals(await get(`${site.url}/count`), [200, "1"]);
    assertEquals(site.served.status()[0]?.state, "running");
    assertEquals(site.host.get("server")?.stats().restarts, 1);
    // whatever it did, nothing of it works on
    await assertIdle();
  });
}

const NEIGHBOUR = {
  capabilities: ["http.serve"],
  routes: [{ method: "GET", path: "/neighbour", handler: "answer" }],
};
const NEIGHBOUR_CODE = 'export function answer() { return { status: 200, body: "fine" }; }';

Deno.test("a Pulp cell in a worker is served, starts again, and ends in order", async () => {
  await using site = await serve({}, [[fixture("server"), {
    isolation: "worker",
    limits: { timeoutMs: 5_000 },
  }]]);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => get(`${site.url}/echo/${at}`)),
  );
  for (const [at, answer] of answers.entries()) {
    assertEquals(answer, [200, `GET /echo/${at} ${at} - - -`]);
  }
  const client = await Client.connect(site.url, "/chat?as=guest");
  client.socket.send("hello");
  await until(() => client.frames.length === 2);
  assertEquals(client.frames, ["welcome to /chat guest", "hello"]);
  assertEquals(await get(`${site.url}/trap`), [500, "plugin did not respond"]);
  assertEquals(await get(`${site.url}/count`), [200, "1"]);
  await client.close();
  await site.served.close();
  assert(!site.log.some(({ message }) => message.includes("did not shut down")));
});

Deno.test("a Pulp cell that floods its host is stopped by its time, and the others go on", async () => {
  const manifest = { name: "neighbour", runtime: "quickjs", module: "n.js", ...NEIGHBOUR };
  await using site = await serve({}, [
    [fixture("server")],
    [{ manifest, files: { "n.js": NEIGHBOUR_CODE } }],
  ]);
  const [[status], good] = await Promise.all([
    get(`${site.url}/flood`),
    get(`${site.url}/neighbour`),
  ]);
  assertEquals([status, good], [500, [200, "fine"]]);
  assert(site.log.some(({ message }) => message.includes("starts again")));
  assertEquals(await get(`${site.url}/count`), [200, "1"]);
});

Deno.test("a Pulp cell that breaks three times in a row is given up", async () => {
  await using site = await serve();
  for (let i = 0; i < 3; i++) {
    assertEquals((await get(`${site.url}/trap`))[0], 500);
  }
  await until(() => site.served.status()[0]?.state === "failed");
  assertEquals(await get(`${site.url}/count`), [404, "not found"]);
});

Deno.test("a Pulp cell whose manifest says so never starts again", async () => {
  await using never = await cell("never", 'restart = "never"\n');
  await using site = await serve({}, [[never.path]]);
  assertEquals(await get(`${site.url}/count`), [200, "1"]);
  assertEquals((await get(`${site.url}/trap`))[0], 500);
  await until(() => site.served.status()[0]?.state === "failed");
  assertEquals(await get(`${site.url}/count`), [404, "not found"]);
  assertEquals(site.host.get("never")?.stats().restarts, 0);
});

Deno.test("a Pulp cell that ends itself is stopped, or always starts again", async () => {
  await using once = await serve();
  assertEquals((await get(`${once.url}/exit/0`))[0], 500);
  await until(() => once.served.status()[0]?.state === "stopped");
  await using again = await cell("again", 'restart = "always"\n');
  await using site = await serve({}, [[again.path]]);
  await get(`${site.url}/count`);
  assertEquals((await get(`${site.url}/exit/0`))[0], 500);
  assertEquals(await get(`${site.url}/count`), [200, "1"]);
});

Deno.test("a Pulp cell that cannot be initialised is not served, and leaves no path behind", async () => {
  await using refusing = await cell("refusing");
  const log: string[] = [];
  // Its fuel is enough for some of its paths.
  await using site = await serve({ audit: ({ operation }) => void log.push(operation) }, [
    [refusing.path, { limits: { fuel: 40_000 } }],
    [fixture("server")],
  ]);
  assert(log.includes("register"));
  assertEquals(site.served.status().map(({ name, state }) => [name, state]), [
    ["refusing", "failed"],
    ["server", "running"],
  ]);
  assertEquals(site.served.status()[0]?.routes, []);
  assertEquals(await get(`${site.url}/count`), [200, "1"]);
});

Deno.test("a Pulp cell ticks between events, less and less often", async () => {
  await using site = await serve();
  const stepsOf = async () => Number((await get(`${site.url}/steps`))[1]);
  const first = await stepsOf();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const ticks = await stepsOf() - first;
  assert(ticks > 3 && ticks < 60, `${ticks} steps in 300 ms`);
});

Deno.test("a Pulp cell shuts down in order when serving ends", async () => {
  const lines: string[] = [];
  await using site = await serve({}, [[new URL("../../fixtures/pulp/probe-c/", import.meta.url), {
    stdout: (line) => void lines.push(line),
    grants: { "http.serve": true },
  }]]);
  assertEquals(site.served.status()[0]?.state, "running");
  await site.served.close();
  assertEquals(lines, ["shut down"]);
  assert(
    site.log.some(({ level, message }) =>
      level === "debug" && /^ends: last call \d+, marker 0$/.test(message)
    ),
  );
});

Deno.test("a Pulp cell that is granted nothing is stepped all the same", async () => {
  await using site = await serve({}, [[new URL("../../fixtures/pulp/probe-c/", import.meta.url), {
    grants: {},
  }]]);
  const probe = site.host.get("probe");
  await until(() => (probe?.stats().calls ?? 0) > 5);
  assertEquals(site.served.status()[0]?.state, "running");
});
