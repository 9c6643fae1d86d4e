/** WebAssembly off the host's thread: stopped, counted, measured, replaced, and gone when it is closed. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CapabilityRegistry,
  defineCapability,
  ExtensionError,
  ExtensionHost,
} from "../../../../mod.ts";
import { codeOf, failureOf, text } from "../../../conformance/abi_suite.ts";
import { assertIdle } from "../../../cpu_use.ts";
import { baseModule, loadGuest, pause } from "./guest.ts";

const LOOP = "(loop (br 0))";
/** Counts down from 100 million: some tenths of a second. */
const WORK = `(local.set 0 (i32.const 100000000))
  (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))`;
/** Grows by 16 pages, then works. */
const GROWS = `(drop (memory.grow (i32.const 16))) ${WORK}`;

/** How late an end may come: the machine of a test is shared. */
const LATE_MS = 100;

Deno.test("a loop in a worker ends at its deadline, the thread is idle and serves the next call", async () => {
  await using guest = await loadGuest({ loop: LOOP, fine: "" });
  const { extension } = guest;
  const begin = performance.now();
  assertEquals(await codeOf(() => extension.invoke("loop", "", { timeoutMs: 80 })), "timeout");
  const late = performance.now() - begin - 80;
  assert(late > -1 && late < LATE_MS, `${late} ms late`);
  await assertIdle();
  await extension.invoke("fine");
  assertEquals(extension.stats().restarts, 1);
});

Deno.test("the host's thread is free while a guest works in a worker", async () => {
  await using guest = await loadGuest({ work: WORK });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await guest.extension.invoke("work");
  clearInterval(timer);
  assert(turns > 5, `${turns}`);
});

Deno.test("an abort stops a guest that runs on another thread", async () => {
  await using guest = await loadGuest({ loop: LOOP, fine: "" });
  const { extension } = guest;
  const controller = new AbortController();
  const reason = new TypeError("not needed");
  const looping = extension.invoke("loop", "", { signal: controller.signal });
  await pause(30);
  const begin = performance.now();
  controller.abort(reason);
  assertEquals(await looping.catch((error) => error), reason);
  assert(performance.now() - begin < LATE_MS);
  await pause(20);
  await assertIdle();
  await extension.invoke("fine");
  assertEquals(extension.stats().restarts, 1);
});

Deno.test("close() ends a guest that runs, and its thread", async () => {
  const guest = await loadGuest({ loop: LOOP });
  const code = codeOf(() => guest.extension.invoke("loop"));
  await pause(20);
  const begin = performance.now();
  await guest.host.close();
  assertEquals(await code, "closed");
  assert(performance.now() - begin < LATE_MS * 3);
  await assertIdle();
});

Deno.test("an abort wakes a guest in a worker that sleeps", async () => {
  const bytes = baseModule(
    {
      sleep: `(i64.store (i32.const 24) (i64.const 900000000))
      (i32.store (i32.const 16) (i32.const 1))
      (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))`,
    },
    `(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))`,
  );
  await using guest = await loadGuest(bytes);
  const controller = new AbortController();
  const sleeping = guest.extension.invoke("sleep", "", { signal: controller.signal });
  await pause(30);
  controller.abort("enough");
  assertEquals(await sleeping.catch((reason) => reason), "enough");
  const begin = performance.now();
  await guest.host.close();
  assert(performance.now() - begin < 400);
});

Deno.test("fuel is the same on either thread, and ends a call with the same code", async () => {
  const used: number[] = [];
  for (const isolation of ["inline", "worker"] as const) {
    await using guest = await loadGuest({ work: WORK, loop: LOOP }, { isolation });
    const { extension } = guest;
    await extension.invoke("work");
    await extension.invoke("work");
    const { fuel, lastFuel } = extension.stats();
    assertEquals(fuel, 2 * lastFuel);
    used.push(lastFuel);
    const code = await codeOf(() => extension.invoke("loop", "", { fuel: 5_000 }));
    assertEquals([code, extension.stats().lastFuel], ["out-of-fuel", 5_000]);
  }
  const [inline = 0, worker] = used;
  assert(inline > 1_000_000);
  assertEquals(worker, inline);
});

Deno.test("memorySize tells what a running guest has", async () => {
  await using guest = await loadGuest({ grows: GROWS });
  const { extension } = guest;
  const before = extension.memorySize;
  const growing = extension.invoke("grows");
  for (let i = 0; i < 500 && extension.memorySize === before; i++) await pause(1);
  assertEquals([extension.memorySize - before, extension.stats().active], [16 * 65_536, 1]);
  await growing;
});

