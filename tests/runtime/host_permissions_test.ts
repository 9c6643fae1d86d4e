/** Tests of runtime/host_permissions.ts: a host with exactly these flags can do everything, with less it cannot. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { mergeFlags, readFlag, writeFlag } from "../../capabilities/permission_flags.ts";
import { ExtensionHost, hostPermissions } from "../../mod.ts";
import { ECHO_WASM } from "../fixtures/consumer/echo_wasm.ts";
import { capture } from "../cli/capture.ts";
import { temporaryDirectory } from "../temporary.ts";

const ROOT = new URL("../../", import.meta.url);

/** Loads the directory, calls `run` of each extension, and prints what came of it. */
const HOST = `
import { ExtensionHost } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};
const [root, storageRoot, grants, port] = JSON.parse(Deno.args[0]);
await using host = new ExtensionHost({ storageRoot, log: () => {}, grants });
const loaded = await host.loadDir(root);
const out = Object.fromEntries(loaded.failures.map(({ source, error }) => [source, error.message]));
for (const [name, extension] of loaded) {
  out[name] = await extension.invoke("run", "1").then((bytes) => new TextDecoder().decode(bytes), String);
}
if (port !== undefined) {
  out.served = await host.serve({ port }).then(async ({ url }) => await (await fetch(url + "hi")).text(), String);
}
console.log(JSON.stringify(out));
Deno.exit(0);
`;

/** One extension of each kind of need; the address is granted too. */
function extensions(address: string) {
  return temporaryDirectory({
    "host.ts": HOST,
    "all/env/extension.json": {
      name: "env",
      runtime: "js",
      module: "a.js",
      capabilities: [{ name: "env", names: ["AIRLOCK_T"] }],
    },
    "all/env/a.js": "export const run = () => airlock.env.get('AIRLOCK_T');",
    "all/net/extension.json": {
      name: "net",
      runtime: "quickjs",
      module: "a.js",
      capabilities: [{ name: "net", hosts: [address] }],
    },
    "all/net/a.js":
      `export const run = async () => (await airlock.net.fetch("http://${address}/")).status;`,
    "all/typed/extension.json": { name: "typed", runtime: "quickjs", module: "a.ts" },
    "all/typed/a.ts": "export const run = (value: number): number => value + 1;",
    "all/files/extension.json": {
      name: "files",
      runtime: "quickjs",
      module: "a.js",
      capabilities: [{ name: "fs", read: ["data/"], write: ["data/"] }],
    },
    "all/files/a.js": `export const run = async () => {
      await airlock.fs.write("data/a.txt", new TextEncoder().encode("kept"));
      return new TextDecoder().decode(await airlock.fs.read("data/a.txt"));
    };`,
    "all/data/extension.json": {
      name: "data",
      runtime: "quickjs",
      module: "a.js",
      capabilities: ["sqlite"],
    },
    "all/data/a.js":
      "export const run = async () => (await airlock.sqlite.query('SELECT 6 * 7')).rows;",
    "all/programs/extension.json": {
      name: "programs",
      runtime: "quickjs",
      module: "a.js",
      capabilities: [{ name: "run", executables: [["/bin/sh", "-c", "exit 7"]] }],
    },
    "all/programs/a.js":
      "export const run = async () => (await airlock.run.start(['/bin/sh', '-c', 'exit 7'])).code;",
    "all/site/extension.json": {
      name: "site",
      runtime: "quickjs",
      module: "a.js",
      capabilities: ["http.serve"],
      routes: [{ path: "/hi", handler: "hi" }],
    },
    "all/site/a.js": "export const run = () => 1; export const hi = () => 'hello';",
    "all/wasm/extension.json": {
      name: "wasm",
      runtime: "wasm",
      module: "a.wasm",
      exports: ["echo"],
    },
    "all/wasm/a.wasm": ECHO_WASM,
  });
}

async function start(
  script: string,
  flags: readonly string[],
  input: readonly unknown[],
): Promise<{ readonly [name: string]: string }> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--cached-only",
      "--no-check",
      `--config=${fromFileUrl(new URL("deno.json", ROOT))}`,
      ...flags,
      script,
      JSON.stringify(input),
    ],
    env: { AIRLOCK_T: "hello" },
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") return { failed: new TextDecoder().decode(stderr) };
  return JSON.parse(text);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** What `airlock permissions` prints, as a shell reads it. */
