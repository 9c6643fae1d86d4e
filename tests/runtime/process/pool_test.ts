/** Children kept ready: used once, by one guest, and never left behind. @module */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { Fault } from "../../../runtime/errors.ts";
import { openProcessLane, type ProcessLane } from "../../../runtime/process/lane.ts";
import { ProcessPool } from "../../../runtime/process/pool.ts";
import type { LaneEvents } from "../../../runtime/script/wire.ts";
import { jsRuntimes } from "../../../runtime/script/runtime.ts";
import { call, failure, load, pause, within } from "../script/lane_fixture.ts";

const LIMITS = { memoryBytes: 64 * 1024 * 1024, payloadBytes: 1024 * 1024 };

/** Milliseconds in which a child is ready on the busiest machine. */
const READY_MS = 5_000;

/** Opens a lane; when it has said hello, and how long that took. */
async function greeted(open: (events: LaneEvents) => ProcessLane): Promise<[ProcessLane, number]> {
  const start = performance.now();
  const hello = Promise.withResolvers<void>();
  const lane = open({
    message: ({ type }) => type === "hello" && hello.resolve(),
    ended: (reason: Fault) => hello.reject(reason),
    printed() {},
  });
  await hello.promise;
  return [lane, performance.now() - start];
}

/** Process ids of all lanes of this process. */
async function children(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const status = await Deno.readTextFile(`/proc/${name}/status`).catch(() => "");
    if (!status.includes(`\nPPid:\t${Deno.pid}\n`) || /^State:\tZ/m.test(status)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes("--disallow-code-generation-from-strings")) found.push(name);
  }
  return found;
}

async function until(count: number): Promise<readonly string[]> {
  const end = performance.now() + READY_MS;
  for (;;) {
    const found = await children();
    if (found.length === count || performance.now() > end) {
      assertEquals(found.length, count);
      return found;
    }
    await pause(20);
  }
}

Deno.test("a lane from the pool is there at once, and only for the same limits", async () => {
  const pool = new ProcessPool(1);
  const [cold, coldMs] = await greeted((events) => pool.open(events, LIMITS));
  await until(2);
  // Ready is more than started.
  await pause(coldMs + 500);
  const [warm, warmMs] = await greeted((events) => pool.open(events, LIMITS));
  assert(warmMs < coldMs / 5, `${warmMs} of ${coldMs} ms`);
  const other = { ...LIMITS, memoryBytes: 32 * 1024 * 1024 };
  const [third, thirdMs] = await greeted((events) => pool.open(events, other));
  assert(thirdMs > warmMs);
  await Promise.all([cold.close(), warm.close(), third.kill()]);
  await pool.close();
  assertEquals(await until(0), []);
});

Deno.test("a lane is adopted once, and not when its child is gone", async () => {
  const events: LaneEvents = { message() {}, ended() {}, printed() {} };
  const lane = openProcessLane(LIMITS);
  const [pid] = await until(1);
  assert(lane.adopt(events));
  assertEquals(lane.adopt(events), false);
  await lane.kill();
  const gone = openProcessLane(LIMITS);
  await until(1);
  Deno.kill(Number((await children())[0]), "SIGKILL");
  const end = performance.now() + READY_MS;
  while (!gone.isOver && performance.now() < end) await pause(10);
  assertEquals(gone.adopt(events), false);
  assertNotEquals(pid, undefined);
  await gone.kill();
});

Deno.test("a lost guest is replaced out of the pool, and close() leaves no child", async () => {
  const runtime = jsRuntimes({ warmProcesses: 1 }).find(({ isolation }) => isolation === "process");
  assert(runtime);
  const module = await load(
    runtime,
    "let n = 0; function loop() { for (;;); } function next() { return ++n }",
  );
  assertEquals(await call(module, "next"), 1);
  const before = await until(2);
  assertEquals((await failure(() => call(module, "loop", null, within(50)))).code, "timeout");
  assertEquals([await call(module, "next"), module.restarts], [1, 1]);
  const after = await children();
  assert(after.some((pid) => before.includes(pid)), "the one that was ready runs the guest now");
  await until(2);
  await module.close();
  await runtime.close();
  assertEquals(await until(0), []);
});

Deno.test("a program ends though a child is kept ready", async () => {
  const lane = new URL("../script/lane_fixture.ts", import.meta.url).href;
  const engine = new URL("../../../runtime/script/runtime.ts", import.meta.url).href;
  const program = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      program,
      `import { jsRuntimes } from ${JSON.stringify(engine)};
      import { call, load } from ${JSON.stringify(lane)};
      const runtime = jsRuntimes({ warmProcesses: 1 }).find(({ isolation }) => isolation === "process");
      const module = await load(runtime, "function ok() { return 1 }");
      await new Promise((resolve) => setTimeout(resolve, 400));
      console.log(await call(module, "ok"));
      await module.close();`,
    );
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--config", config, program],
      signal: AbortSignal.timeout(20_000),
    }).output();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "1\n"]);
  } finally {
    await Deno.remove(program);
  }
});

Deno.test("a pool has a whole number of children", () => {
  for (const size of [-1, 0.5, NaN]) assertThrows(() => new ProcessPool(size), RangeError);
});
