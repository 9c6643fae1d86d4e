/** `airlock run` on Extism plugins as they are: results, and what they may not take. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { temporaryDirectory } from "../temporary.ts";
import { capture } from "./capture.ts";
import { ROOT } from "./process.ts";

const EXAMPLE = `${ROOT}examples/conventions/extism/count_vowels.wasm`;
const PLUGINS = `${ROOT}tests/fixtures/extism`;
const ATTACKS = `${PLUGINS}/attacks.wasm`;

Deno.test("main() runs an Extism plugin as it is", async () => {
  const { code, out, err } = await capture(["run", EXAMPLE, "count_vowels", "hello"]);
  assertEquals([code, err], [0, ""]);
  assertEquals(JSON.parse(out), { count: 2, total: 2, vowels: "aeiouAEIOU" });
  const config = await capture([
    ...["run", EXAMPLE, "count_vowels", "hello"],
    ...["--config", '{"vowels":"l"}', "--isolation", "worker"],
  ]);
  assertEquals(JSON.parse(config.out), { count: 2, total: 2, vowels: "l" });
  const unknown = await capture(["run", EXAMPLE, "count_consonants", "hello"]);
  assertEquals([unknown.code, unknown.out], [5, ""]);
  assertStringIncludes(unknown.err, '"count_consonants"');
});

Deno.test("main() runs an Extism manifest, with its asks", async () => {
  await using directory = await temporaryDirectory({
    "plugin.json": {
      wasm: [{ path: "plugin.wasm" }],
      allowed_hosts: ["127.0.0.1"],
      config: { vowels: "o" },
    },
    "plugin.wasm": await Deno.readFile(EXAMPLE),
  });
  const args = ["run", `${directory.path}/plugin.json`, "count_vowels", "hello"];
  const refused = await capture(args);
  assertEquals([refused.code, refused.out], [4, ""]);
  assertStringIncludes(refused.err, "--grant 'net=127.0.0.1:*'");
  const { out } = await capture([...args, "--grant", "net=127.0.0.1:*"]);
  assertEquals(JSON.parse(out), { count: 1, total: 1, vowels: "o" });
});

Deno.test("main() runs an Extism plugin that is a program, and gives its output", async () => {
  const args = ["run", `${PLUGINS}/command.wasm`, "_start"];
  assertEquals(await capture([...args, "once "]).then(({ code, out }) => [code, out]), [
    0,
    "once 1",
  ]);
  const typed = { input: new Blob(["typed "]).stream() };
  assertEquals((await capture(args, typed)).out, "typed 1");
  // without input it exits with a status, which is the command's
  assertEquals((await capture(args, { input: new Blob([]).stream() })).code, 3);
});

Deno.test("main() stops an Extism plugin that loops", async () => {
  for (const isolation of ["inline", "worker"]) {
    const start = performance.now();
    const args = ["run", ATTACKS, "loop", "--timeout", "100", "--isolation", isolation];
    const { code, err } = await capture(args);
    assertEquals(code, 6);
    assertStringIncludes(err, "--timeout");
    assert(performance.now() - start < 5_000, `${performance.now() - start} ms`);
  }
});

Deno.test("main() stops an Extism plugin's memory and its blocks at the limit", async () => {
  for (const fn of ["grow", "hoard"]) {
    const json = ["--memory", "4MiB", "--timeout", "5000", "--json"];
    const { code, out } = await capture(["run", ATTACKS, fn, ...json]);
    assertEquals([code, JSON.parse(out).error.code], [5, fn === "grow" ? "trap" : "memory-limit"]);
  }
});

Deno.test("main() lets an Extism plugin send requests where it may, also after a redirect", async () => {
  let asked = 0;
  const other = serve(() => new Response(`${asked++}`));
  const granted = serve((request) => {
    if (new URL(request.url).pathname === "/") return new Response("answered");
    return new Response(null, { status: 302, headers: { location: other.origin } });
  });
  const fetch = (path: string, ...grants: string[]) =>
    capture([
      ...["run", ATTACKS, "fetch", JSON.stringify({ url: `${granted.origin}${path}` })],
      ...grants.flatMap((host) => ["--grant", `net=${host}`]),
    ]);
  try {
    const refused = await fetch("/");
    assertEquals([refused.code, refused.out], [4, ""]);
    assertEquals((await fetch("/", granted.host)).out, "answered");
    const away = await fetch("/away", granted.host);
    assertEquals([away.code, away.out, asked], [4, "", 0]);
    assertStringIncludes(away.err, other.host);
    assertEquals((await fetch("/away", granted.host, other.host)).out, "0");
  } finally {
    await Promise.all([granted.close(), other.close()]);
  }
});

function serve(answer: (request: Request) => Response) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
  const host = `127.0.0.1:${(server.addr as Deno.NetAddr).port}`;
  return { host, origin: `http://${host}`, close: () => server.shutdown() };
}
