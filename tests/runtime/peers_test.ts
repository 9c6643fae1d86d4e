/** Tests of calls between extensions: who may call whom, and that no chain goes round or on for ever, in every tier. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import wabt from "wabt";
import {
  type AuditRecord,
  CapabilityRegistry,
  defineCapability,
  type Extension,
  ExtensionHost,
  type GrantOptions,
  type Isolation,
  NativeRegistry,
} from "../../mod.ts";

const ASKS = [{ name: "extensions", names: ["*"] }];
const GRANTS: GrantOptions = { extensions: { names: ["*"] } };

/** Calls the next one in its configuration, and tells what came of it. */
const SCRIPT = `
export async function run(text) {
  try {
    const bytes = await airlock.extensions.call(airlock.config.next, "run", JSON.stringify(text));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return error.code + ": " + error.message;
  }
}
export async function outside() { return typeof airlock.extensions; }
`;

/** A module of the base convention that hands its input to an import, which waits. */
async function wasmModule(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat(
    "peer.wat",
    `(module
      (import "test" "next" (func $next (param i32 i32) (result i64)))
      (memory (export "memory") 1)
      (global $top (mut i32) (i32.const 1024))
      (func (export "__base_alloc") (param i32) (result i32)
        (global.get $top)
        (global.set $top (i32.add (global.get $top) (local.get 0))))
      (func (export "__base_free") (param i32 i32))
      (func (export "run") (param i32 i32) (result i64) (call $next (local.get 0) (local.get 1))))`,
  );
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}

interface Ring extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly audit: AuditRecord[];
  add(tier: Tier, name: string, next: string, how?: Adding): Promise<Extension>;
}

interface Adding {
  readonly capabilities?: readonly unknown[];
  readonly grants?: GrantOptions;
  readonly source?: string;
}

type Tier = "native" | "quickjs" | "worker" | "process" | "wasm";

function ring(): Ring {
  const audit: AuditRecord[] = [];
  const native = new NativeRegistry();
  const decoder = new TextDecoder();
  let host: ExtensionHost | undefined = undefined;
  const registry = new CapabilityRegistry().gated(defineCapability<string, undefined>({
    name: "test.next",
    summary: "call on",
    parse: ({ next }) => ({ ok: true, grant: String(next) }),
    operations: {},
    imports: {
      test: {
        next: {
          params: ["i32", "i32"],
          results: ["i64"],
          async wait(memory, { grant, chain }, ptr: number, len: number) {
            const payload = memory.read(ptr, len);
            const text = await (host as ExtensionHost | undefined)?.get(grant)
              ?.invoke("run", payload, { chain })
              .then((bytes) => decoder.decode(bytes), ({ code }) => JSON.stringify(`${code}: `));
            const bytes = new TextEncoder().encode(text);
            memory.write(32_768, bytes);
            return (32_768n << 32n) | BigInt(bytes.length);
          },
        },
      },
    },
  }));
  const made = host = new ExtensionHost({
    native,
    capabilities: registry,
    workerOptions: true,
    log: () => {},
    audit: (record) => void audit.push(record),
  });
  return {
    host: made,
    audit,
    async add(tier, name, next, { capabilities = ASKS, grants = GRANTS, source = SCRIPT } = {}) {
      const base = { name, capabilities, config: { next } };
      const options = { grants, limits: { timeoutMs: 5_000 } };
      if (tier === "native") {
        native.register(`${name}:run`, async (payload, { airlock }) => {
          try {
            return await airlock["extensions"]?.["call"]?.(next, "run", payload);
          } catch (error) {
            const { code, message } = error as { code: string; message: string };
            return JSON.stringify(`${code}: ${message}`);
          }
        });
        return await made.load({ manifest: { ...base, runtime: "native" } }, options);
      }
      if (tier === "wasm") {
        const manifest = { ...base, runtime: "wasm", module: "a.wasm", capabilities: undefined };
        const granted = { ...options, grants: { "test.next": { next } } };
        return await made.load({ manifest, files: { "a.wasm": await wasmModule() } }, granted);
      }
      const isolation: Partial<Record<Tier, Isolation>> = { worker: "worker", process: "process" };
      const runtime = tier === "quickjs" ? "quickjs" : "js";
      const { [tier]: wanted } = isolation;
      return await made.load({
        manifest: { ...base, runtime, module: "a.js" },
        files: { "a.js": source },
      }, { ...options, ...wanted ? { isolation: wanted } : {} });
    },
    [Symbol.asyncDispose]: () => made.close(),
  };
}

