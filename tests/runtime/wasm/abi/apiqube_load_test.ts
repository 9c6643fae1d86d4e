/** Loading ApiQube guests: detection, the describe phase, what they ask for, and recycled instances. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CapabilityError, ExtensionError } from "../../../../mod.ts";
import { BARE_PROBE, loadGuest, NET, PROBES, WEB } from "../apiqube_guests.ts";
import { address, inputFor, liar } from "./apiqube_liar.ts";

async function refused(load: Promise<AsyncDisposable>): Promise<CapabilityError> {
  return await assertRejects(() => loadAndClose(load), CapabilityError);
}

async function loadAndClose(load: Promise<AsyncDisposable>): Promise<void> {
  await using _guest = await load;
}

function says(capabilities: readonly string[]): { name: string; bytes: Uint8Array } {
  return liar({ info: JSON.stringify({ name: "asking", capabilities }) });
}

Deno.test("load() finds the convention by its exports, or else by its imports", async () => {
  await using guest = await loadGuest(liar());
  const { module } = await guest.host.inspect(liar());
  assertEquals([module?.abi, module?.evidence], [
    "apiqube",
    ['it exports "plugin_info" and "plugin_init"'],
  ]);
  const text = ["plugin_info", "plugin_init"].map((name) => [`(export "${name}")`, ""] as const);
  const nameless = await guest.host.inspect(liar({ text }));
  assertEquals(nameless.module?.evidence, ['it imports from "apiqube"']);
});

Deno.test("load() of a bare module asks for what it imports, and names the grant", async () => {
  const error = await refused(loadGuest(BARE_PROBE, {}));
  assertEquals([error.code, error.extension, error.capability], ["denied", "probe", "net"]);
  assertStringIncludes(error.message, "--grant net=");
});

Deno.test("load() of a bare module asks for what it says of itself", async () => {
  const error = await refused(loadGuest(says(["kv"])));
  assertEquals([error.code, error.extension, error.capability], ["denied", "liar", "kv"]);
  await using guest = await loadGuest(says(["http", "cache"]), {
    grants: { net: { hosts: ["127.0.0.1:9"] }, kv: true },
  });
  assertEquals(guest.extension.grants.has("kv") && guest.extension.grants.has("net"), true);
});

Deno.test("load() refuses what this host does not have, with extension and capability", async () => {
  const bare = await refused(loadGuest(says(["http", "quantum"])));
  assertEquals([bare.code, bare.extension, bare.capability], [
    "missing-capability",
    "liar",
    "quantum",
  ]);
  const { bytes } = says(["quantum"]);
  const manifest = { name: "m", runtime: "wasm", module: "m.wasm", capabilities: [] };
  const listed = await refused(loadGuest({ manifest, files: { "m.wasm": bytes } }, {}));
  assertEquals([listed.code, listed.extension, listed.capability], [
    "missing-capability",
    "m",
    "quantum",
  ]);
});

Deno.test("load() of a manifest that asks for nothing makes a stub, whatever the module says", async () => {
  const { bytes } = says(["kv"]);
  const manifest = { name: "m", runtime: "wasm", module: "m.wasm", capabilities: [] };
  await using guest = await loadGuest({ manifest, files: { "m.wasm": bytes } }, {
    grants: { kv: true },
  });
  assertEquals(guest.extension.grants.has("kv"), false);
});

Deno.test("load() tells nobody about what the description did, and keeps nothing of it", async () => {
  await using guest = await loadGuest(BARE_PROBE);
  assertEquals([guest.log, guest.events], [[], []]);
  assertEquals(await guest.body("count"), 1);
  assertEquals(guest.extension.stats().restarts, 0);
});

Deno.test("load() ends a description that takes too long", async () => {
  // It looks at the clock again and again, which is where the host can stop it.
  const text = [[
    '(func (export "plugin_info") (result i64) (i64.load (i32.const 4088)))',
    '(func (export "plugin_info") (result i64) (loop (drop (call $now)) (br 0)) (unreachable))',
  ]] as const;
  const load = loadGuest(liar({ text }), { ...NET, limits: { loadMs: 50 } });
  assertEquals((await assertRejects(() => loadAndClose(load), ExtensionError)).code, "timeout");
});

Deno.test("load() keeps the file's name for a bare module; its own is in its info", async () => {
  await using guest = await loadGuest(WEB, NET);
  const { extension } = guest;
  assertEquals([extension.name, extension.version], ["web", "0.0.0"]);
  assertEquals((await extension.as("apiqube").info()).version, "1.0.0");
});

const PAGE = 65_536;

for (const [language, directory] of Object.entries(PROBES)) {
  for (const options of [{}, NET]) {
    const way = options === NET ? "that may be suspended" : "that is answered at once";
    Deno.test(`a guest in ${language} ${way} is replaced between calls beyond half its memory`, async () => {
      await using guest = await loadGuest(directory, {
        ...options,
        limits: { memoryBytes: 64 * PAGE },
      });
      const { extension } = guest;
      await extension.as("apiqube").init({ a: 1 });
      const before = extension.memorySize / PAGE;
      await guest.execute(`grow ${32 - before}`);
      assertEquals([extension.memorySize, extension.stats().restarts], [32 * PAGE, 0]);
      assertEquals(await guest.body("count"), 2);
      await guest.execute("grow 1");
      assertEquals(guest.log.map(({ message }) => message), ["destroyed"]);
      assertEquals(await guest.body("init"), { a: 1 });
      assertEquals(await guest.body("count"), 2);
      assertEquals(extension.stats().restarts, 1);
      assert(extension.memorySize < 32 * PAGE);
    });
  }
}

Deno.test("a guest that sets its memory a lower maximum itself is replaced beyond half of that", async () => {
  const text = [
    ['(memory (export "memory") 2)', '(memory (export "memory") 2 6)'],
    [
      '(func (export "http") (param $packed i64) (result i64)',
      '(func (export "grow") (param i64) (result i64) (drop (memory.grow (i32.const 1))) (i64.const 0))' +
      '(func (export "http") (param $packed i64) (result i64)',
    ],
  ] as const;
  await using guest = await loadGuest(liar({ text }));
  const { extension } = guest;
  const pages: number[] = [];
  for (let call = 0; call < 4; call++) {
    await extension.invoke("grow");
    pages.push(extension.memorySize / PAGE);
  }
  assertEquals([pages, extension.stats().restarts], [[3, 0, 3, 0], 1]);
});

Deno.test("a guest that keeps every buffer serves far more than its memory holds", async () => {
  await using guest = await loadGuest(PROBES["C"] ?? "", { limits: { memoryBytes: 32 * PAGE } });
  const payload = new Uint8Array(PAGE * 4).fill(7);
  for (let call = 0; call < 100; call++) {
    assertEquals((await guest.extension.invoke("mirror", payload)).length, payload.length);
  }
  assert(guest.extension.stats().restarts >= 20);
});

Deno.test("three replaced instances are no failures: the guest stays open", async () => {
  await using guest = await loadGuest(PROBES["C"] ?? "", { limits: { memoryBytes: 64 * PAGE } });
  for (let call = 0; call < 6; call++) await guest.execute("grow 40");
  assertEquals(guest.extension.stats().restarts, 5);
  await guest.extension.invoke("execute", "count");
});

Deno.test("the configuration that is replayed is the caller's copy", async () => {
  await using guest = await loadGuest(liar());
  const config = inputFor(address(0, 0));
  await guest.extension.invoke("init", config);
  config.fill(0xff);
  const error = await assertRejects(
    () => guest.extension.invoke("execute", inputFor(-1n)),
    ExtensionError,
  );
  assertEquals(error.code, "payload-limit");
  assertEquals(await guest.extension.invoke("execute", inputFor(0n)), new Uint8Array(0));
});
