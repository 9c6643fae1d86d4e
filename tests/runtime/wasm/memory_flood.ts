/** Run in a process of its own: more memories than V8 survives, asked for from pools of real instances. @module */

import { Fault } from "../../../runtime/errors.ts";
import { InstancePool } from "../../../runtime/wasm/instances.ts";
import { wat } from "./rewrite/wat.ts";

const module = new WebAssembly.Module(wat('(module (memory (export "memory") 1 2))'));

function pool(): InstancePool<WebAssembly.Instance> {
  return new InstancePool<WebAssembly.Instance>({
    create: () => new WebAssembly.Instance(module),
    destroy() {},
    interrupt() {},
    kind: "pool",
    size: 40_000,
    queueMs: 10_000,
  });
}

const taken: WebAssembly.Instance[] = [];

/** Takes instances until there are no more: how many there are then, and why it ended. */
function flood(from: InstancePool<WebAssembly.Instance>): readonly [number, string] {
  try {
    for (;;) taken.push(from.takeNow());
  } catch (error) {
    return [taken.length, error instanceof Fault ? error.code : `${error}`];
  }
}

const first = pool();
const second = pool();
const seen: unknown[] = [flood(first), flood(second)];
// what is given up may be taken again, by whoever
for (const instance of taken.splice(0)) first.discard(instance);
const third = pool();
for (let i = 0; i < 100; i++) third.keep(await third.take());
seen.push("served");
// instances that break, one after the other: the garbage of twice as many as V8 survives
const breaking = pool();
for (let i = 0; i < 70_000; i++) breaking.discard(await breaking.take());
seen.push("still there");
console.log(JSON.stringify(seen));
