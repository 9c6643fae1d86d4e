/** Tests of runtime/source.ts: confinement, reading once, digests. @module */

import { assertEquals, assertNotEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { join } from "@std/path";
import { parseManifest } from "../../manifest/parse.ts";
import { Fault } from "../../runtime/errors.ts";
import { integrityHasher } from "../../runtime/integrity.ts";
import { openSource, readFromDirectory, type Source } from "../../runtime/source.ts";
import { temporaryDirectory } from "../temporary.ts";

function open(root: string, modulePath = "a.js", integrity?: string): Source {
  const manifest = parseManifest(JSON.stringify({ name: "a", runtime: "js" }), "test");
  return openSource({
    label: root,
    manifest,
    modulePath,
    readFile: readFromDirectory(root),
    integrity,
    hasher: integrityHasher,
  });
}

Deno.test("read() gives the same bytes for a path, whatever happens to the file", async () => {
  await using dir = await temporaryDirectory({ "a.js": "1" });
  const source = open(dir.path);
  const first = await source.read("a.js");
  await dir.write({ "a.js": "2" });
  assertStrictEquals(await source.read("a.js"), first);
});

Deno.test("read() refuses paths outside the extension", async () => {
  await using dir = await temporaryDirectory({ "ext/a.js": "1", "secret": "2" });
  const source = open(join(dir.path, "ext"));
  const paths = [
    "../secret",
    "/etc/hostname",
    "a\0.js",
    "..\\secret",
    "C:secret",
    "./a.js",
    "",
    "x//y",
  ];
  for (const path of paths) {
    const error = await assertRejects(() => source.read(path), Fault);
    assertEquals(error.code, "unsupported", path);
  }
});

Deno.test("read() follows a link inside the extension and refuses one out of it", async () => {
  await using dir = await temporaryDirectory({ "ext/real.js": "1", "secret": "2" });
  const root = join(dir.path, "ext");
  await Deno.symlink("real.js", join(root, "a.js"));
  await Deno.symlink("../secret", join(root, "out.js"));
  await Deno.symlink("..", join(root, "up"));
  const source = open(root);
  assertEquals(await source.read("a.js"), new TextEncoder().encode("1"));
  for (const path of ["out.js", "up/secret"]) {
    assertEquals((await assertRejects(() => source.read(path), Fault)).code, "unsupported");
  }
});

Deno.test("read() refuses what is no regular file, without waiting for it", async () => {
  await using dir = await temporaryDirectory({ "sub/a.js": "1" });
  const { success } = await new Deno.Command("mkfifo", { args: [join(dir.path, "fifo")] }).output();
  assertEquals(success, true);
  const source = open(dir.path);
  for (const path of ["sub", "fifo"]) {
    assertEquals((await assertRejects(() => source.read(path), Fault)).code, "unsupported");
  }
});

Deno.test("read() checks the module's integrity, and only the module's", async () => {
  await using dir = await temporaryDirectory({ "a.js": "abc", "b.js": "other" });
  const right = await integrityHasher.hash(new TextEncoder().encode("abc"));
  assertEquals((await open(dir.path, "a.js", right).read("a.js")).length, 3);
  const source = open(dir.path, "a.js", `sha256-${"0".repeat(64)}`);
  assertEquals((await assertRejects(() => source.read("a.js"), Fault)).code, "integrity");
  assertEquals((await source.read("b.js")).length, 5);
});

Deno.test("digest() covers the manifest and every file that was read", async () => {
  await using dir = await temporaryDirectory({ "a.js": "1", "b.js": "2" });
  const source = open(dir.path);
  const empty = await source.digest();
  await source.read("a.js");
  const one = await source.digest();
  await source.read("b.js");
  const two = await source.digest();
  assertNotEquals(empty, one);
  assertNotEquals(one, two);
  const again = open(dir.path);
  await again.read("b.js");
  await again.read("a.js");
  assertEquals(await again.digest(), two);
  await dir.write({ "b.js": "3" });
  const changed = open(dir.path);
  await changed.read("a.js");
  await changed.read("b.js");
  assertNotEquals(await changed.digest(), two);
});
