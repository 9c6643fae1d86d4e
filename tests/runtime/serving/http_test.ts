/** HTTP requests from a real client to extensions that are served. @module */

import { assertEquals } from "@std/assert";
import { ExtensionHost, json, NativeRegistry } from "../../../mod.ts";

const ECHO = `
exports.echo = (event) => ({ status: 201, headers: { "x-kind": event.kind }, body: event });
exports.hi = (event) => "hi " + event.params.who;
`;

Deno.test("serve() answers a route of a QuickJS extension", async () => {
  await using host = new ExtensionHost();
  await host.load({
    manifest: {
      name: "echo",
      runtime: "quickjs",
      module: "echo.js",
      capabilities: ["http.serve"],
      routes: [
        { method: "POST", path: "/echo/:id", handler: "echo" },
        { method: "GET", path: "/hi/:who", handler: "hi" },
      ],
    },
    files: { "echo.js": ECHO },
  }, { grants: { "http.serve": true } });
  await using served = await host.serve({ port: 0 });
  const response = await fetch(`${served.url}echo/a%20b?x=1&x=2&y=3`, {
    method: "POST",
    body: "text",
    headers: { "x-trace": "7" },
  });
  assertEquals(response.status, 201);
  assertEquals(response.headers.get("x-kind"), "http.request");
  const event = await response.json();
  assertEquals(event.params, { id: "a b" });
  assertEquals(event.query, { x: ["1", "2"], y: "3" });
  assertEquals(event.body, "text");
  assertEquals(event.headers["x-trace"], "7");
  assertEquals(await (await fetch(`${served.url}hi/Ada`)).text(), "hi Ada");
  assertEquals(await (await fetch(`${served.url}nothing`)).text(), "not found");
});

Deno.test("serve() answers 1,000 concurrent requests of a native extension", async () => {
  const native = new NativeRegistry();
  native.register("count:one", ({ params }: { params: { n: string } }) => params.n, {
    codec: json,
  });
  await using host = new ExtensionHost({ native, serving: { limits: { requests: 1_000 } } });
  await host.load({
    manifest: {
      name: "count",
      runtime: "native",
      capabilities: ["http.serve"],
      routes: [{ method: "GET", path: "/n/:n", handler: "one" }],
    },
  }, { grants: { "http.serve": true } });
  await using served = await host.serve({ port: 0 });
  const answers = await Promise.all(
    Array.from(
      { length: 1_000 },
      async (_, n) => await (await fetch(`${served.url}n/${n}`)).text(),
    ),
  );
  assertEquals(answers, Array.from({ length: 1_000 }, (_, n) => String(n)));
});