const TIERS: readonly Tier[] = ["native", "quickjs", "worker", "process", "wasm"];

Deno.test("extensions.call() goes through every tier, and no chain closes", async () => {
  await using all = ring();
  // native → quickjs → worker → process → wasm → native: hostile corpus 65, over all tiers
  for (const [at, tier] of TIERS.entries()) {
    await all.add(tier, tier, TIERS[(at + 1) % TIERS.length] ?? "");
  }
  for (const tier of TIERS) {
    const answer = await all.host.get(tier)?.call<string>("run", "x");
    assertStringIncludes(answer ?? "", "cycle: ", tier);
  }
  const made = all.audit.filter(({ operation }) => operation === "call");
  assertEquals(new Set(made.map(({ extension }) => extension)).size, 4);
  assertEquals(made.find(({ extension }) => extension === "quickjs")?.summary, "worker.run");
});

for (const tier of ["native", "quickjs", "worker", "process"] as const) {
  Deno.test(`extensions.call() of ${tier}: missing, disabled, ungranted and itself are told apart`, async () => {
    await using all = ring();
    const gone = await all.add("quickjs", "gone", "x", { source: "function run() {}" });
    const only = { extensions: { names: ["other", tier, "gone", "nobody"] } };
    const one = await all.add(tier, tier, "nobody", { grants: only });
    const missing = await one.call<string>("run", "x");
    assertStringIncludes(
      missing,
      `missing-extension: Cannot call "nobody" for extension "${tier}"`,
    );
    await one.close();
    const self = await all.add(tier, tier, tier, { grants: only });
    assertStringIncludes(await self.call<string>("run", "x"), "cycle: ");
    await self.close();
    const refused = await all.add(tier, tier, "secret", { grants: only });
    const text = await refused.call<string>("run", "x");
    assertStringIncludes(text, "denied: ");
    assertStringIncludes(text, `"${tier}"`);
    assertStringIncludes(text, "extensions=secret");
    await refused.close();
    const late = await all.add(tier, tier, "gone", { grants: only });
    const answer = late.call<string>("run", "x");
    await gone.close();
    assertEquals(
      /^(?:missing|disabled)-extension|^null|^undefined/.test(String(await answer)),
      true,
    );
  });
}

Deno.test("extensions.call() has an end also where no extension comes twice", async () => {
  await using all = ring();
  for (let at = 0; at < 10; at++) await all.add("native", `e${at}`, `e${at + 1}`);
  assertStringIncludes(await all.host.get("e0")?.call<string>("run", "x") ?? "", "too-deep: ");
  // a caller that says how deep it is cannot start over
  const chain = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const error = await all.host.get("e0")?.invoke("run", "x", { chain }).catch((error) => error);
  assertEquals(error.code, "too-deep");
});

Deno.test("extensions.call() gives the callee no more time than its caller has, and its own grants only", async () => {
  await using all = ring();
  await all.add("quickjs", "slow", "x", { source: "function run() { for (;;); }" });
  const caller = await all.add("native", "caller", "slow");
  const start = performance.now();
  const error = await caller.invoke("run", "x", { timeoutMs: 200 }).catch((error) => error);
  assertEquals(["timeout", undefined].includes(error.code), true);
  assertEquals(performance.now() - start < 2_000, true);
  await all.add("quickjs", "poor", "caller", {
    capabilities: [],
    grants: {},
    source: "function run() { return typeof airlock.extensions; }",
  });
  const rich = await all.add("native", "rich", "poor");
  assertEquals(await rich.call("run", "x"), "undefined");
});
