/** `airlock serve`: real requests to it, what it tells, and how it ends. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ServedExtension } from "../../mod.ts";
import { main } from "../../cli/main.ts";
import { certificateFor } from "../capabilities/gated/certificate.ts";
import { temporaryDirectory } from "../temporary.ts";
import { capture } from "./capture.ts";
import { airlock } from "./process.ts";

const HELLO = {
  "hello/extension.json": {
    name: "hello",
    runtime: "quickjs",
    module: "hello.js",
    capabilities: ["http.serve"],
    routes: [{ path: "/hello/:who", handler: "hello" }],
  },
  "hello/hello.js":
    'exports.hello = ({ params }) => { log("asked"); return `hello ${params.who}` };' +
    "\nconst log = (text) => airlock.log.write('info', text);",
};

/** Runs the command in this process until `work` is done with its address. */
async function serving(
  args: readonly string[],
  work: (url: string) => Promise<void>,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ["", ""];
  let interrupt = () => {};
  const found = Promise.withResolvers<string>();
  const exit = main(["serve", ...args], {
    out: (bytes) => Promise.resolve(void (out += new TextDecoder().decode(bytes))),
    err(text) {
      err += text;
      const [, url] = /serving at (\S+)/.exec(err) ?? [];
      if (url !== undefined) found.resolve(url);
    },
    input: new Blob([]).stream(),
    outIsTerminal: false,
    errIsTerminal: false,
    noColor: true,
    onInterrupt(listener) {
      interrupt = listener;
      return () => {};
    },
  });
  exit.then(() => found.resolve(""), found.reject);
  const url = await found.promise;
  try {
    if (url !== "") await work(url);
  } finally {
    interrupt();
  }
  return { code: await exit, out, err };
}

Deno.test("serve answers requests, writes each extension's log, and ends well when it is told to", async () => {
  await using directory = await temporaryDirectory(HELLO);
  let answer = "";
  const { code, out, err } = await airlock(
    ["serve", directory.path, "--port=0", "--grant=http.serve"],
    {
      when: [/serving at (\S+)/, async (url) => {
        answer = await (await fetch(`${url}hello/Ada`)).text();
        return "SIGTERM";
      }],
    },
  );
  assertEquals([answer, code, out], ["hello Ada", 0, ""]);
  assertStringIncludes(err, "hello running handlers GET /hello/:who\n");
  assertStringIncludes(err, "info [hello] asked\n");
  assertStringIncludes(err, "hello running: 1 requests\n");
});

Deno.test("serve ends well when one Ctrl-C comes twice, as it does under deno task", async () => {
  await using directory = await temporaryDirectory({
    "slow/extension.json": {
      ...{ name: "slow", runtime: "quickjs", module: "slow.js", capabilities: ["http.serve"] },
      routes: [{ path: "/slow", handler: "slow" }],
    },
    "slow/slow.js": `exports.slow = async () => {
      airlock.log.write("info", "asked");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "done";
    };`,
  });
  let answer: Promise<string> | undefined;
  const { code, err } = await airlock(["serve", directory.path, "--port=0", "--grant=http.serve"], {
    when: [/serving at (\S+)/, async (url) => {
      answer = fetch(`${url}slow`).then((response) => response.text());
      await new Promise((resolve) => setTimeout(resolve, 100));
      return "SIGINT";
    }],
    againAfter: 50,
  });
  assertEquals([await answer, code], ["done", 0], err);
  assertStringIncludes(err, "slow running: 1 requests\n");
});

Deno.test("serve takes one extension, and goes on when others cannot be loaded", async () => {
  await using directory = await temporaryDirectory({
    ...HELLO,
    "broken/extension.json": { name: "broken" },
  });
  for (const path of [directory.path, `${directory.path}/hello`]) {
    const { code, err } = await serving([path, "--port=0", "--grant=http.serve"], async (url) => {
      assertEquals(await (await fetch(`${url}hello/you`)).text(), "hello you");
    });
    assertEquals(code, 0, err);
  }
});

Deno.test("serve tells which module beside others could not be loaded, and why", async () => {
  const plugin = new URL("../../examples/conventions/gk/notes.wasm", import.meta.url);
  await using directory = await temporaryDirectory({
    ...HELLO,
    "notes.wasm": await Deno.readFile(plugin),
  });
  const { code, err } = await serving(
    [directory.path, "--port=0", "--grant=http.serve"],
    () => Promise.resolve(),
  );
  assertEquals(code, 0, err);
  assertStringIncludes(err, "error [notes.wasm]");
  assertStringIncludes(err, "--grant kv");
});

