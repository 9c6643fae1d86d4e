/** Pulp cells that lie: wrong pointers, lengths, allocators, messages, exports and signatures. @module */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ExtensionError } from "../../../../mod.ts";
import type { PulpImport } from "../../../../manifest/pulp_host.ts";
import { packMsgpack } from "../../../../runtime/wasm/abi/pulp_msgpack.ts";
import { makeStorage } from "../pulp_guests.ts";
import { EXTRA, liar, load, MEMORY, TRUTH } from "./pulp_liar.ts";

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
