/** Guests that attack their host across the boundary (hostile corpus 28 to 33, 37, 49, 53). @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { callFor, faultOf, fixtureBytes, loadFixture } from "./load.ts";

/** After an attack the next call finds a fresh instance that works. */
const NEXT = "calls";

const FAULTS: Record<string, string> = {
  trap: "trap",
  divide: "trap",
  load_outside: "trap",
  recurse: "trap",
  past_end: "bad-guest-data",
  across_end: "bad-guest-data",
  negative: "bad-guest-data",
  wraps: "bad-guest-data",
  length_max: "payload-limit",
  all_ones: "payload-limit",
};

for (const [fn, code] of Object.entries(FAULTS)) {
  Deno.test(`a guest that does "${fn}" fails with ${code} and is replaced`, async () => {
    await using guest = await loadFixture("faults");
    assertEquals(guest.bytes(NEXT), new Uint8Array([1]));
    assertEquals(guest.bytes(NEXT), new Uint8Array([2]));
    assertEquals((await faultOf(() => guest.bytes(fn, "x"))).code, code);
    assertEquals(guest.bytes(NEXT), new Uint8Array([1]));
    assertEquals(guest.module.restarts, 1);
  });
}

Deno.test("results of impossible lengths are refused whatever the payload limit", async () => {
  await using guest = await loadFixture("faults", { limits: { payloadBytes: Infinity } });
  for (const fn of ["length_max", "all_ones"]) {
    assertEquals((await faultOf(() => guest.bytes(fn))).code, "bad-guest-data");
  }
});

Deno.test("a result over the payload limit is refused before it is copied", async () => {
  await using guest = await loadFixture("faults", { limits: { payloadBytes: 50_000 } });
  assertEquals((await faultOf(() => guest.bytes("large"))).code, "payload-limit");
});

Deno.test("text whose bytes exceed the payload limit is refused", async () => {
  await using guest = await loadFixture("echo", { limits: { payloadBytes: 10 } });
  assertEquals(guest.text("echo", "0123456789"), "0123456789");
  assertEquals((await faultOf(() => guest.bytes("echo", "éééééé"))).code, "payload-limit");
});

const ALLOCATORS: Record<number, string> = {
  1: "bad-guest-data", // 0
  3: "bad-guest-data", // across the end
  4: "bad-guest-data", // negative
  5: "trap",
  7: "trap", // endless recursion
  8: "trap", // in free
};

for (const [size, code] of Object.entries(ALLOCATORS)) {
  for (const payload of ["x".repeat(Number(size)), new Uint8Array(Number(size))]) {
    Deno.test(`an allocator asked for ${size} bytes of ${typeof payload} fails with ${code}`, async () => {
      await using guest = await loadFixture("allocators");
      assertEquals((await faultOf(() => guest.bytes("show", payload))).code, code);
      assertEquals(guest.text("show", "fine again"), "fine again");
      assertEquals(guest.module.restarts, 1);
    });
  }
}

Deno.test("a guest cannot grow past its limit", async () => {
  await using guest = await loadFixture("faults", { limits: { memoryBytes: 3 * 65_536 } });
  assertEquals(guest.bytes("grow_to_4"), new Uint8Array());
  assertEquals(guest.module.memorySize, 65_536);
});

Deno.test("a guest that came compiled is discarded after the call in which it grew past its limit", async () => {
  const compiled = await WebAssembly.compile(await fixtureBytes("faults"));
  await using guest = await loadFixture("faults", {
    limits: { memoryBytes: 3 * 65_536 },
    source: { compiled },
  });
  assertEquals((await faultOf(() => guest.bytes("grow_to_4"))).code, "memory-limit");
  assertEquals(guest.module.memorySize, 0);
  assertEquals(guest.bytes(NEXT), new Uint8Array([1]));
  assertEquals(guest.module.memorySize, 65_536);
});

Deno.test("exports with names of JavaScript's own are functions like others", async () => {
  await using guest = await loadFixture("names");
  const names = ["__proto__", "constructor", "then", "toString", "", "hasOwnProperty", "𝄞"];
  assertEquals(guest.module.exports, names);
  for (const name of names) assertEquals(guest.text(name, "hello"), "hello");
  for (const name of ["valueOf", "isPrototypeOf", "__defineGetter__", "propertyIsEnumerable"]) {
    assertEquals((await faultOf(() => guest.bytes(name))).code, "unknown-function");
  }
  assertEquals(await guest.module, guest.module);
});

Deno.test("catch_all catches the guest's own exceptions and nothing of the host", async () => {
  await using guest = await loadFixture("catch_all");
  assertEquals(guest.text("own"), "C");
  assertEquals((await faultOf(() => guest.bytes("uncaught"))).code, "trap");
  assertEquals((await faultOf(() => guest.bytes("abort"))).code, "trap");
  const exit = await faultOf(() => guest.bytes("exit"));
  assertEquals([exit.code, exit.message], ["guest-error", "it exited with status 7"]);
  assertEquals(guest.text("own"), "C");
  assertEquals(guest.module.restarts, 3);
});

Deno.test("a loop that asks the host, with catch_all around it, ends at its deadline", async () => {
  await using guest = await loadFixture("catch_all");
  const begin = performance.now();
  const fault = await faultOf(() => guest.module.invoke("ask", "", callFor(100)));
  assertEquals(fault.code, "timeout");
  assert(performance.now() - begin < 2_000);
});

Deno.test("a sleep past the deadline ends the guest at once", async () => {
  await using guest = await loadFixture("catch_all");
  const begin = performance.now();
  const fault = await faultOf(() => guest.module.invoke("sleep", "", callFor(60_000)));
  assertEquals(fault.code, "timeout");
  assert(performance.now() - begin < 2_000);
});

Deno.test("proc_exit inside a call ends the instance, whatever the status", async () => {
  await using guest = await loadFixture("start_exits");
  for (const status of [0, 1, 255]) {
    const fault = await faultOf(() => guest.bytes("exit", "x".repeat(status)));
    assertEquals([fault.code, fault.message], ["guest-error", `it exited with status ${status}`]);
  }
  assertEquals(guest.bytes("started"), new Uint8Array([1]));
  assertEquals(guest.module.restarts, 3);
});

Deno.test("a host function called from the start section sees the guest's memory", async () => {
  await using guest = await loadFixture("start_section");
  assertEquals(guest.bytes("answer"), new Uint8Array([0])); // success
});

Deno.test("a closed module refuses calls and keeps nothing", async () => {
  await using guest = await loadFixture("echo");
  const closing = guest.module.close();
  assertEquals(guest.module.close(), closing);
  await closing;
  assertEquals((await faultOf(() => guest.bytes("echo"))).code, "closed");
  const late = await assertRejects(async () => await guest.module.invoke("echo", "", callFor()));
  assert(late instanceof Error);
  assertEquals(guest.module.memorySize, 0);
});

Deno.test("a thousand broken calls leave one working instance", async () => {
  await using guest = await loadFixture("faults");
  for (let i = 0; i < 1_000; i++) {
    assertEquals((await faultOf(() => guest.bytes("trap"))).code, "trap");
  }
  assertEquals(guest.bytes(NEXT), new Uint8Array([1]));
  assertEquals(guest.module.memorySize, 65_536);
});
