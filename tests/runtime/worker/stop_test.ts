/** Workers: stopped, and reported where they cannot be. @module */

import { assert, assertEquals } from "@std/assert";
import { jsRuntimes } from "../../../runtime/script/runtime.ts";
import { call, cpuDuring, failure, load, pause, within } from "../script/lane_fixture.ts";

function worker() {
  const found = jsRuntimes().find(({ isolation }) => isolation === "worker");
  assert(found);
  return found;
}

Deno.test("js in a worker burns no processor after a loop was stopped", async () => {
  const runtime = worker();
  const module = await load(runtime, "function loop() { for (;;); }");
  assertEquals((await failure(() => call(module, "loop", null, within(50)))).code, "timeout");
  await pause(30);
  const used = await cpuDuring(300);
  assert(used < 150, `${used} ms of 300`);
  await module.close();
  await runtime.close();
});

Deno.test("js in a worker reports a lane that a long built-in keeps, until it ends", async () => {
  const runtime = worker();
  const module = await load(
    runtime,
    "function long() { return 'ab'.repeat(1.2e7).replaceAll('a', 'bb').length }",
  );
  assertEquals((await failure(() => call(module, "long", null, within(40)))).code, "timeout");
  assertEquals((await failure(() => module.close())).code, "lane-leaked");
  // It does end: nothing is left for the process to wait for. On a busy machine a thread that never
  // rests gets a small part of a core only.
  for (let i = 0; i < 100 && await cpuDuring(200) > 20; i++);
  await runtime.close();
});

Deno.test("js in a worker lets go of a loop that was aborted when its deadline comes", async () => {
  const runtime = worker();
  const module = await load(
    runtime,
    "let n = 0; function loop() { for (;;); } function next() { return ++n } async function wait() { await new Promise(() => {}) }",
  );
  await call(module, "next");
  const controller = new AbortController();
  const looping = call(module, "loop", null, within(400, controller.signal));
  const waiting = failure(() => call(module, "wait"));
  await pause(30);
  controller.abort("enough");
  assertEquals(await looping.catch((reason) => reason), "enough");
  assertEquals((await waiting).code, "lost");
  assertEquals([await call(module, "next"), module.restarts], [1, 1]);
  await module.close();
  await runtime.close();
});
