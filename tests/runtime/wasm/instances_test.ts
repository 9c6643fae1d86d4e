/** The pool of instances: order, limits, replacement, and that no slot is ever lost. @module */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { InstancePool, type PoolOptions } from "../../../runtime/wasm/instances.ts";

interface Item {
  readonly id: number;
}

/** A pool of numbered items, with what happened to them. */
function pool(options: Partial<PoolOptions<Item>> = {}) {
  let made = 0;
  const destroyed: number[] = [];
  const interrupted: number[] = [];
  return {
    destroyed,
    interrupted,
    pool: new InstancePool<Item>({
      create: () => ({ id: ++made }),
      destroy: ({ id }) => void destroyed.push(id),
      interrupt: ({ id }) => void interrupted.push(id),
      kind: "pool",
      size: 2,
      queueMs: 1_000,
      ...options,
    }),
  };
}

Deno.test("take() gives idle instances before it makes new ones", () => {
  const { pool: instances } = pool();
  assertEquals(instances.takeIdle(), undefined);
  const first = instances.takeNow();
  instances.release(first);
  assertEquals(instances.takeIdle(), first);
  assertEquals(instances.takeNow().id, 2);
  assertEquals(instances.all.size, 2);
});

Deno.test("take() waits for the next free instance, in order", async () => {
  const { pool: instances } = pool({ size: 1 });
  const only = instances.takeNow();
  const order: string[] = [];
  const waits = ["a", "b"].map(async (name) => {
    const item = await instances.take();
    order.push(name);
    return item;
  });
  assertEquals(assertThrows(() => instances.takeNow(), Fault).code, "busy");
  instances.release(only);
  assertEquals(await waits[0], only);
  instances.release(only);
  assertEquals(await waits[1], only);
  assertEquals(order, ["a", "b"]);
});

Deno.test("take() fails with busy after its wait, and loses nothing", async () => {
  const { pool: instances } = pool({ size: 1, queueMs: 20 });
  const only = instances.takeNow();
  const fault = await assertRejects(async () => await instances.take(), Fault);
  assertEquals(fault.code, "busy");
  instances.release(only);
  assertEquals(instances.takeNow(), only);
});

Deno.test("take() rejects with the signal's reason", async () => {
  const { pool: instances } = pool({ size: 1 });
  const only = instances.takeNow();
  const controller = new AbortController();
  const wait = instances.take(controller.signal);
  const reason = new Error("gone");
  controller.abort(reason);
  const error = await assertRejects(async () => await wait);
  assertEquals(error, reason);
  instances.release(only);
  assertEquals(instances.takeNow(), only);
});

Deno.test("take() keeps an instance that was handed over while its caller gave up", async () => {
  const { pool: instances } = pool({ size: 1 });
  const only = instances.takeNow();
  const controller = new AbortController();
  const wait = Promise.resolve(instances.take(controller.signal));
  instances.release(only);
  controller.abort();
  await wait.catch(() => {});
  assertEquals(instances.takeNow(), only);
});

Deno.test("discard() makes room for a call that waits, and counts the replacement", async () => {
  const { pool: instances } = pool({ size: 1 });
  const broken = instances.takeNow();
  const wait = instances.take();
  instances.discard(broken);
  assertEquals((await wait).id, 2);
  assertEquals([instances.restarts, instances.all.size], [1, 1]);
});

Deno.test("a replacement is made on the next use, not before", () => {
  const { pool: instances } = pool({ size: 1 });
  instances.discard(instances.takeNow());
  assertEquals([instances.restarts, instances.all.size], [0, 0]);
  assertEquals(instances.takeNow().id, 2);
  assertEquals(instances.restarts, 1);
});

Deno.test("an instance that cannot start gives its room back", async () => {
  let broken = true;
  const { pool: instances } = pool({
    size: 1,
    create: () => {
      if (broken) throw new Fault("trap");
      return { id: 1 };
    },
  });
  assertEquals(assertThrows(() => instances.takeNow(), Fault).code, "trap");
  broken = false;
  assertEquals((await instances.take()).id, 1);
});

Deno.test("a slow start that fails lets the next in the queue try", async () => {
  let starts = 0;
  const { pool: instances } = pool({
    size: 1,
    create: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (++starts === 1) throw new Fault("trap");
      return { id: starts };
    },
  });
  const first = Promise.resolve(instances.take());
  const second = Promise.resolve(instances.take());
  assertEquals((await assertRejects(() => first, Fault)).code, "trap");
  assertEquals((await second).id, 2);
});

Deno.test("a stateful guest that breaks three times in ten seconds stays closed", () => {
  const { pool: instances } = pool({ kind: "one", size: 1 });
  for (let i = 0; i < 3; i++) instances.discard(instances.takeNow());
  assertEquals(assertThrows(() => instances.takeNow(), Fault).code, "closed");
});

Deno.test("a pool of interchangeable guests goes on however often they break", () => {
  const { pool: instances } = pool();
  for (let i = 0; i < 50; i++) instances.discard(instances.takeNow());
  assertEquals(instances.takeNow().id, 51);
});

Deno.test("a fresh instance serves one call", () => {
  const { pool: instances, destroyed } = pool({ kind: "fresh", size: 1 });
  instances.keep(instances.takeNow());
  const first = instances.takeNow();
  assertEquals(first.id, 1);
  instances.release(first);
  assertEquals(destroyed, [1]);
  assertEquals(instances.takeNow().id, 2);
  assertEquals(instances.restarts, 0);
});

Deno.test("close() ends idle instances, interrupts busy ones and rejects who waits", async () => {
  const { pool: instances, destroyed, interrupted } = pool();
  const [busy, idle] = [instances.takeNow(), instances.takeNow()];
  const wait = assertRejects(async () => await instances.take(), Fault);
  const closing = instances.close();
  assertEquals((await wait).code, "closed");
  await closing;
  assertEquals(interrupted, [busy.id, idle.id]);
  instances.release(busy);
  instances.discard(idle);
  assertEquals([instances.all.size, destroyed], [0, [busy.id]]);
  assertEquals(assertThrows(() => instances.takeNow(), Fault).code, "closed");
});

Deno.test("close() reports the first failure and still ends the rest", async () => {
  const ended: number[] = [];
  const { pool: instances } = pool({
    destroy: ({ id }) => {
      ended.push(id);
      throw new RangeError(`instance ${id}`);
    },
  });
  const [a, b] = [instances.takeNow(), instances.takeNow()];
  instances.release(a);
  instances.release(b);
  const error = await assertRejects(() => instances.close(), RangeError);
  assertEquals(error.message, "instance 1");
  assertEquals(ended, [1, 2]);
  assert(instances.all.size === 0);
});
