/** `airlock run` with an ApiQube plugin as it comes: no manifest, one grant. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { BARE_PROBE, serve, WEB } from "../runtime/wasm/apiqube_guests.ts";
import { capture } from "./capture.ts";

const WEB_PATH = fromFileUrl(WEB);
const PROBE_PATH = fromFileUrl(BARE_PROBE);

Deno.test("run of a plugin writes the output of a real test", async () => {
  await using server = serve((request) => new Response(request.headers.get("x-client")));
  const input = JSON.stringify({ method: "GET", target: server.url });
  const { code, out, err } = await capture([
    ...["run", WEB_PATH, "execute", input, "--grant", `net=${server.address}`],
    ...["--config", '{"headers":{"x-client":"airlock"}}'],
  ]);
  assertEquals([code, err], [0, ""]);
  const { status, body } = JSON.parse(out);
  assertEquals([status, body], [200, "airlock"]);
});

Deno.test("run of a plugin initialises it first, but for its info and its own init", async () => {
  const probe = async (...args: string[]) =>
    await capture(["run", PROBE_PATH, ...args, "--grant", "net=127.0.0.1:9"]);
  const started = await probe("execute", "init");
  assertEquals(JSON.parse(started.out).body, null);
  const configured = await probe("execute", "init", "--config", '{"a":1}');
  assertEquals(JSON.parse(configured.out).body, { a: 1 });
  assertEquals(JSON.parse((await probe("info")).out).name, "probe");
  assertEquals((await probe("init", '"trap"')).code, 5);
  assertEquals(JSON.parse((await probe("validate", "[]")).out), []);
});

Deno.test("run of a plugin without its grant says which one, and sends nothing", async () => {
  let asked = 0;
  await using server = serve(() => new Response(`${++asked}`));
  const input = JSON.stringify({ target: server.url });
  const { code, err } = await capture(["run", WEB_PATH, "execute", input]);
  assertEquals([code, asked], [4, 0]);
  assertStringIncludes(err, "--grant net=");
});