Deno.test("interchangeable guests run in several workers at once, as many as may be", async () => {
  const inside = new Set<number>();
  let most = 0;
  const registry = new CapabilityRegistry().gated(defineCapability({
    name: "meet",
    summary: "waits",
    parse: () => ({ ok: true, grant: null }),
    operations: {},
    imports: {
      meet: {
        others: {
          params: [],
          results: [],
          async wait() {
            const me = inside.size;
            inside.add(me);
            most = Math.max(most, inside.size);
            await pause(60);
            inside.delete(me);
          },
        },
      },
    },
  }));
  const bytes = baseModule({ meet: "(call $others)" }, '(import "meet" "others" (func $others))');
  await using guest = await loadGuest(bytes, {
    hostOptions: { capabilities: registry },
    grants: { meet: true },
    limits: { instances: 2, queueMs: 40 },
  });
  const { extension } = guest;
  // starting a worker may take longer than a call may wait
  await Promise.allSettled([extension.invoke("meet"), extension.invoke("meet")]);
  const calls = [1, 2, 3].map(() => codeOf(() => extension.invoke("meet")).catch(() => "answered"));
  assertEquals((await Promise.all(calls)).sort(), ["answered", "answered", "busy"]);
  assertEquals(most, 2);
});

Deno.test("what nobody uses is given back: threads in a worker, instances beyond the first inline", async () => {
  for (const isolation of ["inline", "worker"] as const) {
    await using guest = await loadGuest(
      baseModule(
        { meet: "(drop (call $later))", fine: "" },
        '(import "count" "later" (func $later (result i32)))',
      ),
      {
        isolation,
        hostOptions: {
          capabilities: new CapabilityRegistry().gated(defineCapability({
            name: "count",
            summary: "waits",
            parse: () => ({ ok: true, grant: null }),
            operations: {},
            imports: {
              count: {
                later: { params: [], results: ["i32"], wait: () => pause(150).then(() => 1) },
              },
            },
          })),
        },
        grants: { count: true },
        limits: { idleMs: 400 },
      },
    );
    const { extension } = guest;
    const one = extension.memorySize;
    await Promise.all([1, 2, 3].map(() => extension.invoke("meet")));
    assertEquals(extension.memorySize, 3 * one);
    const kept = isolation === "inline" ? one : 0;
    for (let i = 0; i < 200 && extension.memorySize > kept; i++) await pause(10);
    assertEquals(extension.memorySize, kept);
    await extension.invoke("fine");
    assertEquals([extension.memorySize, extension.stats().restarts], [one, 0]);
  }
});

Deno.test("a raw import works on the memory of a guest in a worker", async () => {
  const registry = new CapabilityRegistry().gated(defineCapability({
    name: "swap",
    summary: "turns text around",
    parse: () => ({ ok: true, grant: null }),
    operations: {},
    imports: {
      swap: {
        around: {
          params: ["i32", "i32"],
          results: ["i32"],
          run(memory, _caller, ptr: number, len: number) {
            memory.write(ptr, memory.read(ptr, len).reverse());
            memory.setU32(0, memory.u32(0) + 1);
            return memory.size / 65_536;
          },
        },
      },
    },
  }));
  const module = wholeAnswer(
    "(i32.store8 (i32.const 1030) (call $around (local.get 0) (local.get 1)))",
    '(import "swap" "around" (func $around (param i32 i32) (result i32)))',
  );
  await using guest = await loadGuest(module, {
    hostOptions: { capabilities: registry },
    grants: { swap: true },
  });
  assertEquals(await guest.extension.invoke("answer", "abcdef"), bytes("fedcba", 1));
  assertEquals(await codeOf(() => guest.extension.invoke("outside")), "bad-guest-data");
});

/** Answers with the payload as `code` left it and one byte behind it; `outside` hands over a bad pointer. */
function wholeAnswer(code: string, more: string): Uint8Array<ArrayBuffer> {
  const packed = `(i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
    (i64.extend_i32_u (i32.add (local.get 1) (i32.const 1))))`;
  return baseModule({
    answer: `${code} (return ${packed})`,
    outside: "(drop (call $around (i32.const -4) (i32.const 9)))",
  }, more);
}

function bytes(text: string, ...more: number[]): Uint8Array {
  return Uint8Array.of(...new TextEncoder().encode(text), ...more);
}

