/** Files of extensions: kept, counted, apart from each other and from everything else. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { JsonObject } from "../../../manifest/manifest.ts";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { CapabilityError, OperationError } from "../../../capabilities/errors.ts";
import { resolveGrants } from "../../../capabilities/grant.ts";
import { temporaryDirectory } from "../../temporary.ts";
import { ask } from "../open.ts";
import { codeOf, openFs } from "./fs_guest.ts";

Deno.test("fs writes, reads, lists, tells and deletes in a directory of its own", async () => {
  await using temporary = await temporaryDirectory();
  const storage = join(temporary.path, "store", "notes");
  await using notes = await openFs({}, { storage });
  assertEquals(await notes.read("a.txt"), null);
  assertEquals(await notes.call("list", "."), null);
  await notes.write("deep/er/a.txt", "hello");
  await notes.write("b", new Uint8Array([1, 2]));
  await notes.write("b", new Uint8Array([3]));
  assertEquals(await notes.text("deep//er/./a.txt"), "hello");
  assertEquals(await notes.read("b"), new Uint8Array([3]));
  const entries = [{ name: "b", kind: "file" }, { name: "deep", kind: "directory" }];
  assertEquals(await notes.call("list", ""), entries);
  const stat = await notes.call("stat", "deep/er/a.txt") as JsonObject;
  assertEquals([stat["kind"], stat["size"]], ["file", 5]);
  assert(Math.abs(Date.now() - (stat["mtime"] as number)) < 60_000);
  assertEquals(await notes.call("stat", "b/c"), null);
  assertEquals(await notes.call("delete", "b"), true);
  assertEquals(await notes.call("delete", "b"), false);
  await assertRejects(() => notes.call("delete", "deep"), OperationError, "something in it");
  assertEquals(await notes.call("delete", "deep/er/a.txt"), true);
  assertEquals(await notes.call("delete", "deep/er"), true);
  for (const path of [".", "deep"]) {
    await assertRejects(() => notes.write(path, "x"), OperationError, "no file");
  }
  await assertRejects(() => notes.read("deep"), OperationError, "no file");
  assertEquals(notes.audit.at(-1)?.summary, "deep");
});

Deno.test("fs keeps what it writes from other users of the machine", async () => {
  await using temporary = await temporaryDirectory();
  const storage = join(temporary.path, "notes");
  await using notes = await openFs({}, { storage });
  await notes.write("d/a", "x");
  for (const path of [storage, join(storage, "d"), join(storage, "d", "a")]) {
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o077, 0, path);
  }
});

Deno.test("fs covers the granted paths only, each for what it is granted", async () => {
  await using temporary = await temporaryDirectory({
    "notes/data/a": "a",
    "notes/database/a": "b",
    "notes/cache/a": "c",
    "outside/in/a": "o",
    "outside/b": "o",
  });
  const { path } = temporary;
  const outside = `${path}/outside/in`;
  const args = { read: ["data/", outside], write: ["cache/", `${outside}/log.txt`] };
  await temporary.write({ "outside/in/log.txt": "" });
  await using notes = await openFs(args, { storage: join(path, "notes") });
  assertEquals(await notes.text("data/a"), "a");
  assertEquals(await notes.text(`${outside}/a`), "o");
  await notes.write("cache/x/y", "new");
  await notes.write(`${outside}/log.txt`, "logged");
  assertEquals(await Deno.readTextFile(`${outside}/log.txt`), "logged");
  const refused: [string, string, string, string][] = [
    ["read", "cache/a", "read", "cache/a"],
    ["read", "database/a", "read", "database/a"],
    ["list", ".", "read", "."],
    ["stat", "/etc/passwd", "read", "/etc/passwd"],
    ["read", `${path}/outside/b`, "read", `${path}/outside/b`],
    ["read", `${path}/notes/data/a`, "read", `${path}/notes/data/a`],
    ["delete", "data/./a", "write", "data/a"],
    ["write", `${outside}/a`, "write", `${outside}/a`],
  ];
  for (const [operation, target, mode, needed] of refused) {
    const error = await assertRejects(() => notes.call(operation, target), CapabilityError);
    const grant = mode === "read" ? `fs=${needed}` : `fs={"write":["${needed}"]}`;
    assertEquals([error.code, error.grant], ["denied", grant]);
    assertEquals(notes.audit.at(-1)?.outcome, "denied");
  }
});

Deno.test("fs denies paths that climb or are none, in every operation", async () => {
  await using temporary = await temporaryDirectory({ "secret": "s", "notes/a": "a" });
  await using notes = await openFs({}, { storage: join(temporary.path, "notes") });
  const paths = ["../secret", "a/../../secret", "%2e%2e/secret", "..\\secret", "C:secret", "a\0b"];
  for (const path of [...paths, "nul", "//a", "../notes/a"]) {
    for (const operation of ["read", "write", "delete", "list", "stat"]) {
      assertEquals(await codeOf(notes.call(operation, path, "x")), "denied", path);
      assertEquals(notes.audit.at(-1)?.outcome, "denied");
    }
  }
  for (const path of [undefined, null, 7, ["a"], new Uint8Array(1)]) {
    await assertRejects(() => notes.call("read", path as never), TypeError);
  }
  await assertRejects(() => notes.call("write", "b", 7 as never), TypeError);
  assertEquals(await Deno.readTextFile(join(temporary.path, "secret")), "s");
});

Deno.test("fs keeps no more bytes and files than it may, old ones included", async () => {
  await using temporary = await temporaryDirectory({ "notes/old": "x".repeat(60) });
  const storage = join(temporary.path, "notes");
  const quota = async (promise: Promise<unknown>) => assertEquals(await codeOf(promise), "quota");
  {
    await using notes = await openFs({ bytes: 100, files: 4 }, { storage });
    await notes.write("a", "x".repeat(40));
    await quota(notes.write("a", "x".repeat(41)));
    assertEquals((await notes.read("a"))?.length, 40);
    await notes.write("old", "");
    await notes.write("b", "x".repeat(60));
    await quota(notes.write("c", "x"));
    await notes.write("c", "");
    await quota(notes.write("d", ""));
    await quota(notes.write("e/f", ""));
    await notes.call("delete", "a");
    await notes.write("d", "x".repeat(40));
    // each waits for the one before: together they are too much
    await notes.write("b", "");
    const both = await Promise.allSettled([
      notes.write("old", "x".repeat(60)),
      notes.write("c", "x".repeat(60)),
    ]);
    assertEquals(both.map(({ status }) => status), ["fulfilled", "rejected"]);
  }
  await using later = await openFs({ bytes: 100, files: 4 }, { storage });
  await quota(later.write("b", "x"));
  await quota(later.write("e", ""));
});

Deno.test("fs reads no file larger than it may", async () => {
  await using temporary = await temporaryDirectory({ "notes/a": "" });
  await Deno.truncate(join(temporary.path, "notes", "a"), 16 * 1024 * 1024);
  await using notes = await openFs({}, { storage: join(temporary.path, "notes") });
  assertEquals((await notes.read("a"))?.length, 16 * 1024 * 1024);
  await Deno.truncate(join(temporary.path, "notes", "a"), 16 * 1024 * 1024 + 1);
  assertEquals(await codeOf(notes.read("a")), "quota");
});

Deno.test("fs changes nothing for a caller that was stopped while it waited", async () => {
  await using temporary = await temporaryDirectory();
  await using notes = await openFs({}, { storage: join(temporary.path, "notes") });
  const controller = new AbortController();
  const first = notes.write("a", "1");
  const second = notes.call("write", "a", "2", { signal: controller.signal });
  controller.abort("enough");
  assertEquals(await second.catch((reason) => reason), "enough");
  await first;
  await notes.write("b", "");
  assertEquals(await notes.text("a"), "1");
});

Deno.test("fs says that it has no directory, and nothing of this machine", async () => {
  await using notes = await openFs({}, {});
  const error = await assertRejects(() => notes.write("a", "x"), OperationError, "storage root");
  assertEquals(error.code, "unavailable");
});

Deno.test({
  name: "fs fails instead of asking on the terminal, and hides where the host keeps files",
  permissions: { read: ["/nowhere"], write: false },
  async fn() {
    await using notes = await openFs({}, { storage: "/elsewhere/notes" });
    for (const operation of ["read", "write", "list", "stat", "delete"]) {
      const error = await assertRejects(() => notes.call(operation, "a", "x"), OperationError);
      assertEquals([error.code, error.message.includes("elsewhere")], ["unavailable", false]);
      assert(error.cause instanceof Deno.errors.NotCapable);
    }
  },
});

Deno.test("fs grants what both sides name, and all of its own where neither does", () => {
  const registry = new CapabilityRegistry();
  const argsOf = (asked: JsonObject, granted: JsonObject | true) => {
    const request = { extension: "notes", asks: [ask("fs", asked)], granted: { fs: granted } };
    const { bound } = resolveGrants({ ...request, registry });
    const fs = bound.find(({ name }) => name === "fs");
    return fs && { ...fs.args };
  };
  const data = { read: ["data/", "/srv/x"] };
  assertEquals(argsOf(data, true), data);
  assertEquals(argsOf(data, { read: ["."], write: ["."] }), { read: ["data"] });
  assertEquals(argsOf(data, { read: ["data/a", "/srv"] }), { read: ["data/a", "/srv/x"] });
  assertEquals(argsOf({}, data), data);
  assertEquals(argsOf({ bytes: 5 }, { bytes: 9 }), { read: ["."], write: ["."], bytes: 5 });
  let error: unknown;
  try {
    argsOf(data, { write: ["data"] });
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof CapabilityError);
  assertEquals(error.code, "denied");
});

Deno.test("fs refuses arguments that are no plain paths", () => {
  const { capability } = new CapabilityRegistry().get("storage.fs") ?? {};
  for (const path of ["..", "a/../b", "C:\\", "a\0", "con"]) {
    assertEquals(capability?.parse({ read: [path] }).ok, false, path);
  }
  assertEquals(capability?.parse({ reed: ["a"] }).ok, false);
  assertEquals(capability?.parse({ read: ["/srv/a"], write: ["."], bytes: 1, files: 1 }).ok, true);
});

Deno.test("fs tells which flags the host process needs", () => {
  const { capability } = new CapabilityRegistry().get("fs") ?? {};
  const flags = (args: JsonObject, storage?: string) => {
    const parsed = capability?.parse(args);
    return parsed?.ok ? capability?.denoPermissions?.(parsed.grant, storage) : undefined;
  };
  assertEquals(flags({}, "/s/notes"), ["--allow-read=/s/notes", "--allow-write=/s/notes"]);
  assertEquals(flags({ read: ["a", "/x"] }, "/s"), ["--allow-read=/s,/x"]);
  assertEquals(flags({ write: ["/x"] }), ["--allow-read=/x", "--allow-write=/x"]);
});
