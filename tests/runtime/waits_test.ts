/** Waits under one timer. @module */

import { assert, assertEquals } from "@std/assert";
import { Fault } from "../../runtime/errors.ts";
import { Waits } from "../../runtime/waits.ts";

const never = () => new Promise<never>(() => {});
const soon = (ms: number) => ({ deadline: performance.now() + ms, signal: undefined });
const reasonOf = (promise: Promise<unknown>) => promise.then(() => "settled", (reason) => reason);

Deno.test("wait() settles as its promise does", async () => {
  const waits = new Waits();
  assertEquals(await waits.wait(Promise.resolve(1), soon(1_000)), 1);
  const own = new TypeError("x");
  assertEquals(await reasonOf(waits.wait(Promise.reject(own), soon(1_000))), own);
  waits.endAll("over");
});

Deno.test("wait() ends each at its own deadline, earlier ones that came later too", async () => {
  const waits = new Waits();
  const ended: number[] = [];
  const began = performance.now();
  const wait = (ms: number) =>
    reasonOf(waits.wait(never(), soon(ms), () => void ended.push(ms))).then((reason) => {
      assert(reason instanceof Fault && reason.code === "timeout");
      const took = performance.now() - began;
      assert(took >= ms - 1 && took < ms + 200, `${ms}: ${took}`);
    });
  await Promise.all([wait(140), wait(20), wait(70)]);
  assertEquals(ended, [20, 70, 140]);
});

Deno.test("a signal and endAll() end waits with their reasons, before the rejection is seen", async () => {
  const waits = new Waits();
  const controller = new AbortController();
  const order: unknown[] = [];
  const one = reasonOf(
    waits.wait(never(), { deadline: Infinity, signal: controller.signal }, (r) => order.push(r)),
  ).then((reason) => order.push([reason]));
  const two = reasonOf(waits.wait(never(), soon(60_000), (r) => order.push(r)));
  controller.abort("enough");
  await one;
  waits.endAll("closed");
  assertEquals([await two, order], ["closed", ["enough", ["enough"], "closed"]]);
  assertEquals(
    await reasonOf(waits.wait(never(), { deadline: Infinity, signal: AbortSignal.abort("early") })),
    "early",
  );
});
