/** Every Pulp guest, whatever it is written in, against the convention. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ExtensionError, type LoadOptions } from "../../mod.ts";
import { PULP_IMPORTS, type PulpImport } from "../../manifest/pulp_host.ts";
import { packMsgpack } from "../../runtime/wasm/abi/pulp_msgpack.ts";
import { command, EVERYTHING, loadProbe, PROBES, tell } from "../runtime/wasm/pulp_guests.ts";
import { abiSuite, type Behaviours } from "./abi_suite.ts";

/** With files its calls may be suspended; without them they are answered at once. */
const FILES: LoadOptions = { grants: { fs: true } };

const WAYS: readonly (readonly [way: string, options: LoadOptions])[] = [
  ["at once", {}],
  ["suspended", FILES],
  ["in a worker", { isolation: "worker" }],
];

const BEHAVIOURS: Behaviours = {
  echo: (call, payload) => tell(call, command("e", payload)),
  // what a step returns is all of its answer, so that many may be under way
  count: (call) => call("pulp_step", command("c")),
  trap: (call) => call("step", command("t")),
  grow: (call) => tell(call, command("g")),
  print: (call, payload) => tell(call, command("p", payload)),
  random: (call) => tell(call, command("r")),
};

for (const [language, directory] of Object.entries(PROBES)) {
  const load = (options: LoadOptions = {}) => loadProbe(directory, options);

  abiSuite({
    title: `pulp ${language}`,
    abi: "pulp",
    module: directory,
    behaviours: BEHAVIOURS,
    reserved: ["memory", "pulp_alloc", "pulp_free", "_initialize", "_start", "__proto__", "x"],
    waiting: FILES,
  });

  for (const [way, options] of WAYS) {
    Deno.test(`pulp ${language} ${way}: it is initialised with its configuration, or nothing`, async () => {
      await using probe = await load({ ...options, config: { n: 1, x: 1.5, deep: { on: true } } });
      const cell = probe.extension.as("pulp");
      await cell.init();
      const own = packMsgpack({ n: 1, x: 1.5, deep: { on: true } });
      assertEquals(await probe.tell("i"), own);
      assertEquals((await cell.probes()).configMarker, BigInt(-own.length));
      await cell.init({ other: "ü" });
      assertEquals(await probe.tell("i"), packMsgpack({ other: "ü" }));
      await cell.init(Uint8Array.of(0x90));
      assertEquals(await probe.tell("i"), Uint8Array.of(0x90));
      for (const nothing of [null, {}, new Uint8Array(0)]) {
        await cell.init(nothing);
        assertEquals(await probe.tell("i"), new Uint8Array(0));
      }
    });

    Deno.test(`pulp ${language} ${way}: init that returns another number than 0 fails`, async () => {
      await using probe = await load(options);
      const cell = probe.extension.as("pulp");
      await cell.init({ n: 1 });
      const error = await assertRejects(() => cell.init(Uint8Array.of(0x01)), ExtensionError);
      assertEquals(error.code, "guest-error");
      assertEquals(probe.extension.stats().restarts, 0);
      // a new instance gets what the last good one got
      await assertRejects(() => cell.step(command("t")), ExtensionError);
      assertEquals(await probe.tell("i"), packMsgpack({ n: 1 }));
      assertEquals(probe.extension.stats().restarts, 1);
    });

    Deno.test(`pulp ${language} ${way}: each step has its number and its time`, async () => {
      await using probe = await load(options);
      const cell = probe.extension.as("pulp");
      assertEquals(await cell.step(), 0);
      assertEquals((await cell.probes()).lastCall, 0n);
      const before = BigInt(Date.now()) * 1_000_000n;
      const envelope = new DataView((await probe.tell("v")).buffer as ArrayBuffer);
      const after = BigInt(Date.now()) * 1_000_000n;
      assertEquals(envelope.getBigUint64(0, true), 1n);
      const time = envelope.getBigUint64(8, true);
      assert(time >= before && time <= after);
      assertEquals(envelope.getUint32(16, true), 1);
      await assertRejects(() => cell.step(command("t")), ExtensionError);
      await cell.step();
      assertEquals((await cell.probes()).lastCall, 3n);
    });

    Deno.test(`pulp ${language} ${way}: a step answers with a signed handle`, async () => {
      await using probe = await load(options);
      const cell = probe.extension.as("pulp");
      assertEquals(await cell.step(command("n", 0xff)), -1);
      assertEquals(await cell.step(command("n", 0x7f)), 127);
    });

    Deno.test(`pulp ${language} ${way}: it shuts down, or says that it could not`, async () => {
      const lines: string[] = [];
      await using probe = await load({ ...options, stdout: (line) => void lines.push(line) });
      const cell = probe.extension.as("pulp");
      await cell.shutdown();
      assertEquals(lines, ["shut down"]);
      await cell.init(Uint8Array.of(0x01, 0x02));
      const error = await assertRejects(() => cell.shutdown(), ExtensionError);
      assertEquals(error.code, "guest-error");
      assertEquals(probe.extension.stats().restarts, 0);
    });

    Deno.test(`pulp ${language} ${way}: one that exits is replaced`, async () => {
      await using probe = await load(options);
      const error = await assertRejects(() => probe.tell("q", 3), ExtensionError);
      assertEquals([error.code, error.exitStatus], ["guest-error", 3]);
      assertEquals(await probe.tell("e", 1), Uint8Array.of(1));
      assertEquals(probe.extension.stats().restarts, 1);
    });

    Deno.test(`pulp ${language} ${way}: one that loops is stopped`, async () => {
      await using probe = await load({ ...options, limits: { timeoutMs: 100 } });
      const error = await assertRejects(() => probe.tell("l"), ExtensionError);
      assertEquals(error.code, "timeout");
      assertEquals(await probe.tell("e", 1), Uint8Array.of(1));
    });
  }

  Deno.test(`pulp ${language}: every import of a capability that it does not have answers 99`, async () => {
    await using probe = await load();
    for (const name of Object.keys(PULP_IMPORTS) as PulpImport[]) {
      assertEquals((await probe.ask(name, "/x")).code, 99, name);
      // a stub looks at nothing
      assertEquals(await probe.raw(name, 0xffff_ffff, 0xffff_ffff, 1, 1, 1, 1), 99, name);
    }
  });

  Deno.test(`pulp ${language}: what is revoked answers 99 from then on`, async () => {
    await using storage = await Deno.makeTempDir().then((path) => ({
      path,
      [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
    }));
    const grants = { ...EVERYTHING, net: { hosts: ["*"] } };
    await using probe = await loadProbe(directory, { grants }, { storageRoot: storage.path });
    assertEquals((await probe.ask("fs_delete", "a")).code, 6);
    for (const name of Object.keys(PULP_IMPORTS) as PulpImport[]) {
      assert((await probe.ask(name, "/x")).code !== 99, name);
    }
    for (const capability of Object.keys(grants)) probe.extension.grants.revoke(capability);
    for (const name of Object.keys(PULP_IMPORTS) as PulpImport[]) {
      assertEquals((await probe.ask(name, "/x")).code, 99, name);
    }
  });
}