async function printedFlags(
  directory: string,
  storageRoot: string,
  port: number,
): Promise<readonly string[]> {
  const { code, out } = await capture([
    "permissions",
    directory,
    `--storage-root=${storageRoot}`,
    `--port=${port}`,
  ]);
  assertEquals(code, 0);
  const shell = new Deno.Command("sh", { args: ["-c", `printf '%s\\n' ${out}`], stdin: "null" });
  const { stdout } = await shell.output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

/** The same flags with one thing less, for each thing. */
function less(flags: readonly string[]): readonly (readonly [string, readonly string[]])[] {
  return flags.flatMap((flag, at) => {
    const { kind, items = [] } = readFlag(flag);
    return items.map((item) => {
      const rest = items.filter((each) => each !== item);
      const kept = rest.length === 0 ? [] : [writeFlag(kind, ...rest)];
      return [`${kind} ${item}`, [...flags.slice(0, at), ...kept, ...flags.slice(at + 1)]] as const;
    });
  });
}

Deno.test("hostPermissions() are enough for everything in a directory, and not more", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("ok"),
  );
  const address = `127.0.0.1:${server.addr.port}`;
  await using dir = await extensions(address);
  await using host = new ExtensionHost();
  const storageRoot = `${dir.path}/storage`;
  const port = freePort();
  const { flags, reasons, notes } = await hostPermissions(host, `${dir.path}/all`, {
    storageRoot,
    port,
  });
  assert(notes.some((note) => note.includes("everything its user may")));
  assert(
    reasons.some(({ flag, reason }) =>
      flag === `--allow-net=${address}` && reason === "net of net"
    ),
  );
  assert(notes.some((note) => note.includes("every right of this user")));
  const grants = {
    "env/": { env: true },
    "net/": { net: true },
    "files/": { fs: true },
    "data/": { sqlite: true },
    "programs/": { run: true },
    "site/": { "http.serve": true },
  };
  const input = [`${dir.path}/all`, storageRoot, grants, port];
  const script = `${dir.path}/host.ts`;
  const printed = await printedFlags(`${dir.path}/all`, storageRoot, port);
  assertEquals(printed, flags);
  const all = await start(script, printed, input);
  const { wasm, ...rest } = all;
  assertStringIncludes(wasm ?? "", `no function "run"`);
  assertEquals(rest, {
    env: '"hello"',
    net: "200",
    typed: "2",
    files: '"kept"',
    data: "[[42]]",
    programs: "7",
    site: "1",
    served: "hello",
  });
  // programs that only strengthen the confinement of children, and folders that only some tools read
  const needed = less(flags).filter(([what]) => !/^run (?:prlimit|setpriv)$/.test(what));
  for (const [what, fewer] of needed) {
    const found = await start(script, fewer, input);
    assert(JSON.stringify(found) !== JSON.stringify(all), `not needed: ${what}`);
  }
});

Deno.test("load() of a host that may not do what is granted says which flag it lacks", async () => {
  await using dir = await extensions("127.0.0.1:9");
  const grants = { "net/": { net: true }, "env/": { env: true }, "files/": { fs: true } };
  const input = [`${dir.path}/all`, `${dir.path}/storage`, grants];
  const found = await start(`${dir.path}/host.ts`, [
    `--allow-read=${dir.path}/all`,
    `--allow-run=${Deno.execPath()}`,
    "--deny-env",
  ], input);
  assertStringIncludes(found[`${dir.path}/all/net`] ?? "", "start it with --allow-net=127.0.0.1:9");
  assertStringIncludes(found[`${dir.path}/all/env`] ?? "", "start it with --allow-env=AIRLOCK_T");
  assertStringIncludes(found[`${dir.path}/all/files`] ?? "", "--allow-write=");
});

Deno.test("hostPermissions() with grants name what is granted only, and no more than is asked", async () => {
  await using dir = await temporaryDirectory({
    "a/extension.json": { name: "a", runtime: "native", capabilities: ["net", "kv"] },
    "b/extension.json": {
      name: "b",
      runtime: "native",
      capabilities: [{ name: "net", hosts: ["x.example:443"] }],
    },
  });
  await using host = new ExtensionHost();
  const read = `--allow-read=${dir.path}`;
  const all = await hostPermissions(host, dir.path);
  assertEquals(all.flags, ["--allow-net", read]);
  assertEquals(all.notes.length, 1);
  const load = { grants: { net: { hosts: ["x.example:443", "y.example:443"] } } };
  const some = await hostPermissions(host, dir.path, { load });
  assertEquals(some.flags, ["--allow-net=x.example,y.example", read]);
  assertEquals((await hostPermissions(host, dir.path, { load: { grants: {} } })).flags, [read]);
});

Deno.test("mergeFlags() gives the fewest flags, and keeps commas in what they name", () => {
  const flags = ["--allow-read=/b,/a", "--allow-net=x", "--allow-read=/a,/c,,d", "--allow-net"];
  assertEquals(mergeFlags(flags), ["--allow-net", "--allow-read=/a,/b,/c,,d"]);
  assertEquals(readFlag("--allow-read=/c,,d,/e").items, ["/c,d", "/e"]);
  for (const wrong of ["", "net", "--allow-net=", "--deny-net", "--allow-NET"]) {
    let thrown: unknown;
    try {
      readFlag(wrong);
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof TypeError, wrong);
  }
});

Deno.test("hostPermissions() of one extension are those of its asks", async () => {
  await using dir = await extensions("127.0.0.1:9");
  await using host = new ExtensionHost();
  const path = `${dir.path}/all/net`;
  const { flags, notes } = await hostPermissions(host, path);
  assertEquals([flags, notes], [["--allow-net=127.0.0.1:9", `--allow-read=${path}`], []]);
});

Deno.test("hostPermissions() count modules without a manifest, and say what only they know", async () => {
  const at = (path: string) => new URL(`tests/fixtures/${path}`, ROOT);
  await using dir = await temporaryDirectory({
    "cell.wasm": await Deno.readFile(at("pulp/server/server.wasm")),
    "plugin.wasm": await Deno.readFile(at("gk/asker.wasm")),
    "notes.txt": "",
  });
  await using host = new ExtensionHost();
  const { flags, reasons, notes } = await hostPermissions(host, dir.path);
  assertEquals(flags, ["--allow-net=127.0.0.1:8000", `--allow-read=${dir.path}`]);
  assert(reasons.some(({ reason }) => reason === "http.serve of cell.wasm"));
  assert(notes.some((note) => note.startsWith("plugin.wasm has no list")));
});
