/** Hosts that end: the processor is idle after a stop, and nothing keeps the program or a child of it. @module */

import { assert, assertEquals } from "@std/assert";

const PROGRAM = new URL("./resources/stops.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** Milliseconds for all of it on a busy machine. */
const PATIENCE_MS = 30_000;

/** Process ids of lanes whose parent has this id. */
async function childrenOf(parent: number): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const status = await Deno.readTextFile(`/proc/${name}/status`).catch(() => "");
    if (status.includes(`\nPPid:\t${parent}\n`)) found.push(name);
  }
  return found;
}

Deno.test("hostile 21: what was stopped uses no processor, and its host ends by itself", async (t) => {
  for (const tier of ["quickjs", "worker", "process"]) {
    await t.step(`loop_plain.js against ${tier}`, async () => {
      for (const closes of tier === "process" ? ["idle", "looping"] : ["idle"]) {
        const program = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--quiet", "--no-check", "--config", CONFIG, PROGRAM, tier, closes],
          stdout: "piped",
          stderr: "piped",
          signal: AbortSignal.timeout(PATIENCE_MS),
        }).spawn();
        const reading = program.output();
        let most: readonly string[] = [];
        const watch = setInterval(async () => {
          const now = await childrenOf(program.pid);
          if (now.length > most.length) most = now;
        }, 100);
        const { success, signal, stdout, stderr } = await reading;
        clearInterval(watch);
        const told = new TextDecoder().decode(stderr);
        assert(success, `${signal}: ${told}`);
        assertEquals(new TextDecoder().decode(stdout), "closed\n", told);
        assert(tier !== "process" || most.length > 0, "there was a child");
        for (const pid of most) {
          const left = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
          assert(!left.includes("--disallow-code-generation-from-strings"), "a child is left");
        }
      }
    });
  }
});
