/** Tests of capabilities/grant_store.ts and grant_file.ts: what is kept, and which files are refused. @module */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { GrantStore } from "../../capabilities/grant_store.ts";
import { temporaryDirectory } from "../temporary.ts";

const DIGEST = `sha256-${"ab".repeat(32)}`;

function fileWith(grants: unknown, version: unknown = 1): string {
  return JSON.stringify({ version, grants });
}

Deno.test("remember() writes a file for its owner only, sorted, and leaves nothing else behind", async () => {
  await using dir = await temporaryDirectory();
  const path = `${dir.path}/airlock.grants.json`;
  const store = new GrantStore(path);
  await store.remember(DIGEST, "notes\u001b[2J", "net", { hosts: ["a.example:443"] });
  await store.remember(DIGEST, "notes\u001b[2J", "kv", true);
  await store.remember(DIGEST, "notes\u001b[2J", "env", false);
  const text = await Deno.readTextFile(path);
  assertEquals(JSON.parse(text), {
    version: 1,
    grants: {
      [DIGEST]: {
        name: "notes\\u{1b}[2J",
        decisions: { env: false, kv: true, net: { hosts: ["a.example:443"] } },
      },
    },
  });
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["airlock.grants.json"]);
  const other = new GrantStore(path);
  assertEquals(await other.recall(DIGEST, "env"), false);
  assertEquals({ ...await other.recall(DIGEST, "net") as object }, { hosts: ["a.example:443"] });
  assertEquals(await other.recall(DIGEST, "constructor"), undefined);
  await other.forget(DIGEST, "net");
  assertEquals(await store.recall(DIGEST, "net"), undefined);
  await other.forget(DIGEST);
  assertEquals(await store.recall(DIGEST, "kv"), undefined);
});

Deno.test("remember() loses nothing when many decisions are kept at once", async () => {
  await using dir = await temporaryDirectory();
  const store = new GrantStore(`${dir.path}/grants.json`);
  const names = Array.from({ length: 12 }, (_, at) => `cap${at}`);
  await Promise.all(names.map((name) => store.remember(DIGEST, "notes", name, true)));
  const kept = await Promise.all(names.map((name) => store.recall(DIGEST, name)));
  assertEquals(kept.every((decision) => decision === true), true);
});

Deno.test("recall() refuses a file that is not one of its own, and says where", async () => {
  await using dir = await temporaryDirectory();
  const path = `${dir.path}/grants.json`;
  const store = new GrantStore(path);
  const entry = { name: "notes", decisions: { kv: true } };
  const cases: readonly (readonly [string, string])[] = [
    ["{", "JSON"],
    ["[]", "object"],
    [fileWith({}, 2), "version must be 1: current value is 2"],
    [fileWith({}, "1"), "version"],
    [JSON.stringify({ version: 1 }), '"grants"'],
    [JSON.stringify({ version: 1, grants: {}, all: true }), 'unknown key "all"'],
    [fileWith({ notes: entry }), '"notes" is no digest'],
    [`{"version":1,"grants":{"__proto__":{}}}`, "key"],
    [fileWith({ [DIGEST]: { ...entry, all: true } }), 'unknown key "all"'],
    [fileWith({ [DIGEST]: { name: "notes", decisions: { kv: "yes" } } }), "kv"],
    [fileWith({ [DIGEST]: { name: "notes", decisions: { "k v": true } } }), "k v"],
    [
      `{"version":1,"grants":{"${DIGEST}":{"name":"a","decisions":{"kv":true,"kv":false}}}}`,
      "repeated",
    ],
    [" ".repeat(2_000_000), "bytes"],
  ];
  for (const [text, expected] of cases) {
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    const error = await assertRejects(() => store.recall(DIGEST, "kv"), TypeError);
    assertStringIncludes(error.message, path);
    assertStringIncludes(error.message, expected, text.slice(0, 80));
    // what cannot be read is not overwritten either
    await assertRejects(() => store.remember(DIGEST, "notes", "kv", true), TypeError);
    assertEquals(await Deno.readTextFile(path), text);
  }
});

Deno.test("recall() refuses a file that others may write", async () => {
  await using dir = await temporaryDirectory({ "grants.json": fileWith({}) });
  const path = `${dir.path}/grants.json`;
  for (const mode of [0o620, 0o602]) {
    await Deno.chmod(path, mode);
    const error = await assertRejects(() => new GrantStore(path).recall(DIGEST, "kv"), TypeError);
    assertStringIncludes(error.message, "chmod go-w");
  }
  await assertRejects(() => new GrantStore(dir.path).recall(DIGEST, "kv"), TypeError);
});

Deno.test("remember() refuses what it could not read again", async () => {
  await using dir = await temporaryDirectory();
  const store = new GrantStore(`${dir.path}/grants.json`);
  await assertRejects(() => store.remember("notes", "notes", "kv", true), TypeError);
  await assertRejects(() => Deno.stat(store.path), Deno.errors.NotFound);
});
