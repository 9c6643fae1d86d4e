/** Extism plugins that take what they can: time and memory end at their limits. @module */

import { assert, assertEquals } from "@std/assert";
import { failure, loadPlugin, numbers } from "./extism_guest.ts";

const MIB = 1024 * 1024;

Deno.test("extism stops a plugin that loops, with and without functions that wait", async () => {
  await using loaded = await loadPlugin("plugin");
  const start = performance.now();
  const late = loaded.plugin.call("loop", "", { timeoutMs: 100 });
  assertEquals(await failure(late), "timeout");
  assert(performance.now() - start < 1_000, `${performance.now() - start} ms`);
  assertEquals(await loaded.call("echo", "goes on"), "goes on");
  await using waiting = await loadPlugin("plugin", {
    grants: { net: { hosts: ["127.0.0.1:1"] } },
    limits: { timeoutMs: 100 },
  });
  assertEquals(await failure(waiting.call("loop")), "timeout");
  assertEquals(await waiting.call("echo", "goes on"), "goes on");
});

Deno.test("extism stops a plugin's own memory at the limit, before it is taken", async () => {
  await using loaded = await loadPlugin("plugin", { limits: { memoryBytes: 8 * MIB } });
  const megabytes = Number(await loaded.call("grow_all"));
  assert(megabytes >= 6 && megabytes <= 8, `${megabytes} MiB`);
  assert(loaded.extension.memorySize <= 8 * MIB, `${loaded.extension.memorySize}`);
  assertEquals(await loaded.call("echo", "goes on"), "goes on");
});

Deno.test("extism counts a plugin's memory and its blocks together", async () => {
  await using loaded = await loadPlugin("plugin", { limits: { memoryBytes: 8 * MIB } });
  const kilobytes = Number(await loaded.call("fill_store"));
  assert(kilobytes > 6000 && kilobytes < 8192, `${kilobytes} KiB`);
  assert(loaded.extension.memorySize <= 8 * MIB, `${loaded.extension.memorySize}`);
});

Deno.test("extism reuses blocks that were freed, and those of earlier calls", async () => {
  await using loaded = await loadPlugin("plugin", { limits: { memoryBytes: 8 * MIB } });
  await loaded.call("echo", "x".repeat(MIB));
  const before = loaded.extension.memorySize;
  for (let i = 0; i < 20; i++) await loaded.call("echo", "x".repeat(MIB));
  assertEquals(loaded.extension.memorySize, before);
  await using liar = await loadPlugin("lying", { limits: { memoryBytes: 4 * MIB } });
  for (let i = 0; i < 50; i++) await liar.call("alloc", numbers(BigInt(MIB), 0n));
  assert(liar.extension.memorySize <= 3 * MIB, `${liar.extension.memorySize}`);
});