Deno.test("a worker that fails loses its call, and the next one gets another", async () => {
  const { FAILING } = await import("./failing.ts");
  const host = new ExtensionHost({ log: () => {}, abis: [FAILING], limits: { timeoutMs: 5_000 } });
  try {
    const extension = await host.load({ name: "guest.wasm", bytes: baseModule({ fine: "" }) }, {
      abi: FAILING.name,
      isolation: "worker",
    });
    assertEquals(await text(extension.invoke("fine")), "ok");
    assertEquals(await codeOf(() => extension.invoke("fail")), "lost");
    assertEquals(await text(extension.invoke("fine")), "ok");
    assertEquals(extension.stats().restarts, 1);
    assertEquals(await extension.invoke("same"), new Uint8Array(4));
    assertEquals(await codeOf(() => extension.invoke("same")), "trap");
    await assertIdle();
    assertEquals(await text(extension.invoke("fine")), "ok");
  } finally {
    await host.close();
  }
});

Deno.test("a convention that names no lane, and a host without confined workers, say what to do", async () => {
  const { FAILING } = await import("./failing.ts");
  const { lane: _, ...bare } = FAILING;
  const load = (options: ConstructorParameters<typeof ExtensionHost>[0], abi?: string) =>
    failureOf(async () => {
      await using host = new ExtensionHost({ log: () => {}, ...options });
      await host.load({ name: "guest.wasm", bytes: baseModule({}) }, {
        isolation: "worker",
        ...abi === undefined ? {} : { abi },
      });
    });
  const inlineOnly = await load({ abis: [bare] }, bare.name);
  assertEquals(inlineOnly.code, "unsupported");
  assert(inlineOnly.message.includes("runs inline only"), inlineOnly.message);
  const unavailable = await load({ workerOptions: false });
  assertEquals(unavailable.code, "unavailable");
  assert(unavailable.message.includes('"unstable": ["worker-options"]'), unavailable.message);
});

Deno.test("a manifest asks for a worker, and an operator's floor puts every module there", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  const manifest = { name: "asks", runtime: "wazero", module: "a.wasm", isolation: "worker" };
  const files = { "a.wasm": baseModule({ fine: "" }) };
  assertEquals((await host.load({ manifest, files })).isolation, "worker");
  await using strict = new ExtensionHost({ log: () => {}, isolation: "worker" });
  const { isolation: _, ...plain } = manifest;
  assertEquals((await strict.load({ manifest: plain, files })).isolation, "worker");
  const error = await assertRejects(
    () => host.load({ manifest: { ...plain, name: "b" }, files }, { isolation: "process" }),
    ExtensionError,
  );
  assertEquals(error.code, "unsupported");
});

Deno.test("a guest that is not metered is given up on, and close() says that its thread goes on", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("./leak.ts", import.meta.url).pathname],
    stdin: "null",
    signal: AbortSignal.timeout(30_000),
  });
  const { code, stdout, stderr } = await command.output();
  const said = new TextDecoder();
  assertEquals([code, said.decode(stdout).trim()], [
    0,
    JSON.stringify(["timeout", "lane-leaked"]),
  ], said.decode(stderr));
});

Deno.test("a program in a worker reads the input of its operator, and runs the same each time where it is told to", async () => {
  const module = baseModule(
    {
      // 16 bytes of input behind 4 random ones and the time, read into two buffers
      read: `(drop (call $random (i32.const 2048) (i32.const 4)))
        (drop (call $now (i32.const 0) (i64.const 1) (i32.const 2052)))
        (i32.store (i32.const 0) (i32.const 2060)) (i32.store (i32.const 4) (i32.const 3))
        (i32.store (i32.const 8) (i32.const 2063)) (i32.store (i32.const 12) (i32.const 13))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 16)))
        (return (i64.or (i64.shl (i64.const 2048) (i64.const 32)) (i64.const 28)))`,
    },
    `(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
     (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
     (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))`,
  );
  const answers: Uint8Array[] = [];
  for (const isolation of ["inline", "worker"] as const) {
    let given = 0;
    await using guest = await loadGuest(module, {
      isolation,
      deterministic: { seed: 7, time: 1_000 },
      streams: {
        stdin(into) {
          into.fill(97 + given++);
          return into.length;
        },
      },
    });
    answers.push(await guest.extension.invoke("read"));
    assertEquals(given, 2);
  }
  const [inline, worker] = answers;
  assertEquals(new TextDecoder().decode(inline?.subarray(12)), "aaabbbbbbbbbbbbb");
  assertEquals(worker, inline);
});
