/** Directories of WASI programs: given by operators, granted as `fs`, recorded, capped and taken back. @module */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import {
  type AuditRecord,
  type Extension,
  ExtensionError,
  ExtensionHost,
  type LoadOptions,
  MemoryFiles,
} from "../../mod.ts";
import { boundPreopen } from "../../capabilities/preopen.ts";
import { temporaryDirectory } from "../temporary.ts";

const at = (path: string) => fromFileUrl(new URL(`../${path}`, import.meta.url));
const CALLS = at("conformance/wasi_guests/calls/calls.wasm");
const POSIX = at("conformance/wasi_guests/posix/posix.wasm");

/** A host that writes everything down. */
function recording() {
  const audit: AuditRecord[] = [];
  const lines: string[] = [];
  const host = new ExtensionHost({
    log: () => {},
    audit: (record) => void audit.push(record),
    limits: { timeoutMs: 20_000 },
  });
  const streams = { stdout: (bytes: Uint8Array) => lines.push(new TextDecoder().decode(bytes)) };
  return { host, audit, lines, streams, [Symbol.asyncDispose]: () => host.close() };
}

async function statusOf(program: Extension): Promise<number> {
  try {
    await program.invoke("_start");
    return 0;
  } catch (error) {
    if (!(error instanceof ExtensionError)) throw error;
    return error.exitStatus ?? -1;
  }
}

Deno.test("boundPreopen() refuses names and caps that make no sense", () => {
  assertEquals(boundPreopen("/", "/a").write, false);
  assertEquals(boundPreopen("/", { host: "/a", bytes: null, files: 1 }).bytes, Infinity);
  for (const guest of ["", "a\0b", "x".repeat(5_000)]) {
    assertThrows(() => boundPreopen(guest, "/a"), TypeError, "name");
  }
  assertThrows(() => boundPreopen("/", ""), TypeError, "path");
  for (const bytes of [0, -1, 1.5, NaN]) {
    assertThrows(() => boundPreopen("/", { host: "/a", bytes }), TypeError, "bytes");
  }
});

Deno.test("load() refuses to preopen what is no directory, or never for programs", async () => {
  await using place = recording();
  for (const path of [CALLS, "/nonexistent", "/proc", "/dev", "/sys/kernel"]) {
    const options = { preopens: { "/": path } };
    await assertRejects(() => place.host.load(CALLS, options), Error, "Cannot preopen", path);
  }
  assertEquals(place.host.get("calls"), undefined);
});

Deno.test("load() refuses directories for engines that run no WASI programs", async () => {
  await using place = recording();
  const preopens = { "/": new MemoryFiles() };
  const script = { name: "a.js", bytes: new TextEncoder().encode("function f() {}") };
  const load = () => place.host.load(script, { preopens, runtime: "quickjs" });
  assertEquals((await assertRejects(load, ExtensionError)).code, "unsupported");
});

Deno.test("each operation on the host is recorded, and ends when the directories are taken back", async () => {
  await using temporary = await temporaryDirectory();
  await using place = recording();
  const program = await place.host.load(POSIX, {
    preopens: { "/": { host: temporary.path, write: true } },
  });
  assertEquals(await statusOf(program), 0);
  const operations = new Set(
    place.audit.filter(({ capability }) => capability === "preopens").map((one) => one.operation),
  );
  for (const name of ["open", "read", "write", "rename", "makeDirectory", "unlink", "makeLink"]) {
    assert(operations.has(`wasi_${name}`), name);
  }
  const made = place.audit.find(({ operation }) => operation === "wasi_makeDirectory");
  assertEquals([made?.summary, made?.outcome], ["d", "allowed"]);
  // what it may not see is no part of what guests of other kinds see either
  assertEquals(program.grants.has("preopens"), true);
  program.grants.revoke("preopens");
  assertEquals(await statusOf(program), 1);
  assertEquals([...Deno.readDirSync(temporary.path)], []);
});

