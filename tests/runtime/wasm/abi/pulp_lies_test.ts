/** Pulp cells that lie: wrong pointers, lengths, allocators, messages, exports and signatures. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import wabt from "wabt";
import {
  type Extension,
  ExtensionError,
  ExtensionHost,
  type LoadOptions,
} from "../../../../mod.ts";
import { PULP_IMPORTS, type PulpImport } from "../../../../manifest/pulp_host.ts";
import { packMsgpack } from "../../../../runtime/wasm/abi/pulp_msgpack.ts";
import { EVERYTHING, fixture, loadProbe, makeStorage, PROBES } from "../pulp_guests.ts";

/** Bytes of the guest's memory. */
const MEMORY = 131_072;
/** Where what follows the numbers of a step is. */
const EXTRA = 32_820;
const TRUTH = 1;
const IMPORTS: readonly PulpImport[] = [
  ...["http_register", "http_respond", "ws_register", "ws_send", "ws_close"] as const,
  ...["sse_register", "sse_emit", "fs_delete", "http_fetch", "fs_read", "fs_write"] as const,
  ...["sqlite_exec", "sqlite_query"] as const,
];
const CAPABILITIES = [...new Set(Object.values(PULP_IMPORTS))].map((name) => ({
  name,
  optional: true,
}));

const SOURCE = await Deno.readTextFile(fixture("liar.wat"));

