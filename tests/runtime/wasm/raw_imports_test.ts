/** Tests of raw imports: an embedder's own functions, behind a grant like everything else. @module */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import wabt from "wabt";
import {
  type AuditRecord,
  CapabilityError,
  CapabilityRegistry,
  defineCapability,
  ExtensionError,
  ExtensionHost,
  type GrantOptions,
} from "../../../mod.ts";

/** A module of the base convention whose `run` hands its input to an import and answers its result. */
async function guest(imported: string, call: string): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat(
    "raw.wat",
    `(module
      ${imported}
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "__base_alloc") (param i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 0))))
      (func (export "__base_free") (param i32 i32))
      (func (export "run") (param i32 i32) (result i64)
        (i32.store8 (i32.const 16) (i32.add (i32.const 48) ${call}))
        (i64.const 0x1000000001)))`,
  );
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}

const PUT = `(import "store" "s3_put" (func $put (param i32 i32) (result i32)))`;
const CALL_PUT = "(call $put (local.get 0) (local.get 1))";

interface Kept {
  readonly puts: string[];
  readonly registry: CapabilityRegistry;
}

function storage({ stub, waits = false }: { stub?: number; waits?: boolean } = {}): Kept {
  const puts: string[] = [];
  const put = (text: string, by: string) => {
    puts.push(`${by}: ${text}`);
    return text.length;
  };
  const registry = new CapabilityRegistry().gated(defineCapability<string, { open: boolean }>({
    name: "storage.s3",
    summary: "keep objects",
    parse: ({ bucket }) => ({ ok: true, grant: String(bucket) }),
    operations: { list: { params: [], callSync: () => [...puts] } },
    setup: () => ({ open: true }),
    imports: {
      store: {
        s3_put: {
          params: ["i32", "i32"],
          results: ["i32"],
          ...stub === undefined ? {} : { stub },
          ...waits
            ? {
              async wait(memory, { name, grant, state }, ptr: number, len: number) {
                const text = memory.text(ptr, len);
                await new Promise((resolve) => setTimeout(resolve, 1));
                return state.open ? put(text, `${name} in ${grant}`) : 0;
              },
            }
            : {
              run: (memory, { name, grant, state }, ptr: number, len: number) =>
                state.open ? put(memory.text(ptr, len), `${name} in ${grant}`) : 0,
            },
        },
      },
    },
  }));
  return { puts, registry };
}

interface Loaded extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly audit: AuditRecord[];
  run(payload: string): Promise<string>;
  revoke(): void;
}

