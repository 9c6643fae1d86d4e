/** Guests that end exactly when they would be stopped: no stop may hit what comes after them. @module */

import { assert, assertEquals } from "@std/assert";
import { ExtensionError, ExtensionHost } from "../../mod.ts";
import { Interpreter } from "../../runtime/quickjs/interpreter.ts";

const WORKER = new URL("./resources/deadline_worker.ts", import.meta.url);

/** Rounds in all; each takes some milliseconds. */
const ROUNDS = 2_000;
const THREADS = 4;

/** How many rounds were stopped. A stop that gets out of its round ends this whole process. */
async function stoppedInThread(rounds: number): Promise<number> {
  const worker = new Worker(WORKER, { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(rounds);
    });
  } finally {
    worker.terminate();
  }
}

Deno.test("hostile 64: a guest that ends exactly at its deadline, thousands of times", async (t) => {
  await t.step("deadline_worker.ts against worker", async () => {
    const each = ROUNDS / THREADS;
    const stopped = await Promise.all(Array.from({ length: THREADS }, () => stoppedInThread(each)));
    for (const one of stopped) assert(one > 0 && one < each, `${one} of ${each}`);
  });

  await t.step("deadline.js against quickjs", async () => {
    const limits = { memoryBytes: 16 * 1024 * 1024, stackBytes: 256 * 1024 };
    const ends = { ended: 0, timeout: 0, "memory-limit": 0, trap: 0 };
    let interpreter = await Interpreter.create(limits);
    for (let i = 0; i < ROUNDS; i++) {
      const loops = 1_000 + (i % 100) * 40;
      const end = interpreter.run(() => {
        interpreter.evaluate(`for (let i = 0; i < ${loops}; i++);`, "deadline.js", "global");
        interpreter.runJobs();
      }, performance.now() + 0.2);
      ends[end]++;
      // what was stopped is dead, and what was not has nothing of the stop left in it
      if (end !== "ended") interpreter = await Interpreter.create(limits);
      else {
        const after = interpreter.run(
          () => void interpreter.evaluate("1", "after.js", "global"),
          performance.now() + 10_000,
        );
        assertEquals(after, "ended");
      }
    }
    assertEquals(ends.ended + ends.timeout, ROUNDS);
    assert(ends.ended > 0 && ends.timeout > 0, JSON.stringify(ends));
  });

  await t.step("deadline.js against process", async () => {
    await using host = new ExtensionHost({ log: () => {}, isolation: "process" });
    for (let i = 0; i < 12; i++) {
      const guest = await host.load({
        manifest: { name: `guest-${i}`, runtime: "js", module: "deadline.js" },
        files: {
          "deadline.js":
            "function attack(ms) { const end = Date.now() + ms; while (Date.now() < end); return ms }",
        },
      });
      const ended = await guest.call("attack", 20, { timeoutMs: 19 + (i % 4) }).catch((error) =>
        error
      );
      assert(
        ended === 20 || (ended instanceof ExtensionError && ended.code === "timeout"),
        String(ended),
      );
      assertEquals(await guest.call("attack", 1, { timeoutMs: 10_000 }), 1);
      await guest.close();
    }
  });
});
