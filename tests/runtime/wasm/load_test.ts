/** Loading: start functions, exports, imports, sizes, admission, and reports in plain words. @module */

import { assert, assertEquals } from "@std/assert";
import { ExtensionHost } from "../../../mod.ts";
import { wasmRuntime } from "../../../runtime/wasm/runtime.ts";
import { faultOf, fixtureBytes, fixtureRequest, loadFixture } from "./load.ts";

const NO_MANIFEST = new TextEncoder().encode("not wasm");

Deno.test("load() runs _initialize rather than _start, once", async () => {
  await using guest = await loadFixture("start");
  assertEquals(guest.bytes("trace"), new Uint8Array([1]));
  assertEquals(guest.bytes("trace"), new Uint8Array([1]));
});

Deno.test("load() takes proc_exit(0) in _start as the end of the start only", async () => {
  await using guest = await loadFixture("start_exits");
  assertEquals(guest.bytes("started"), new Uint8Array([1]));
});

Deno.test("load() fails when a start function exits with another status or traps", async () => {
  const exit = await faultOf(() => loadFixture("start_fails"));
  assertEquals([exit.code, exit.message], ["guest-error", "it exited with status 3"]);
  assertEquals((await faultOf(() => loadFixture("start_traps"))).code, "trap");
});

Deno.test("load() without a module says what to add", async () => {
  const fault = await faultOf(() => loadFixture("echo", { source: { modulePath: "" } }));
  assertEquals(fault.code, "unsupported");
  assert(fault.message.includes('"module"'), fault.message);
});

Deno.test("load() refuses bytes that are no WebAssembly with the engine's reason", async () => {
  const whole = await fixtureBytes("echo");
  for (const bytes of [NO_MANIFEST, new Uint8Array(0), whole.subarray(0, 100)]) {
    const fault = await faultOf(() =>
      loadFixture("echo", { source: { read: () => Promise.resolve(bytes) } })
    );
    assertEquals(fault.code, "unsupported");
    assert(fault.message.includes("WebAssembly"), fault.message);
  }
});

Deno.test("load() lists everything a module lacks at once", async () => {
  const { code, message } = await faultOf(() =>
    loadFixture("incomplete", { manifest: { exports: ["validate", "onCreate", "onDelete"] } })
  );
  assertEquals(code, "unsupported");
  for (
    const part of [
      'no memory "memory"',
      '"__base_alloc" is (i32, i32) -> i32 where (i32) -> i32',
      'no function "__base_free"',
      '"validate" is (i32) -> i32',
      '"onCreate" is a global',
      'no function "onDelete"',
    ]
  ) assert(message.includes(part), `${part} in: ${message}`);
});

Deno.test("load() lists imports that nobody answers, with the closest that exist", async () => {
  const { code, message } = await faultOf(() => loadFixture("bad_imports"));
  assertEquals(code, "unsupported");
  for (
    const part of [
      '"env.abrot" (i32, i32, i32, i32), which nobody offers; the closest is "env.abort"',
      '"env.abort" as (i32), and it is offered as (i32, i32, i32, i32)',
      'the table "env.table"',
      'the closest is "wasi_snapshot_preview1.fd_write"',
      '"wasi_snapshot_preview1.random_get" as (i64, i32) -> i32',
      '"__proto__.constructor" (), which nobody offers',
      '"env.toString" (), which nobody offers',
    ]
  ) assert(message.includes(part), `${part} in: ${message}`);
});

Deno.test("load() reports what it looked for when no convention fits", async () => {
  const { code, message } = await faultOf(() => loadFixture("no_convention"));
  assertEquals(code, "unsupported");
  for (const part of ["base", "__base_alloc", '"memory", "run"', '"env"']) {
    assert(message.includes(part), message);
  }
});

Deno.test("load() takes the manifest's convention and refuses one that does not exist", async () => {
  await using guest = await loadFixture("echo", { manifest: { abi: "base" } });
  assertEquals(guest.module.abi, "base");
  const { code, message } = await faultOf(() => loadFixture("echo", { manifest: { abi: "bsae" } }));
  assertEquals(code, "unsupported");
  assert(message.includes('did you mean "base"'), message);
  const lacking = await faultOf(() => loadFixture("no_convention", { manifest: { abi: "base" } }));
  assert(lacking.message.includes("__base_alloc"), lacking.message);
});

Deno.test("load() refuses declared functions that belong to the convention", async () => {
  const fault = await faultOf(() =>
    loadFixture("echo", { manifest: { exports: ["echo", "__base_alloc"] } })
  );
  assertEquals(fault.code, "unsupported");
});