async function load(
  { registry }: Kept,
  wasm: Uint8Array,
  grants: GrantOptions,
  capabilities?: readonly unknown[],
): Promise<Loaded> {
  const audit: AuditRecord[] = [];
  const host = new ExtensionHost({
    capabilities: registry,
    log: () => {},
    audit: (record) => void audit.push(record),
  });
  try {
    const manifest = {
      name: "raw",
      runtime: "wasm",
      module: "raw.wasm",
      ...capabilities ? { capabilities } : {},
    };
    const extension = await host.load({ manifest, files: { "raw.wasm": wasm } }, { grants });
    return {
      host,
      audit,
      run: async (payload) => new TextDecoder().decode(await extension.invoke("run", payload)),
      revoke: () => extension.grants.revoke("storage.s3"),
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}

const GRANT = { "storage.s3": { bucket: "photos" } };

for (const waits of [false, true]) {
  const how = waits ? "a waiting" : "a plain";

  Deno.test(`${how} raw import runs with its grant, state and caller, and is written down`, async () => {
    const kept = storage({ waits });
    await using loaded = await load(kept, await guest(PUT, CALL_PUT), GRANT);
    assertEquals(await loaded.run("abc"), "3");
    assertEquals(kept.puts, ["raw in photos: abc"]);
    const records = loaded.audit.filter(({ operation }) => operation !== "");
    assertEquals(
      records.map(({ capability, operation, outcome }) => [capability, operation, outcome]),
      [["storage.s3", "store/s3_put", "allowed"]],
    );
  });

  Deno.test(`${how} raw import is refused once it is revoked`, async () => {
    const kept = storage({ waits });
    await using loaded = await load(kept, await guest(PUT, CALL_PUT), GRANT);
    loaded.revoke();
    const error = await assertRejects(() => loaded.run("abc"), CapabilityError);
    assertEquals([error.code, kept.puts], ["revoked", []]);
  });

  Deno.test(`${how} raw import gives its stub where a manifest does not ask for it`, async () => {
    const kept = storage({ waits, stub: 9 });
    await using loaded = await load(kept, await guest(PUT, CALL_PUT), GRANT, []);
    assertEquals([await loaded.run("abc"), kept.puts], ["9", []]);
    assertEquals(loaded.audit.at(-1)?.outcome, "denied");
  });
}

Deno.test("a raw import without stub or grant fails the call with the refusal", async () => {
  const kept = storage();
  await using loaded = await load(kept, await guest(PUT, CALL_PUT), {}, []);
  const error = await assertRejects(() => loaded.run("abc"), CapabilityError);
  assertEquals([error.code, error.capability, kept.puts], ["denied", "storage.s3", []]);
});

Deno.test("a module without a list asks for a raw import by importing it", async () => {
  const wasm = await guest(PUT, CALL_PUT);
  const error = await assertRejects(() => load(storage(), wasm, {}), CapabilityError);
  assertEquals([error.code, error.capability], ["denied", "storage.s3"]);
});

Deno.test("a raw import with another signature, or that nobody offers, keeps a module from loading", async () => {
  const wrong = await guest(
    `(import "store" "s3_put" (func $put (param i32) (result i32)))`,
    "(call $put (i32.const 0))",
  );
  const unknown = await guest(
    `(import "store" "s3_pit" (func $put (param i32 i32) (result i32)))`,
    CALL_PUT,
  );
  const first = await assertRejects(() => load(storage(), wrong, GRANT), ExtensionError);
  assertStringIncludes(first.message, "it is offered as (i32, i32) -> i32");
  const second = await assertRejects(() => load(storage(), unknown, GRANT, []), ExtensionError);
  assertStringIncludes(second.message, `"store.s3_pit"`);
});

Deno.test("a raw import that is handed a place outside of memory ends the guest, not the host", async () => {
  const kept = storage();
  const wasm = await guest(PUT, "(call $put (i32.const -8) (i32.const 64))");
  await using loaded = await load(kept, wasm, GRANT);
  const error = await assertRejects(() => loaded.run("abc"), ExtensionError);
  assertEquals([error.code, kept.puts], ["bad-guest-data", []]);
});

Deno.test("a raw import cannot be reached as an operation by a script", async () => {
  const kept = storage();
  await using host = new ExtensionHost({ capabilities: kept.registry, log: () => {} });
  const script = await host.load({
    manifest: { name: "s", runtime: "quickjs", module: "s.js", capabilities: ["storage.s3"] },
    files: {
      "s.js": `function keys() { return Object.keys(airlock.storage.s3); }`,
    },
  }, { grants: GRANT });
  assertEquals(await script.call("keys"), ["list"]);
});

Deno.test("defineCapability() refuses imports that cannot work, and two of one name", () => {
  const define = (definition: object) => () =>
    defineCapability({
      name: "x",
      summary: "",
      parse: () => ({ ok: true, grant: null }),
      operations: {},
      imports: { m: { f: definition as never } },
    });
  const run = () => 0;
  for (
    const bad of [
      { params: ["v128"], results: [], run },
      { params: [], results: ["i32", "i32"], run },
      { params: [], results: [] },
      { params: [], results: ["i64"], run, stub: 1 },
      { params: [], results: [], run, stub: 1 },
    ]
  ) {
    assertThrows(define(bad), TypeError);
  }
  const good = define({ params: [], results: ["i64"], run, stub: 1n })();
  const registry = new CapabilityRegistry().gated(good);
  assert(registry.imports().length === 1);
  assertThrows(() => registry.gated({ ...good, name: "y" }), TypeError);
});