/** The bytes of the liar, with other words in the place of some. */
async function liar(changes: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  let text = SOURCE;
  for (const [from, to] of Object.entries(changes)) {
    assert(text.includes(from), from);
    text = text.replaceAll(from, to);
  }
  const { parseWat } = await wabt();
  const module = parseWat("liar.wat", text);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

class Liar implements AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;

  constructor(host: ExtensionHost, extension: Extension) {
    this.host = host;
    this.extension = extension;
  }

  /** Makes it call an import; `lie` is what its allocator answers meanwhile. */
  call(
    name: PulpImport,
    numbers: readonly number[],
    { lie = TRUTH, extra = "" }: { readonly lie?: number; readonly extra?: string | Uint8Array } =
      {},
  ): Promise<number> {
    const more = typeof extra === "string" ? new TextEncoder().encode(extra) : extra;
    const bytes = new Uint8Array(32 + more.length);
    const view = new DataView(bytes.buffer);
    for (const [at, number] of [IMPORTS.indexOf(name), lie, ...numbers].entries()) {
      view.setUint32(4 * at, number >>> 0, true);
    }
    bytes.set(more, 32);
    return this.extension.as("pulp").step(bytes);
  }

  /** The same with bytes of ours as the import's only message. */
  message(name: PulpImport, bytes: Uint8Array): Promise<number> {
    return this.call(name, [EXTRA, bytes.length], { extra: bytes });
  }

  /** Tells it what to answer from now on. */
  init(lie = TRUTH, init = 0, shutdown = 0, probe = 0): Promise<void> {
    return this.extension.as("pulp").init(
      new Uint8Array(Int32Array.of(lie, init, shutdown, probe).buffer),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.host.close();
  }
}

async function load(
  bytes: Uint8Array,
  options: LoadOptions = {},
  storageRoot?: string,
): Promise<Liar> {
  const host = new ExtensionHost({ log: () => {}, ...storageRoot ? { storageRoot } : {} });
  const manifest = {
    name: "liar",
    runtime: "wasm",
    module: "liar.wasm",
    capabilities: CAPABILITIES,
  };
  try {
    const target = { manifest, files: { "liar.wasm": bytes } };
    return new Liar(host, await host.load(target, { grants: EVERYTHING, ...options }));
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(act, ExtensionError)).code;
}

Deno.test("a cell that lacks exports is told all of them, before anything runs", async () => {
  const changes = { '"pulp_step"': '"step"', '"pulp_shutdown"': '"pulp_stop"' };
  const error = await assertRejects(async () => await load(await liar(changes)), ExtensionError);
  assertEquals(error.code, "unsupported");
  for (const name of ['"pulp_step" (i32, i32) -> i32', '"pulp_shutdown" () -> i32', "pulp_stop"]) {
    assertStringIncludes(error.message, name);
  }
});

Deno.test("a cell whose exports have another signature does not load", async () => {
  const wrong = {
    '(func (export "pulp_shutdown") (result i32)': '(func (export "pulp_shutdown") (result i64)',
    "(global.get $status))": "(i64.const 0))",
  };
  const error = await assertRejects(async () => await load(await liar(wrong)), ExtensionError);
  assertStringIncludes(error.message, '"pulp_shutdown" is () -> i64 where () -> i32');
  const allocates = { '"pulp_alloc") (param $size i32)': '"pulp_alloc") (param $size i64)' };
  const other = await assertRejects(async () => await load(await liar(allocates)), ExtensionError);
  assertStringIncludes(other.message, '"pulp_alloc" is (i64) -> i32 where (i32) -> i32');
});

Deno.test("a cell that imports what no Pulp host has does not load", async () => {
  for (
    const [from, to] of [['"pulp" "ws_close"', '"pulp" "ws_open"'], [
      '"pulp" "ws_close"',
      '"other" "ws_close"',
    ]]
  ) {
    const changes = { [from as string]: to as string };
    const error = await assertRejects(async () => await load(await liar(changes)), ExtensionError);
    assertEquals(error.code, "unsupported");
    assertStringIncludes(error.message, (to as string).replaceAll('"', "").replace(" ", "."));
  }
});

for (const lie of [0, -1, MEMORY, MEMORY - 19, 2 ** 31]) {
  Deno.test(`an allocator that answers ${lie} gives no place for an event`, async () => {
    await using cell = await load(await liar());
    await cell.init(lie);
    assertEquals(await codeOf(() => cell.extension.as("pulp").step()), "bad-guest-data");
  });
}

Deno.test("an allocator may answer any address inside, odd ones too", async () => {
  await using cell = await load(await liar());
  for (const lie of [MEMORY - 20, 32_769, 5]) {
    await cell.init(lie);
    assertEquals(await cell.extension.as("pulp").step(), -1);
    await cell.extension.as("pulp").init(null);
  }
});

Deno.test("an allocator that traps is a trap", async () => {
  await using cell = await load(await liar());
  await cell.init(2);
  assertEquals(await codeOf(() => cell.extension.as("pulp").step()), "trap");
});

Deno.test("a cell without an allocator fails at the first write, and works until then", async () => {
  const changes = { '(func (export "pulp_alloc")': '(func (export "alloc")' };
  await using cell = await load(await liar(changes));
  await cell.extension.as("pulp").init(null);
  await cell.extension.as("pulp").shutdown();
  assertEquals(await codeOf(() => cell.extension.as("pulp").step()), "bad-guest-data");
});

Deno.test("a cell without an allocator is told so where an answer is to be handed over", async () => {
  await using storage = await makeStorage();
  const changes = {
    '(func (export "pulp_alloc")': '(func (export "alloc")',
    // it reads a file as it is initialised, with nothing, and refuses with the code
    "(then (return (i32.const 0))))\n    (global.set $lie": "(then (return (call $sqlite_query " +
      "(i32.const 8) (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 20)))))\n    (global.set $lie",
    '(memory (export "memory") 2)': '(memory (export "memory") 2) (data (i32.const 8) "SELECT 1")',
  };
  await using cell = await load(
    await liar(changes),
    { limits: { timeoutMs: 5_000 } },
    storage.path,
  );
  const error = await assertRejects(() => cell.extension.as("pulp").init(null), ExtensionError);
  assertStringIncludes(error.message, "returned 7");
});

Deno.test("where an answer goes is checked, and so is the buffer for it", async () => {
  await using storage = await makeStorage();
  await using cell = await load(await liar(), { limits: { timeoutMs: 5_000 } }, storage.path);
  const extra = "a.txtcontent";
  const write = [EXTRA, 5, EXTRA + 5, 7];
  assertEquals(await cell.call("fs_write", write, { extra }), 0);
  const read = (ptrOut: number, lenOut: number, lie?: number) =>
    cell.call("fs_read", [EXTRA, 5, ptrOut, lenOut], {
      extra,
      ...lie === undefined ? {} : { lie },
    });
  assertEquals(await read(16, 20), 0);
  assertEquals(await read(MEMORY - 4, 20), 0);
  for (
    const [ptrOut, lenOut] of [[MEMORY - 3, 20], [16, MEMORY - 3], [-1, 20], [16, -4]] as const
  ) {
    assertEquals(await read(ptrOut, lenOut), 8, `${ptrOut} ${lenOut}`);
  }
  assertEquals(await read(16, 20, 0), 7);
  assertEquals(await read(16, 20, MEMORY - 6), 8);
  assertEquals(await read(16, 20, -1), 8);
  assertEquals(await read(16, 20, MEMORY - 7), 0);
  const query = (ptrOut: number, lie: number) =>
    cell.call("sqlite_query", [EXTRA, 8, 0, 0, ptrOut, 20], { extra: "SELECT 1", lie });
  assertEquals([await query(16, 1), await query(16, 0), await query(16, -1), await query(-1, 1)], [
    ...[0, 7, 8, 8],
  ]);
  assertEquals(cell.extension.stats().restarts, 0);
});

Deno.test("an allocator that asks its host for something while it is asked itself", async () => {
  await using storage = await makeStorage();
  await using cell = await load(await liar(), { limits: { timeoutMs: 5_000 } }, storage.path);
  const extra = "acontent";
  assertEquals(await cell.call("fs_write", [EXTRA, 1, EXTRA + 1, 7], { extra }), 0);
  const read = (lie: number) => cell.call("fs_read", [EXTRA, 1, 16, 20], { extra, lie });
  // what answers at once may be asked
  assertEquals(await read(4), 0);
  // what waits is refused: nothing can be suspended there
  assertEquals(await read(3), 0);
  assertEquals(cell.extension.stats().restarts, 0);
});

Deno.test("an allocator asks its host for something while the host hands an event in", async () => {
  await using cell = await load(await liar());
  await cell.init(3);
  assertEquals(await cell.extension.as("pulp").step(), -1);
});

Deno.test("messages that are cut, announce too much, or are something else are malformed", async () => {
  await using cell = await load(await liar());
  const bad = [
    ...["81", "dd01ffffff", "df7fffffff", "c1", "a1ff", "93c0c0c0", "c0", "01", "8101c0"],
    ...["82a26964c0a26964c0", "81a2696481", `${"91".repeat(100)}c0`],
  ].map((hex) => Uint8Array.fromHex(hex));
  for (
    const name of ["http_register", "http_respond", "ws_send", "ws_close", "sse_emit"] as const
  ) {
    for (const bytes of bad) {
      assertEquals(await cell.message(name, bytes), 3, `${name} ${bytes.toHex()}`);
    }
    assertEquals(await cell.call(name, [EXTRA, 0]), 1, name);
    assertEquals(await cell.call(name, [MEMORY - 1, 2]), 2, name);
    assertEquals(await cell.call(name, [8, 0xffff_ffff]), 2, name);
  }
  assertEquals(cell.extension.stats().restarts, 0);
});

Deno.test("what nobody knows, and paths that are none, are refused", async () => {
  await using cell = await load(await liar());
  const unknown: readonly (readonly [PulpImport, Parameters<typeof packMsgpack>[0]])[] = [
    ["http_respond", { id: 1, status: 200, body: "x" }],
    ["http_respond", { id: 2n ** 63n - 1n, status: 200 }],
    ["http_respond", { id: -1 }],
    ["http_respond", null],
    ["http_respond", {}],
    ["ws_send", { conn_id: 1, opcode: 1, payload: "x" }],
    ["ws_send", { conn_id: 1, opcode: 9, payload: "x" }],
    ["ws_close", { conn_id: 1 }],
    ["sse_emit", { path: "/nowhere", data: "x" }],
    ["http_register", { method: "", path: "/" }],
    ["http_register", { method: "GET", path: "x" }],
    ["http_register", { method: "G T", path: "/" }],
    ["http_register", { method: "GET", path: "/a\r\nb" }],
    ["http_register", { method: "GET", path: `/${"x".repeat(5_000)}` }],
  ];
  for (const [name, message] of unknown) {
    assertEquals(
      await cell.message(name, packMsgpack(message)),
      message === null ? 3 : 4,
      `${name} ${message}`,
    );
  }
  for (const name of ["ws_register", "sse_register"] as const) {
    assertEquals(await cell.message(name, new TextEncoder().encode("chat")), 4);
    assertEquals(await cell.message(name, Uint8Array.of(0xff)), 3);
    assertEquals(await cell.call(name, [0, 0]), 1);
  }
  assertEquals(await cell.message("http_register", packMsgpack({ method: "GET", path: "/a" })), 0);
});

Deno.test("fields of another type are malformed", async () => {
  await using cell = await load(await liar());
  const wrong: readonly (readonly [PulpImport, Parameters<typeof packMsgpack>[0]])[] = [
    ["http_register", { method: 1, path: "/" }],
    ["http_register", { method: "GET", path: ["/"] }],
    ["http_respond", { id: "1" }],
    ["http_respond", { id: 1.5 }],
    ["http_respond", { id: 1, headers: [["a", "b"]] }],
    ["http_respond", { id: 1, headers: { a: 1 } }],
    ["http_respond", { id: 1, body: {} }],
    ["ws_send", { conn_id: 1, opcode: "1", payload: "x" }],
    ["ws_close", { conn_id: 1, code: null, reason: 5 }],
    ["sse_emit", { path: "/", data: 1 }],
  ];
  for (const [name, message] of wrong) {
    assertEquals(await cell.message(name, packMsgpack(message)), 3, `${name}`);
  }
});

Deno.test("probes that trap or are not there are undefined, and the rest is a number of 64 bits", async () => {
  await using cell = await load(await liar());
  await cell.init(TRUTH, 0, 0, -2);
  const view = cell.extension.as("pulp");
  assertEquals(await view.probes(), { lastCall: 2n ** 64n - 2n, configMarker: -2n });
  await cell.init(TRUTH, 0, 0, 7);
  assertEquals(await view.probes(), { lastCall: undefined, configMarker: 7n });
  assertEquals(cell.extension.stats().restarts, 1);
  const without = { '"probe_last_call"': '"probe_other"' };
  await using other = await load(await liar(without));
  assertEquals((await other.extension.as("pulp").probes()).lastCall, undefined);
  const wrong = {
    '(func (export "probe_config_marker") (result i64) (global.get $probe))':
      '(func (export "probe_config_marker") (result i32) (i32.const 5))',
  };
  await using third = await load(await liar(wrong));
  assertEquals((await third.extension.as("pulp").probes()).configMarker, undefined);
});

const CODES: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8]);
/** How an instance may end over what it was told. */
const ENDS: ReadonlySet<string> = new Set(["trap", "bad-guest-data", "timeout", "needs-async"]);
const edge = fc.constantFrom(0, 1, 8, 32_768, EXTRA, MEMORY - 1, MEMORY, 2 ** 31, 2 ** 32 - 1);
const number = fc.oneof(edge, fc.nat(MEMORY + 10), fc.integer());
/** Lies that do not trap by themselves. */
const lie = fc.oneof(fc.constant(TRUTH), fc.constantFrom(0, -1, 4, MEMORY, MEMORY - 1), fc.nat());