Deno.test("serve serves extensions of every convention side by side", async () => {
  const at = (path: string) => new URL(`../../${path}`, import.meta.url);
  const server = "tests/fixtures/pulp/server";
  await using directory = await temporaryDirectory({
    ...HELLO,
    "notes.wasm": await Deno.readFile(at("examples/conventions/gk/notes.wasm")),
    "cell/pulp.cell.toml": await Deno.readTextFile(at(`${server}/pulp.cell.toml`)),
    "cell/server.wasm": await Deno.readFile(at(`${server}/server.wasm`)),
  });
  const grants = ["http.serve", "ws.serve", "sse.serve", "log", "kv", "sqlite"];
  const { code, err, out } = await serving([
    directory.path,
    "--port=0",
    "--json",
    `--storage-root=${directory.path}/storage`,
    ...grants.map((name) => `--grant=${name}`),
  ], async (url) => {
    assertEquals(await (await fetch(`${url}hello/you`)).text(), "hello you");
    assertEquals(await (await fetch(`${url}notes`)).json(), { notes: [] });
  });
  assertEquals(code, 0, err);
  const [{ extensions }] = out.trim().split("\n").map((line) => JSON.parse(line));
  const driven = extensions.map((one: ServedExtension) => `${one.name} ${one.driver} ${one.state}`);
  assertEquals(driven.sort(), [
    "hello handlers running",
    "notes gk running",
    "server pulp running",
  ]);
});

Deno.test("serve tells programs what happens, a document a line", async () => {
  await using directory = await temporaryDirectory(HELLO);
  const args = [directory.path, "--port=0", "--grant=http.serve", "--json"];
  const { code, out } = await serving(args, async (url) => {
    await (await fetch(`${url}nothing`)).text();
    await (await fetch(`${url}hello/you`)).text();
  });
  const [first, last] = out.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals([code, first.event, last.event], [0, "listening", "ended"]);
  assertEquals(first.extensions[0].routes, ["GET /hello/:who"]);
  assertEquals(last.extensions[0].requests, 1);
});

Deno.test("serve speaks HTTPS with a certificate", async () => {
  const { cert, key } = await certificateFor("localhost");
  await using directory = await temporaryDirectory({ ...HELLO, "cert.pem": cert, "key.pem": key });
  const at = (name: string) => `${directory.path}/${name}`;
  using client = Deno.createHttpClient({ caCerts: [cert] });
  const { code, err } = await serving([
    at("hello"),
    "--port=0",
    "--hostname=localhost",
    "--grant=http.serve",
    `--tls-cert=${at("cert.pem")}`,
    `--tls-key=${at("key.pem")}`,
  ], async (url) => {
    const { port } = new URL(url);
    const response = await fetch(`https://localhost:${port}/hello/you`, { client });
    assertEquals(await response.text(), "hello you");
  });
  assertEquals(code, 0, err);
});

Deno.test("serve refuses what makes no sense, by the table of exit codes", async () => {
  await using directory = await temporaryDirectory({ ...HELLO, "empty/readme.txt": "nothing" });
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const { path } = directory;
  for (
    const [args, exit, hint] of [
      [[`${path}/missing`], 3, "Cannot serve"],
      [[`${path}/empty`], 3, "no extension"],
      [[path], 4, "--grant http.serve"],
      [[path, "--port=x"], 2, "--port"],
      [[path, "--port=70000"], 2, "--port"],
      [[path, "--tls-key=a"], 2, "--tls-cert"],
      [[path, "--tls-cert=/a", "--tls-key=/b"], 2, "--tls-cert"],
      [[path, `--port=${port}`, "--grant=http.serve"], 3, "somebody else listens"],
    ] as const
  ) {
    const { code, err } = await capture(["serve", ...args]);
    assertEquals(code, exit, err);
    assertStringIncludes(err, hint);
  }
});

Deno.test("permissions tells the flag for listening", async () => {
  await using directory = await temporaryDirectory(HELLO);
  const { out } = await capture(["permissions", directory.path]);
  assertStringIncludes(out, "--allow-net=127.0.0.1:8000");
  const other = ["--hostname=::", "--port=9000"];
  assertStringIncludes(
    (await capture(["permissions", directory.path, ...other])).out,
    "--allow-net=[::]:9000",
  );
});
