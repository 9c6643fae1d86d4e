/** Extism plugins that hand over what is not there: bad-guest-data, and nothing else happens. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { ExtensionError } from "../../../../mod.ts";
import { failure, loadPlugin, numberOf, numbers } from "./extism_guest.ts";

/** Addresses that lie in no block, whatever the store looks like. */
const NOWHERE: readonly bigint[] = [
  0n,
  1n,
  64n,
  256n,
  0xffff_ffffn,
  1n << 32n,
  1n << 40n,
  1n << 48n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
  0xffff_ffff_0000_0000n,
];

/** Functions of the lying plugin that use an address, and cannot go on with a bad one. */
const USES_ADDRESS: readonly string[] = [
  "load_u8",
  "load_u64",
  "store_u8",
  "store_u64",
  "config_get",
  "var_get",
  "log_trace",
  "log_debug",
  "log_info",
  "log_warn",
  "log_error",
];

/** The plugin is given up after three failures within ten seconds, so each gets its own. */
async function codeOfLie(fn: string, input: Uint8Array | string): Promise<string> {
  await using loaded = await loadPlugin("lying");
  const code = await failure(loaded.call(fn, input));
  assertEquals(await loaded.call("output_input", "goes on"), "goes on");
  return code;
}

for (const fn of USES_ADDRESS) {
  Deno.test(`extism ends a guest whose ${fn}() gets an address in no block`, async () => {
    for (const address of NOWHERE) {
      assertEquals(await codeOfLie(fn, numbers(address, 1n)), "bad-guest-data", `${address}`);
    }
  });
}

Deno.test("extism ends a guest that sets output or error where there is no block", async () => {
  for (const address of NOWHERE) {
    assertEquals(await codeOfLie("output_set", numbers(address, 1n)), "bad-guest-data");
    if (address === 0n) continue;
    assertEquals(await codeOfLie("error_set", numbers(address)), "bad-guest-data");
    assertEquals(await codeOfLie("var_set", numbers(address, 0n)), "bad-guest-data");
    assertEquals(await codeOfLie("var_set_value", numbers(address)), "bad-guest-data");
  }
});

Deno.test("extism ends a guest that gives more output than the block has", async () => {
  assertEquals(await codeOfLie("output_more", "12345678"), "bad-guest-data");
  await using loaded = await loadPlugin("lying");
  const handle = await numberOf(loaded.plugin.call("input_handle", numbers(0n, 0n)));
  for (const length of [17n, 1n << 31n, 0xffff_ffffn, 1n << 32n, (1n << 64n) - 1n]) {
    assertEquals(await codeOfLie("output_set", numbers(handle, length)), "bad-guest-data");
  }
});

Deno.test("extism ends a guest that reads past its input", async () => {
  for (const offset of [16n, 17n, 1n << 31n, 1n << 32n, (1n << 32n) + 1n, (1n << 64n) - 1n]) {
    const input = numbers(offset, 0n);
    assertEquals(await codeOfLie("input_load_u8", input), "bad-guest-data", `${offset}`);
    assertEquals(await codeOfLie("input_load_u64", input), "bad-guest-data", `${offset}`);
  }
  for (const offset of [9n, 15n]) {
    assertEquals(await codeOfLie("input_load_u64", numbers(offset, 0n)), "bad-guest-data");
  }
  assertEquals(await codeOfLie("input_load_u64", "short"), "bad-guest-data");
  assertEquals(await codeOfLie("input_load_u64", ""), "bad-guest-data");
});

Deno.test("extism says 0 for the length of what is no block, and frees nothing", async () => {
  await using loaded = await loadPlugin("lying");
  for (const address of NOWHERE) {
    assertEquals(await numberOf(loaded.plugin.call("length", numbers(address))), 0n);
    assertEquals(await numberOf(loaded.plugin.call("length_unsafe", numbers(address))), 0n);
    assertEquals(await loaded.call("free", numbers(address)), "");
  }
  assertEquals(loaded.extension.stats().restarts, 0);
});

Deno.test("extism gives a block that was freed to nobody", async () => {
  for (const fn of ["freed_load", "freed_store", "freed_output", "freed_log"]) {
    assertEquals(await codeOfLie(fn, ""), "bad-guest-data", fn);
  }
  await using loaded = await loadPlugin("lying");
  const { plugin } = loaded;
  assertEquals(await numberOf(plugin.call("freed_length")), 0n);
  assertEquals(await numberOf(plugin.call("freed_twice")), 77n);
  assertEquals(await numberOf(plugin.call("cleared")), 0n);
  await plugin.call("freed_input", numbers(1n, 2n));
  assertEquals(loaded.extension.stats().restarts, 0);
});

Deno.test("extism believes no forged block further than its own guest's bytes", async () => {
  for (const length of [1n, 256n, 65_536n, 1n << 31n, 0xffff_fff0n]) {
    const code = await codeOfLie("forged", numbers(length, 0n));
    assert(["no failure", "bad-guest-data", "payload-limit", "trap"].includes(code), code);
  }
  for (const capacity of [0n, 16n, 0xffff_fff0n, (1n << 64n) - 1n, 7n << 32n]) {
    const code = await codeOfLie("forged_free", numbers(capacity, 0n));
    assert(["no failure", "bad-guest-data", "memory-limit", "trap"].includes(code), code);
  }
});