Deno.test("load() refuses memories that it cannot watch, and too large ones", async () => {
  const codes: Record<string, string> = {
    memory_large: "memory-limit",
    table_large: "memory-limit",
    memory_shared: "unsupported",
    memory_two: "unsupported",
    memory_wide: "unsupported",
  };
  for (const [name, code] of Object.entries(codes)) {
    assertEquals((await faultOf(() => loadFixture(name))).code, code, name);
  }
  await using guest = await loadFixture("memory_large", { limits: { memoryBytes: 2 ** 28 } });
  assertEquals(guest.module.memorySize, 2000 * 65_536);
});

Deno.test("load() takes a compiled module and checks at run time what its bytes would tell", async () => {
  const compile = async (name: string) => ({
    source: { compiled: await WebAssembly.compile(await fixtureBytes(name)), modulePath: "" },
  });
  await using guest = await loadFixture("names", await compile("names"));
  assertEquals(guest.text("then", "hello"), "hello");
  assertEquals((await faultOf(() => guest.bytes("other", "x"))).code, "bad-guest-data");
  for (const [name, code] of [["memory_large", "memory-limit"], ["memory_shared", "unsupported"]]) {
    const fault = await faultOf(async () => loadFixture(name ?? "", await compile(name ?? "")));
    assertEquals(fault.code, code);
  }
});

Deno.test("load() asks for admission once, after every check and before any guest code", async () => {
  for (const name of ["bad_imports", "incomplete", "no_convention", "memory_large"]) {
    const { request, observed } = fixtureRequest(name);
    await faultOf(() => wasmRuntime().load(request));
    assertEquals(observed.admitted, 0, name);
  }
  const { request, observed } = fixtureRequest("start_traps");
  assertEquals((await faultOf(() => wasmRuntime().load(request))).code, "trap");
  assertEquals(observed.admitted, 1);
  const refused = fixtureRequest("start_traps", {
    request: { admit: () => Promise.reject(new RangeError("refused")) },
  });
  const error = await wasmRuntime().load(refused.request).catch((error) => error);
  assert(error instanceof RangeError);
});

Deno.test("load() stops when its signal fires", async () => {
  const reason = new DOMException("enough", "AbortError");
  const { request } = fixtureRequest("echo", { request: { signal: AbortSignal.abort(reason) } });
  assertEquals(await wasmRuntime().load(request).catch((error) => error), reason);
});

Deno.test("load() reports every exported function that can be called, or the declared ones", async () => {
  await using all = await loadFixture("start_exits");
  assertEquals(all.module.exports, ["started", "exit"]);
  await using declared = await loadFixture("start_exits", { manifest: { exports: ["exit"] } });
  assertEquals(declared.module.exports, ["exit"]);
  assertEquals(declared.bytes("started"), new Uint8Array([1]));
});

Deno.test("load() accepts all 46 functions of WASI preview 1 by their signatures", async () => {
  await using guest = await loadFixture("wasi_all");
  assertEquals(guest.module.exports, []);
});

Deno.test("describe() shows convention, evidence, imports, exports and problems without running", async () => {
  const { describe } = wasmRuntime();
  assert(describe);
  const good = await describe(fixtureRequest("start_traps").request);
  assertEquals([good.abi, good.exports, good.issues], ["base", ["f"], []]);
  assertEquals(good.evidence, ['it exports "__base_alloc" and "__base_free"']);
  const bad = await describe(fixtureRequest("bad_imports").request);
  assertEquals(bad.imports.includes("env.abrot"), true);
  assertEquals(bad.issues.length, 7);
  assertEquals(bad.issues[0]?.file, "bad_imports.wasm");
});

Deno.test("ExtensionHost runs a bare module and gives failures their codes", async () => {
  await using host = new ExtensionHost();
  const guest = await host.load({ name: "faults.wasm", bytes: await fixtureBytes("faults") });
  assertEquals([guest.engine, guest.abi, guest.isolation], ["wasm", "base", "inline"]);
  for (
    const [fn, code] of [["trap", "trap"], ["wraps", "bad-guest-data"], ["x", "unknown-function"]]
  ) {
    const error = await guest.invoke(fn ?? "").catch((error) => error);
    assertEquals(error.code, code);
  }
  assertEquals(await guest.invoke("calls"), new Uint8Array([1]));
  assertEquals(guest.stats().restarts, 2);
});

Deno.test("load() with lazy starts the guest at its first call", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  const load = async (name: string) =>
    host.load({ name: `${name}.wasm`, bytes: await fixtureBytes(name) }, { lazy: true });
  const echo = await load("echo");
  assertEquals(echo.memorySize, 0);
  assertEquals(await echo.invoke("echo", "a"), new TextEncoder().encode("a"));
  assert(echo.memorySize > 0);
  const traps = await load("start_traps");
  assertEquals((await traps.invoke("echo", "a").catch((error) => error)).code, "trap");
});