Deno.test("no numbers that a cell passes get it more than a code", async () => {
  await using storage = await makeStorage();
  // every failed start counts, so none may fail here but by what is tried
  const bytes = await liar();
  const options = {
    limits: { timeoutMs: 2_000 },
    grants: { ...EVERYTHING, net: { hosts: ["x:1"] } },
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.constantFrom(...IMPORTS),
          fc.array(number, { minLength: 6, maxLength: 6 }),
          lie,
          fc.uint8Array({ maxLength: 40 }),
        ),
        { minLength: 5, maxLength: 12 },
      ),
      async (calls) => {
        await using cell = await load(bytes, options, storage.path);
        for (const [name, numbers, answered, extra] of calls) {
          try {
            const code = await cell.call(name, numbers, { lie: answered, extra });
            assert(CODES.has(code), `${name} ${numbers} ${code}`);
          } catch (error) {
            assert(error instanceof ExtensionError && ENDS.has(error.code), String(error));
            return;
          }
        }
      },
    ),
    { numRuns: 25, seed: 3 },
  );
});

Deno.test("no message that a cell sends gets it more than a code", async () => {
  await using storage = await makeStorage();
  const directory = PROBES["C"];
  assert(directory);
  await using probe = await loadProbe(directory, {
    grants: EVERYTHING,
    limits: { timeoutMs: 5_000 },
  }, { storageRoot: storage.path });
  const text = fc.string({ maxLength: 12 });
  const scalar = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.dictionary(
      fc.constantFrom(
        "id",
        "method",
        "path",
        "status",
        "headers",
        "body",
        "conn_id",
        "opcode",
        "data",
      ),
      fc.oneof(scalar, fc.dictionary(text, scalar, { maxKeys: 3 }), fc.constant("/x")),
    ).map((value) => packMsgpack(value)),
  );
  const names = IMPORTS.filter((name) => !/^(?:fs|sqlite|http_fetch)/.test(name));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), message, async (name, bytes) => {
      const { code } = await probe.ask(name, bytes);
      assert(CODES.has(code), `${name} ${code}`);
    }),
    { numRuns: 400, seed: 5 },
  );
  assertEquals(probe.extension.stats().restarts, 0);
});
