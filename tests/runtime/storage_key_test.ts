/** Whose files are whose under the host's storage root. @module */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ExtensionHost } from "../../mod.ts";
import { storageDirectory } from "../../runtime/storage_key.ts";
import { temporaryDirectory } from "../temporary.ts";

Deno.test("storageDirectory() goes by the directory's name, else by digest", () => {
  const digest = "sha256-00ff";
  assertEquals(storageDirectory("/s", { directoryKey: "notes/", digest }), join("/s", "notes"));
  assertEquals(storageDirectory("/s", { directoryKey: undefined, digest }), join("/s", digest));
  assertEquals(storageDirectory("/s", { directoryKey: undefined, digest: undefined }), undefined);
  assertEquals(storageDirectory(undefined, { directoryKey: "notes/", digest }), undefined);
});

Deno.test("storageDirectory() is one part of a path, and no directory passes for a digest", () => {
  const names = ["..", ".", "a/b", "a\\b", "C:", "sha256-00ff", "sha256%2D00ff", "ü", "a.b"];
  const found = names.map((name) =>
    storageDirectory("/s", { directoryKey: `${name}/`, digest: "" })
  );
  assertEquals(new Set(found).size, names.length);
  for (const path of found) {
    assertEquals(path?.startsWith(join("/s", "x").slice(0, -1)), true);
    assertEquals(/^[\w%-]+$/.test(path?.slice(3) ?? ""), true, path);
    assertEquals(path?.slice(3).startsWith("sha256-"), false);
  }
});

Deno.test("ExtensionHost keeps files of each extension under storageRoot, over updates", async () => {
  const manifest = (name: string) => ({
    name,
    runtime: "quickjs",
    module: "main.js",
    exports: ["put", "get"],
    capabilities: ["fs"],
  });
  const source = (version: number) =>
    `// ${version}
     async function put(text) { await airlock.fs.write("state/last", text); return "" }
     async function get() {
       const bytes = await airlock.fs.read("state/last");
       return bytes === null ? "nothing" : String.fromCharCode(...bytes);
     }`;
  await using temporary = await temporaryDirectory({
    // both call themselves the same: what is theirs goes by directory
    "extensions/one/extension.json": manifest("notes"),
    "extensions/one/main.js": source(1),
    "extensions/two/extension.json": manifest("diary"),
    "extensions/two/main.js": source(1),
  });
  const extensions = join(temporary.path, "extensions");
  const storageRoot = join(temporary.path, "storage");
  const grants = { "one/": { fs: true }, "two/": { fs: true } } as const;
  const text = async (answer: Promise<Uint8Array>) => new TextDecoder().decode(await answer);
  {
    await using host = new ExtensionHost({ grants, storageRoot, log: () => {} });
    const loaded = await host.loadDir(extensions);
    await loaded.get("notes")?.invoke("put", `"kept"`);
    const diary = loaded.get("diary");
    assertEquals(diary && await text(diary.invoke("get", `""`)), `"nothing"`);
  }
  assertEquals(await Deno.readTextFile(join(storageRoot, "one", "state", "last")), "kept");
  await temporary.write({
    "extensions/one/extension.json": manifest("renamed"),
    "extensions/one/main.js": source(2),
  });
  await using host = new ExtensionHost({ grants, storageRoot, log: () => {} });
  const renamed = (await host.loadDir(extensions)).get("renamed");
  assertEquals(renamed && await text(renamed.invoke("get", `""`)), `"kept"`);
});