Deno.test("extism ends a guest for its lie, though it catches everything", async () => {
  for (const [fn, input, code] of [["load", "", "bad-guest-data"], ["log", "", "bad-guest-data"]]) {
    await using loaded = await loadPlugin("catches");
    assertEquals(await failure(loaded.call(fn ?? "", input)), code);
  }
  await using loaded = await loadPlugin("catches", { limits: { varBytes: 8 } });
  assertEquals(await failure(loaded.call("var", "too much")), "CapabilityError quota");
});

Deno.test("extism stops a store at the memory limit, before it is taken", async () => {
  const limits = { memoryBytes: 4 * 1024 * 1024 };
  for (const size of [0n, 1000n, 65_537n, 1n << 20n, 1n << 31n, 1n << 40n, (1n << 64n) - 1n]) {
    await using loaded = await loadPlugin("lying", { limits });
    assertEquals(await failure(loaded.call("fill_store", numbers(size, 0n))), "memory-limit");
    assert(loaded.extension.memorySize <= limits.memoryBytes);
    await loaded.call("fill_and_stop", numbers(size, 0n));
    assert(loaded.extension.memorySize <= limits.memoryBytes, `${loaded.extension.memorySize}`);
    assertEquals(await loaded.call("output_input", "goes on"), "goes on");
  }
});

Deno.test("extism stops a payload that has no room in the store", async () => {
  await using loaded = await loadPlugin("lying", { limits: { memoryBytes: 256 * 1024 } });
  assertEquals(await failure(loaded.call("output_input", new Uint8Array(300_000))), "memory-limit");
  assertEquals(await failure(loaded.call("output_input", "x".repeat(300_000))), "memory-limit");
  assertEquals((await loaded.call("output_input", "x".repeat(100_000))).length, 100_000);
});

Deno.test("extism charges a guest for the bytes that are cleared for it", async () => {
  await using loaded = await loadPlugin("lying");
  const start = performance.now();
  const churn = loaded.plugin.call("churn", numbers(32n << 20n, 0n), { timeoutMs: 100 });
  assertEquals(await failure(churn), "timeout");
  assert(performance.now() - start < 600, `${performance.now() - start} ms`);
});

Deno.test("extism refuses output over the payload limit, and text that is none", async () => {
  await using loaded = await loadPlugin("plugin", { limits: { payloadBytes: 100 } });
  assertEquals(await failure(loaded.call("echo", "x".repeat(101))), "payload-limit");
  assertEquals(await loaded.call("echo", "x".repeat(100)), "x".repeat(100));
  await using liar = await loadPlugin("lying");
  const malformed = Uint8Array.of(0xff, 0xfe, 0x41);
  assertEquals(await failure(liar.call("config_input", malformed)), "bad-guest-data");
  const error = await liar.plugin.call("error_input", malformed).catch((reason) => reason);
  assert(error instanceof ExtensionError);
  assertEquals(error.guest, "\ufffd\ufffdA");
  await using long = await loadPlugin("lying");
  const told = await long.plugin.call("error_input", "e".repeat(100_000)).catch((reason) => reason);
  assert(told instanceof ExtensionError && told.guest.length <= 4096);
  assertStringIncludes(told.guest, "eee");
});

/** Every function of the lying plugin that takes numbers. */
const LIES: readonly string[] = [
  ...USES_ADDRESS,
  "alloc",
  "free",
  "length",
  "length_unsafe",
  "input_load_u8",
  "input_load_u64",
  "output_set",
  "error_set",
  "var_set",
  "var_set_value",
  "http_request",
  "forged",
  "forged_free",
  "fill_and_stop",
];
const EXPECTED: ReadonlySet<string> = new Set([
  "no failure",
  "bad-guest-data",
  "memory-limit",
  "payload-limit",
  "trap",
  "guest-error",
  "closed",
]);

Deno.test("extism meets any lie with one of its codes, and goes on", async () => {
  const number = fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.bigInt({ min: 0n, max: 512n }),
    fc.bigInt({ min: 0n, max: 64n }).map((high) => high << 32n),
    fc.tuple(fc.nat(31), fc.nat(4096), fc.nat(300)).map(([generation, at, offset]) =>
      (BigInt(generation) << 58n) | (BigInt(at) << 32n) | BigInt(offset)
    ),
    fc.constantFrom(...NOWHERE),
  );
  const lie = fc.tuple(fc.constantFrom(...LIES), number, number);
  const limits = { memoryBytes: 2 * 1024 * 1024, queueMs: 100 };
  await fc.assert(
    fc.asyncProperty(fc.array(lie, { minLength: 1, maxLength: 6 }), async (lies) => {
      await using loaded = await loadPlugin("lying", { limits });
      for (const [fn, a, b] of lies) {
        // small blocks without end would take all the time there is
        const first = fn === "fill_and_stop" ? a | 4096n : a;
        const code = await failure(loaded.call(fn, numbers(first, b)));
        assert(EXPECTED.has(code.split(":")[0] ?? "") || code.startsWith("CapabilityError"), code);
        assert(loaded.extension.memorySize <= limits.memoryBytes);
      }
    }),
    { numRuns: 150, seed: 7 },
  );
});
