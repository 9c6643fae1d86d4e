/** A host that begins to serve, and ends: once, with limits, and by its own rights. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ExtensionError, ExtensionHost } from "../../../mod.ts";
import { temporaryDirectory } from "../../temporary.ts";
import { Client, raw, serveSite, until } from "./site.ts";

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await assertRejects(() => work, ExtensionError);
  return error.code;
}

Deno.test("serve() serves once, until it is closed, and never again", async () => {
  await using host = new ExtensionHost();
  const served = await host.serve({ port: 0 });
  assertEquals(await codeOf(host.serve({ port: 0 })), "duplicate");
  await Promise.all([served.close(), served.close(), served.finished]);
  assertEquals(await codeOf(host.serve({ port: 0 })), "closed");
  await assertRejects(() => fetch(served.url));
  assertEquals((await host.handle(new Request("http://a/"))).status, 503);
});

Deno.test("serve() ends by its signal, and with its host", async () => {
  const controller = new AbortController();
  await using host = new ExtensionHost();
  const served = await host.serve({ port: 0, signal: controller.signal });
  controller.abort(new Error("enough"));
  await served.finished;
  await assertRejects(() => fetch(served.url));
  const early = new ExtensionHost();
  await assertRejects(() => early.serve({ signal: controller.signal }), Error, "enough");
  const last = await early.serve({ port: 0 });
  await early.close();
  await last.finished;
  assertEquals(await codeOf(early.serve()), "closed");
});

Deno.test("serve() lets requests under way finish, refuses new ones, and waits no longer than it may", async () => {
  const gates = new Map<string, () => void>();
  await using site = await serveSite({
    handlers: {
      wait: ({ params }) =>
        new Promise((resolve) => gates.set(params.n, () => resolve(`done ${params.n}`))),
    },
    routes: [{ path: "/wait/:n", handler: "wait" }],
    limits: { shutdownMs: 400 },
    host: { limits: { timeoutMs: 20_000 } },
  });
  const ask = (n: string) =>
    fetch(`${site.url}wait/${n}`).then((response) => response.text(), () => "cut off");
  const [first, second] = [ask("1"), ask("2")];
  await until(() => gates.size === 2);
  const start = performance.now();
  const closing = site.served.close();
  assertEquals(await (await fetch(`${site.url}wait/3`)).text(), "shutting down");
  gates.get("1")?.();
  assertEquals(await first, "done 1");
  assertEquals(await second, "no longer served");
  await closing;
  assert(performance.now() - start < 4_000);
});

Deno.test("serve() refuses addresses, ports and certificates that cannot be", async () => {
  await using host = new ExtensionHost();
  await assertRejects(() => host.serve({ port: 70_000 }), RangeError);
  await assertRejects(() => host.serve({ port: 0.5 }), RangeError);
  assertEquals(await codeOf(host.serve({ port: 0, cert: "x" })), "unsupported");
  assertEquals(await codeOf(host.serve({ port: 0, cert: "x", key: "y" })), "unsupported");
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertEquals(await codeOf(host.serve({ port: taken.addr.port })), "unavailable");
  await using served = await host.serve({ port: 0 });
  assertEquals(served.addr.hostname, "127.0.0.1");
});

Deno.test("serve() answers only to the names that it is told", async () => {
  await using host = new ExtensionHost();
  const { url } = await host.serve({ port: 0, hosts: ["127.0.0.1", "Notes.test", "[::1]"] });
  const ask = (name: string) =>
    raw(url, `GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
  for (const name of ["127.0.0.1", "notes.test:8000", "NOTES.TEST", "[::1]:1"]) {
    assertStringIncludes(await ask(name), " 404 ");
  }
  for (const name of ["evil.test", "notes.test.evil.test", "127.0.0.1.evil.test:80", ""]) {
    assertStringIncludes(await ask(name), " 421 ");
  }
  const other = "GET http://evil.test/ HTTP/1.1\r\nHost: notes.test\r\nConnection: close\r\n\r\n";
  assertStringIncludes(await raw(url, other), " 421 ");
});

Deno.test("serve() of a process that may not listen says which flag it lacks", async () => {
  const program = `
    import { ExtensionHost } from ${JSON.stringify(import.meta.resolve("../../../mod.ts"))};
    await using host = new ExtensionHost();
    console.log(await host.serve({ port: 8123 }).catch((error) => error.code + " " + error.message));
  `;
  await using directory = await temporaryDirectory({ "main.ts": program });
  const config = `--config=${fromFileUrl(new URL("../../../deno.json", import.meta.url))}`;
  const flags = [config, "--quiet", "--no-prompt", "--no-check", "--cached-only"];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...flags,
      "--allow-net=127.0.0.1:9",
      `${directory.path}/main.ts`,
    ],
    stdin: "null",
    cwd: new URL("../../../", import.meta.url),
    signal: AbortSignal.timeout(30_000),
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertStringIncludes(text, "unavailable");
  assertStringIncludes(text, "--allow-net=127.0.0.1:8123");
});

Deno.test("serve() lets nobody's WebSocket hold it open", async () => {
  await using site = await serveSite({
    handlers: { chat: () => null },
    routes: [{ protocol: "ws", path: "/chat", handler: "chat" }],
  });
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => Client.connect(site.url, "chat")),
  );
  const start = performance.now();
  await site.served.close();
  assert(performance.now() - start < 3_000);
  for (const client of clients) assertEquals((await client.closed).code, 1_001);
});
