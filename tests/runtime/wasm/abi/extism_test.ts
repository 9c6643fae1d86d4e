/** Extism plugins: what they get and give, and what is kept between calls. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ExtensionError, ExtensionHost } from "../../../../mod.ts";
import { buildKernel, TARGET } from "../../../../tools/build_kernel.ts";
import { failure, loadPlugin, numberOf } from "./extism_guest.ts";

const EXAMPLE = new URL(
  "../../../../examples/conventions/extism/count_vowels.wasm",
  import.meta.url,
);

Deno.test("the kernel is what its text compiles to, byte for byte", async () => {
  assertEquals(await Deno.readTextFile(TARGET), await buildKernel());
});

Deno.test("extism runs a plugin in AssemblyScript, which keeps a variable between calls", async () => {
  await using loaded = await loadPlugin(EXAMPLE);
  const { call, extension } = loaded;
  assertEquals([extension.abi, extension.exports], ["extism", ["count_vowels"]]);
  const first = JSON.parse(await call("count_vowels", "Hello, World!"));
  assertEquals(first, { count: 3, total: 3, vowels: "aeiouAEIOU" });
  assertEquals(JSON.parse(await call("count_vowels", "aaa")).total, 6);
  assertEquals(JSON.parse(await call("count_vowels", "")).count, 0);
});

Deno.test("extism runs a plugin that has no memory of its own", async () => {
  await using loaded = await loadPlugin("count_vowels");
  assertEquals(await loaded.call("count_vowels", "Hello, World!"), "03 03");
  assertEquals(await loaded.call("count_vowels", "aeiouAEIOUxyz"), "10 13");
  assert(loaded.extension.memorySize >= 0);
});

Deno.test("extism takes and gives any bytes, of any length", async () => {
  await using loaded = await loadPlugin("plugin");
  const { plugin } = loaded;
  for (const length of [0, 1, 7, 8, 9, 63, 64, 65, 4095, 4096, 4097, 65_536, 300_001]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
    assertEquals(await plugin.call("echo", bytes), bytes);
  }
  for (const text of ["a", "é", "日本語", "𝄞", "x".repeat(2000) + "é", "é".repeat(2000)]) {
    assertEquals(await plugin.callText("echo", text), text);
  }
});

Deno.test("extism gives nothing for a function that sets no output, and forgets the last one's", async () => {
  await using loaded = await loadPlugin("plugin");
  assertEquals(await loaded.call("echo", "something"), "something");
  assertEquals(await loaded.call("quiet", "ignored"), "");
  await using liar = await loadPlugin("lying");
  assertEquals(await liar.call("output_input", "whole"), "whole");
  assertEquals(await liar.call("output_rest", "whole"), "hole");
  assertEquals(await liar.call("output_empty", "whole"), "");
});

Deno.test("extism reports the error that a plugin sets, whatever it returns", async () => {
  await using loaded = await loadPlugin("plugin");
  assertEquals(await failure(loaded.call("fail_with", "no réason")), "guest-error: no réason");
  assertEquals(await failure(loaded.call("fail_quietly", "quietly")), "guest-error: quietly");
  assertEquals(await loaded.call("echo", "still here"), "still here");
  assertEquals(loaded.extension.stats().restarts, 0);
  await using liar = await loadPlugin("lying");
  assertEquals(await failure(liar.call("error_input", "mine")), "guest-error: mine");
  assertEquals(await liar.call("error_taken_back", "mine"), "");
  assertEquals(await numberOf(liar.plugin.call("error_handle")), 0n);
});

Deno.test("extism reports the status of a function that returns one", async () => {
  await using loaded = await loadPlugin("plugin");
  for (const status of ["1", "-1", "2147483647"]) {
    const error = await assertRejects(() => loaded.call("fail_code", status), ExtensionError);
    assertEquals(error.code, "guest-error");
    assertStringIncludes(error.message, `it returned ${status}`);
  }
  assertEquals(await loaded.call("fail_code", "0"), "");
});

Deno.test("extism gives configuration values by their own names only", async () => {
  const config = JSON.parse('{"greeting":"hé","empty":"","number":7,"__proto__":"own"}');
  await using loaded = await loadPlugin("plugin", { config });
  const { call } = loaded;
  assertEquals(await call("config_value", "greeting"), "hé");
  assertEquals(await call("config_value", "empty"), "");
  assertEquals(await call("config_value", "number"), "7");
  assertEquals(await call("config_value", "__proto__"), "own");
  for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf", "missing", ""]) {
    assertEquals(await call("config_value", name), "", name);
  }
  await using other = await loadPlugin("plugin");
  assertEquals(await other.call("config_value", "__proto__"), "");
});

Deno.test("extism keeps variables of any name, and forgets them when told to", async () => {
  await using loaded = await loadPlugin("plugin");
  const { call } = loaded;
  for (const name of ["__proto__", "constructor", "a b", "é", ""]) {
    assertEquals(await call("var_value", name), "", name);
    await call("var_keep", `${name}=value of ${name}`);
    assertEquals(await call("var_value", name), `value of ${name}`);
  }
  await call("var_keep", "é=changed");
  assertEquals(await call("var_value", "é"), "changed");
  await call("var_keep", "é");
  assertEquals(await call("var_value", "é"), "");
  assertEquals(await call("var_value", "__proto__"), "value of __proto__");
});

Deno.test("extism keeps variables when an instance is lost, and none across plugins", async () => {
  await using loaded = await loadPlugin("plugin");
  await loaded.call("var_keep", "name=kept");
  assertEquals(await failure(loaded.call("trap")), "trap");
  assertEquals(await loaded.call("var_value", "name"), "kept");
  assertEquals(loaded.extension.stats().restarts, 1);
  await using other = await loadPlugin("plugin");
  assertEquals(await other.call("var_value", "name"), "");
});

Deno.test("extism refuses a variable before it is taken, and keeps the old one", async () => {
  await using loaded = await loadPlugin("plugin", { limits: { varBytes: 1000 } });
  await loaded.call("var_keep", "large=small");
  assertEquals(await failure(loaded.call("var_keep_bytes", "1001")), "CapabilityError quota");
  assertEquals(await loaded.call("var_value", "large"), "small");
  // fits as a value, but not with its name and what every variable costs
  assertEquals(await failure(loaded.call("var_keep_bytes", "990")), "CapabilityError quota");
  assertEquals(await loaded.call("var_value", "large"), "small");
});

Deno.test("extism writes to the log at every level, and says that every level counts", async () => {
  await using loaded = await loadPlugin("lying");
  await loaded.call("log_all", "é!");
  const levels = ["debug", "debug", "info", "warn", "error"];
  assertEquals(loaded.log, levels.map((level) => `${level} é!`));
  assertEquals(await numberOf(loaded.plugin.call("log_level")), 0n);
});

Deno.test("extism starts a plugin once: _initialize, then Haskell's runtime; else constructors", async () => {
  await using loaded = await loadPlugin("starts");
  assertEquals(await loaded.call("seen"), "12");
  assertEquals(await loaded.call("seen"), "12");
  for (const name of ["_initialize", "hs_init", "__wasm_call_ctors"]) {
    assertEquals(await failure(loaded.call(name)), "unknown-function", name);
  }
  await using other = await loadPlugin("constructors");
  assertEquals(await other.call("started"), "");
  assertEquals(await other.call("length_of_block"), "");
});

Deno.test("extism takes proc_exit(0) for the end of a function, and other statuses for a failure", async () => {
  await using loaded = await loadPlugin("exits");
  assertEquals(await loaded.call("started"), "");
  assertEquals(await loaded.call("well", "output"), "output");
  const error = await assertRejects(() => loaded.call("badly"), ExtensionError);
  assertEquals(error.code, "guest-error");
  assertStringIncludes(error.message, "4");
});

Deno.test("extism has no function that takes or gives something else", async () => {
  await using loaded = await loadPlugin("lying");
  for (const name of ["takes_parameters", "gives_much", "memory", "missing", "__proto__"]) {
    assertEquals(await failure(loaded.call(name)), "unknown-function", name);
    assertEquals(loaded.plugin.functionExists(name), false, name);
  }
  assertEquals(loaded.plugin.functionExists("log_all"), true);
  const error = await assertRejects(() => loaded.call("takes_parameters"), ExtensionError);
  assertStringIncludes(error.message, "(i32) -> i32");
});

Deno.test("ExtismPlugin.reset() lets go of the last call's blocks and of nothing else", async () => {
  await using loaded = await loadPlugin("plugin");
  assertEquals(await loaded.call("count_calls"), "1");
  assertEquals(loaded.plugin.reset(), true);
  assertEquals(await loaded.call("count_calls"), "2");
  await using liar = await loadPlugin("lying");
  const handle = await numberOf(liar.plugin.call("input_handle", "0123456789abcdef"));
  assert(handle > 0n);
  liar.plugin.reset();
  assertEquals(liar.extension.stats().restarts, 0);
});

Deno.test("load() says which convention is meant where there is more than one", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  const error = await assertRejects(() => host.load(EXAMPLE, { abi: "extisn" }), ExtensionError);
  assertEquals(error.code, "unsupported");
  assertStringIncludes(error.message, 'did you mean "extism"?');
  const extension = await host.load(EXAMPLE, { abi: "extism" });
  assertEquals(extension.abi, "extism");
});

Deno.test("extism runs a plugin whose one function is _start once a call, each in an instance of its own", async () => {
  for (const isolation of ["inline", "worker"] as const) {
    await using loaded = await loadPlugin("command", { isolation });
    const { call, extension, plugin } = loaded;
    assertEquals(extension.exports, ["_start"]);
    assertEquals([await call("_start", "a"), await call("_start", "b")], ["a1", "b1"]);
    const error = await assertRejects(() => call("_start"), ExtensionError);
    assertEquals([error.code, error.exitStatus], ["guest-error", 3]);
    assertEquals([plugin.functionExists("_start"), plugin.functionExists("malloc")], [true, false]);
    assertEquals(await call("_start", "c"), "c1");
  }
});
