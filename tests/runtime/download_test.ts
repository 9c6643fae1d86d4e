/** Tests of runtime/download.ts: servers that fail, that send too much, and that never answer. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { download, request } from "../../runtime/download.ts";
import { Fault } from "../../runtime/errors.ts";

Deno.test("request() gives up on a server that never answers", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const accepted = listener.accept();
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/x.wasm`);
  const error = await assertRejects(() => request(url, undefined, 50), Fault);
  assertEquals(error.code, "timeout");
  (await accepted).close();
});

Deno.test("request() rejects with the signal's reason", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const accepted = listener.accept();
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/x.wasm`);
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 10);
  assertEquals(await request(url, controller.signal).catch((error) => error), reason);
  (await accepted).close();
});

Deno.test("request() says in its own words that a server cannot be reached", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/x.wasm`);
  listener.close();
  const error = await assertRejects(() => request(url, undefined), Fault);
  assertEquals(error.code, "unsupported");
  assert(error.cause instanceof TypeError);
});

Deno.test("download() stops at its limit, and refuses what is no success", async () => {
  const body = (size: number) => new Response(new Uint8Array(size));
  assertEquals((await download(body(10), 10, undefined)).length, 10);
  await assertRejects(() => download(body(11), 10, undefined), Fault, "larger than 10 bytes");
  const missing = new Response("not here", { status: 404 });
  await assertRejects(() => download(missing, 10, undefined), Fault, "404");
  assertEquals(missing.bodyUsed || (await missing.body?.getReader().read())?.done, true);
});
