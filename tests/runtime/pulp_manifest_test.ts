/** What the manifest of a Pulp cell does to it once it is loaded: names, limits, hashes, restarts. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  ExtensionError,
  ExtensionHost,
  loadManifest,
  type LoadOptions,
  ManifestError,
} from "../../mod.ts";
import { unpackMsgpack } from "../../runtime/wasm/abi/pulp_msgpack.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";
import { command, fixture, Probe } from "./wasm/pulp_guests.ts";

const WASM = await Deno.readFile(fixture("probe-c/probe.wasm"));
const NAMED = 'name = "notes"\nversion = "1.0.0"\n';

/** A directory with the probe under a manifest. */
function directoryOf(
  manifest: string,
  file: "pulp.plugin.toml" | "pulp.cell.toml" = "pulp.cell.toml",
): Promise<TemporaryDirectory> {
  const module = file === "pulp.cell.toml" ? "cell.wasm" : "plugin.wasm";
  return temporaryDirectory({ [`cell/${file}`]: NAMED + manifest, [`cell/${module}`]: WASM });
}

async function load(directory: TemporaryDirectory, options: LoadOptions = {}): Promise<Probe> {
  const host = new ExtensionHost({ log: () => {}, storageRoot: `${directory.path}/storage` });
  try {
    return new Probe(host, await host.load(`${directory.path}/cell`, options), []);
  } catch (error) {
    await host.close();
    throw error;
  }
}

Deno.test("a directory with a Pulp manifest loads, in either form", async () => {
  for (const file of ["pulp.plugin.toml", "pulp.cell.toml"] as const) {
    await using directory = await directoryOf("", file);
    await using probe = await load(directory);
    const { name, version, abi, engine, manifest } = probe.extension;
    assertEquals([name, version, abi, engine], ["notes", "1.0.0", "pulp", "wasm"]);
    assertEquals(manifest.capabilities, []);
    assertEquals((await loadManifest(`${directory.path}/cell`)).pulp?.form, manifest.pulp?.form);
    await using host = new ExtensionHost();
    const all = await host.loadDir(directory.path);
    assertEquals([...all.keys()], ["notes"]);
  }
});

Deno.test("a cell gets its configuration with the numbers that its manifest wrote", async () => {
  await using directory = await directoryOf(
    "[config]\none = 1\nfloat = 1.0\nlarge = 9007199254740993\nname = 'x'\n",
  );
  await using probe = await load(directory, { config: { name: "y", float: 2 } });
  await probe.extension.as("pulp").init();
  const config = unpackMsgpack(await probe.tell("i")) as ReadonlyMap<string, unknown>;
  assertEquals(
    JSON.stringify([...config], (_key, value) => typeof value === "bigint" ? `${value}n` : value),
    JSON.stringify([
      ["one", 1],
      ["float", { value: 2 }],
      ["large", "9007199254740993n"],
      ["name", "y"],
    ]),
  );
});

Deno.test("what a cell's manifest asks for has to be granted, and what it does not ask for is 99", async () => {
  await using directory = await directoryOf('capabilities = [" Storage.FS", "storage.fs"]\n');
  const error = await assertRejects(() => load(directory), Error);
  assertStringIncludes(error.message, "add --grant fs");
  await using probe = await load(directory, { grants: { fs: true, sqlite: true } });
  assertEquals((await probe.ask("fs_read", "missing")).code, 6);
  assertEquals((await probe.ask("sqlite_query", "SELECT 1")).code, 99);
});

Deno.test("a capability that no host has fails the load by its name", async () => {
  await using directory = await directoryOf('capabilities = ["storage.s3"]\n');
  const error = await assertRejects(() => load(directory), Error);
  assertStringIncludes(error.message, "storage.s3");
});

Deno.test("a cell that needs more of its host than there is is told all of it", async () => {
  await using directory = await directoryOf('host_consumes = ["spawn", "http_fetch", "clone"]\n');
  const error = await assertRejects(() => load(directory), ManifestError);
  assertEquals(error.issues.map(({ path, line }) => [path, line]), [
    ["host_consumes[0]", 3],
    ["host_consumes[2]", 3],
  ]);
});

Deno.test("wasm_sha256 is checked before anything of the module runs", async () => {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", WASM)).toHex();
  await using good = await directoryOf(`wasm_sha256 = "${hash.toUpperCase()}"\n`);
  await using probe = await load(good);
  assert(probe.extension.memorySize > 0);
  await using bad = await directoryOf(`wasm_sha256 = "${"0".repeat(64)}"\n`);
  const error = await assertRejects(() => load(bad), ExtensionError);
  assertEquals(error.code, "integrity");
});

Deno.test("max_memory_pages and call_timeout_ms hold", async () => {
  const pages = (probe: Probe) => probe.extension.memorySize / 65_536;
  await using plain = await directoryOf("");
  await using unlimited = await load(plain);
  const needed = pages(unlimited);
  await using directory = await directoryOf(
    `max_memory_pages = ${needed + 1}\ncall_timeout_ms = 100\n`,
  );
  await using probe = await load(directory);
  await probe.tell("g");
  assertEquals(pages(probe), needed + 1);
  await assertRejects(() => probe.tell("g"), ExtensionError);
  await probe.tell("e", 1);
  assertEquals(pages(probe), needed);
  const start = performance.now();
  const error = await assertRejects(() => probe.tell("l"), ExtensionError);
  assertEquals(error.code, "timeout");
  assert(performance.now() - start < 900);
  await using small = await directoryOf(`max_memory_pages = ${needed - 1}\n`);
  await assertRejects(() => load(small), ExtensionError);
});

Deno.test('a cell with restart = "never" stays closed after its first trap', async () => {
  await using directory = await directoryOf('restart = "never"\n');
  await using probe = await load(directory);
  const cell = probe.extension.as("pulp");
  await cell.init();
  const trap = await assertRejects(() => cell.step(command("t")), ExtensionError);
  assertEquals(trap.code, "trap");
  for (let i = 0; i < 2; i++) {
    const error = await assertRejects(() => cell.step(), ExtensionError);
    assertEquals(error.code, "closed");
  }
  assertEquals(probe.extension.stats().restarts, 0);
});

Deno.test("two manifests in a directory are refused, whichever they are", async () => {
  const files = {
    "extension.json": '{"name":"a","runtime":"wasm"}',
    "pulp.plugin.toml": NAMED,
    "pulp.cell.toml": NAMED,
  } as const;
  const names = Object.keys(files) as (keyof typeof files)[];
  for (const one of names) {
    for (const other of names.filter((name) => name !== one)) {
      await using directory = await temporaryDirectory({
        [`cell/${one}`]: files[one],
        [`cell/${other}`]: files[other],
      });
      const error = await assertRejects(() => load(directory), ManifestError);
      assertStringIncludes(error.message, "must be the only manifest");
    }
  }
});

Deno.test("a manifest that is a link out of its directory is not read", async () => {
  await using directory = await temporaryDirectory({
    "other/pulp.cell.toml": `${NAMED}[config]\nsecret = 1\n`,
    "cell/cell.wasm": WASM,
  });
  await Deno.symlink(
    `${directory.path}/other/pulp.cell.toml`,
    `${directory.path}/cell/pulp.cell.toml`,
  );
  const error = await assertRejects(() => load(directory), ManifestError);
  assertStringIncludes(error.message, "is a link out of the extension");
});