Deno.test("a program that is granted fs finds its own directory as its root, counted with what is there", async () => {
  await using temporary = await temporaryDirectory({
    "extensions/posix/extension.json": {
      name: "posix",
      runtime: "wasm",
      abi: "wasi",
      module: "posix.wasm",
      capabilities: [{ name: "fs" }],
    },
  });
  const { path } = temporary;
  await Deno.copyFile(POSIX, join(path, "extensions/posix/posix.wasm"));
  const load = async (grants: LoadOptions["grants"]) => {
    const host = new ExtensionHost({
      log: () => {},
      storageRoot: join(path, "storage"),
      limits: { timeoutMs: 20_000 },
    });
    const program = await host.load(join(path, "extensions/posix"), {
      ...grants ? { grants } : {},
    });
    return { program, [Symbol.asyncDispose]: () => host.close() };
  };
  await using granted = await load({ fs: { read: ["."], write: ["."] } });
  assertEquals(await statusOf(granted.program), 0);
  // it loses them with the grant
  granted.program.grants.revoke("fs");
  assertEquals(await statusOf(granted.program), 1);
  await using readOnly = await load({ fs: { read: ["."] } });
  assertEquals(await statusOf(readOnly.program), 1);
  await using capped = await load({ fs: { read: ["."], write: ["."], files: 20 } });
  assertEquals(await statusOf(capped.program), 1);
  await assertRejects(() => load(undefined), Error, "--grant");
});

Deno.test("path_symlink() is refused where the process may not make links, and all else works", async () => {
  await using temporary = await temporaryDirectory();
  const program = `
    import { ExtensionHost } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    const host = new ExtensionHost({ log: () => {}, limits: { timeoutMs: 20_000 } });
    const [, work, module, part] = Deno.args;
    const extension = await host.load(module, {
      args: [part, "/work"], preopens: { "/work": { host: work, write: true } },
      streams: { stdout: (bytes) => Deno.stdout.writeSync(bytes) },
    });
    await extension.invoke("_start").catch((error) => console.log(error.exitStatus));
    await host.close();`;
  const run = async (part: string) => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--no-check", "--cached-only", "--allow-env"],
        `--config=${at("../deno.json")}`,
        `--allow-read=${at("../")},${temporary.path}`,
        `--allow-write=${temporary.path}`,
        `data:application/typescript,${encodeURIComponent(program)}`,
        ...["", temporary.path, CALLS, part],
      ],
      env: { NO_COLOR: "1" },
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  assertEquals(await run("names"), "");
  assert((await run("links")).includes('path_symlink("target", root, path): errno 76') === false);
  assert((await run("links")).includes("errno 76 instead of SUCCESS"));
});

Deno.test("MemoryFiles keep what a program left, within their caps", async () => {
  const files = new MemoryFiles({ bytes: 20_000, files: 5 });
  files.write("a/b/c.txt", "text");
  files.write("a/b/c.txt", new Uint8Array([1, 2]));
  assertEquals(files.read("a/b/c.txt"), new Uint8Array([1, 2]));
  assertEquals([files.list(), files.list("a/b"), files.list("missing")], [
    ["a"],
    ["c.txt"],
    undefined,
  ]);
  assertEquals([files.read("a"), files.read("missing")], [undefined, undefined]);
  for (const path of ["", "/a", "a/", "a//b", "../a", "a\0"]) {
    assertThrows(() => files.write(path, ""), TypeError, "plain");
  }
  assertThrows(() => files.write("big", new Uint8Array(30_000)), RangeError, "does not fit");
  assertThrows(() => files.write("a", ""), RangeError);
  files.write("d/e", "");
  assertThrows(() => files.write("f", ""), RangeError);
  for (const bytes of [0, -1, 1.5]) assertThrows(() => new MemoryFiles({ bytes }), RangeError);

  // one directory for every call
  await using place = recording();
  const shared = new MemoryFiles();
  const program = await place.host.load(POSIX, { preopens: { "/": shared } });
  shared.write("d/in", "the way");
  assertEquals(await statusOf(program), 1);
  assertEquals(new TextDecoder().decode(shared.read("moved/in") ?? shared.read("d/in")), "the way");
});
