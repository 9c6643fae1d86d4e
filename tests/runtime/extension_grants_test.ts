/** Tests of runtime/extension_grants.ts: grants that are given and taken back while an extension runs. @module */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type AuditRecord,
  CapabilityError,
  CapabilityRegistry,
  defineCapability,
  type Extension,
  ExtensionHost,
  NativeRegistry,
} from "../../mod.ts";

const SCRIPT = `
export async function set() {
  try { await airlock.kv.set("a", "1"); return "set"; } catch (error) { return error.code; }
}
export const has = () => airlock.kv !== undefined;
`;

async function started(
  runtime: "quickjs" | "native",
  grants: { readonly [name: string]: true },
): Promise<{ host: ExtensionHost; extension: Extension; audit: AuditRecord[] }> {
  const audit: AuditRecord[] = [];
  const native = new NativeRegistry();
  native.register("notes:set", async (_, { airlock }) => {
    if (!airlock["kv"]) return '"absent"';
    try {
      await airlock["kv"]["set"]?.("a", "1");
      return '"set"';
    } catch (error) {
      if (error instanceof CapabilityError) return JSON.stringify(error.code);
      throw error;
    }
  });
  const host = new ExtensionHost({ native, log: () => {}, audit: (one) => void audit.push(one) });
  const capabilities = [{ name: "kv", bytes: 4096, optional: true }];
  const manifest = { name: "notes", capabilities };
  const extension = runtime === "native"
    ? await host.load({ manifest: { ...manifest, runtime } }, { grants })
    : await host.load({
      manifest: { ...manifest, runtime, module: "a.js" },
      files: { "a.js": SCRIPT },
    }, { grants });
  return { host, extension, audit };
}

function decisionsOf(audit: readonly AuditRecord[]) {
  return audit.filter(({ operation }) => operation === "")
    .map(({ capability, outcome, by, summary }) => [capability, outcome, by, summary]);
}

Deno.test("grants.add() gives what is asked for to a native function at its next call", async () => {
  const { host, extension, audit } = await started("native", {});
  await using _ = host;
  assertEquals(await extension.call("set"), "absent");
  await extension.grants.add("cache");
  assertEquals([extension.grants.has("kv"), await extension.call("set")], [true, "set"]);
  extension.grants.revoke("cache");
  extension.grants.revoke("kv");
  assertEquals(await extension.call("set"), "revoked");
  assertEquals(decisionsOf(audit), [
    ["kv", "denied", "nobody", 'kv={"bytes":4096}'],
    ["kv", "granted", "operator", 'kv={"bytes":4096}'],
    ["kv", "revoked", "operator", ""],
  ]);
});

Deno.test("grants.add() gives a script back what was revoked, at once", async () => {
  const { host, extension } = await started("quickjs", { kv: true });
  await using _ = host;
  assertEquals(await extension.call("set"), "set");
  extension.grants.revoke("kv");
  assertEquals(await extension.call("set"), "revoked");
  await extension.grants.add("kv", { bytes: 1024 });
  assertEquals(await extension.call("set"), "set");
});

Deno.test("grants.add() of what a script never had shows with the next load only", async () => {
  const { host, extension } = await started("quickjs", {});
  await using _ = host;
  await extension.grants.add("kv");
  assertEquals(await extension.call("has"), false);
});

Deno.test("grants.add() refuses what is not asked for, twice, or nonsense", async () => {
  const { host, extension } = await started("native", {});
  await using _ = host;
  const { grants } = extension;
  await assertRejects(() => grants.add("env", { names: ["A"] }), TypeError);
  await assertRejects(() => grants.add("no-such"), TypeError);
  await assertRejects(() => grants.add("kv", { byte: 1 }), TypeError);
  await grants.add("kv");
  await assertRejects(() => grants.add("kv"), TypeError);
  assertThrows(() => grants.revoke("env"), TypeError);
  await extension.close();
  await assertRejects(() => grants.add("kv"), TypeError);
});

Deno.test("grants.revoke() ends an operation in flight, and its late effect is told as revoked", async () => {
  const entered = Promise.withResolvers<void>();
  let stopped = false;
  const registry = new CapabilityRegistry().gated(defineCapability({
    name: "slow",
    summary: "takes its time",
    parse: () => ({ ok: true, grant: null }),
    operations: {
      wait: {
        params: [],
        call: (_, { signal }) => {
          entered.resolve();
          return new Promise((resolve) => {
            signal?.addEventListener("abort", () => {
              stopped = true;
              resolve(null);
            });
          });
        },
      },
    },
  }));
  const audit: AuditRecord[] = [];
  await using host = new ExtensionHost({
    capabilities: registry,
    log: () => {},
    audit: (one) => void audit.push(one),
  });
  const extension = await host.load({
    manifest: { name: "a", runtime: "quickjs", module: "a.js", capabilities: ["slow"] },
    files: { "a.js": "export const f = () => airlock.slow.wait();" },
  }, { grants: { slow: true } });
  const call = extension.invoke("f").catch((error) => error);
  await entered.promise;
  extension.grants.revoke("slow");
  const error = await call;
  assertEquals([error instanceof CapabilityError, error.code, stopped], [true, "revoked", true]);
  assertEquals(audit.map(({ operation, outcome }) => [operation, outcome]), [
    ["", "granted"],
    ["wait", "revoked"],
    ["", "revoked"],
  ]);
});
