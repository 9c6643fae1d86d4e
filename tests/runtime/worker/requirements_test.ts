/** Whether workers can be confined, found out and compared with what happens. @module */

import { assertEquals } from "@std/assert";
import { workerOptionsMissing } from "../../../runtime/worker/requirements.ts";

const MODULE = new URL("../../../runtime/worker/requirements.ts", import.meta.url).href;

const PROGRAM = `
import { workerOptionsMissing } from ${JSON.stringify(MODULE)};
console.log((await workerOptionsMissing()).length);
if (Deno.args.includes("spawn")) {
  const worker = new Worker("data:text/javascript,postMessage(1)", { type: "module", deno: { permissions: "none" } });
  await new Promise((resolve) => worker.onmessage = resolve);
  worker.terminate();
}
`;

/** How many remedies a program gets that is started so; whether the option really works there. */
async function run(
  config: { readonly [name: string]: string },
  flags: readonly string[],
): Promise<{ readonly missing: string; readonly code: number }> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/sub`);
    await Deno.writeTextFile(`${folder}/sub/main.ts`, PROGRAM);
    for (const [name, text] of Object.entries(config)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", ...flags, `${folder}/sub/main.ts`, "spawn", "--no-config"],
      stderr: "null",
      cwd: folder,
    }).output();
    return { missing: new TextDecoder().decode(stdout).trim(), code };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ALLOWED = '{ /* "x": */ "unstable": ["kv", "worker-options",], } // end';

Deno.test("workerOptionsMissing() finds settings and flags, and is right about them", async () => {
  const cases: [Parameters<typeof run>[0], string[], string, number][] = [
    [{ "deno.json": ALLOWED }, ["-A"], "0", 0],
    [{ "deno.jsonc": ALLOWED, "sub/other.json": "{}" }, ["-A"], "0", 0],
    [{}, ["-A", "--unstable-worker-options"], "0", 0],
    [{ "other.json": ALLOWED }, ["-A", "--config", "other.json"], "0", 0],
    [{}, ["-A"], "1", 70],
    [{ "deno.json": '{ // "unstable": ["worker-options"]\n }' }, ["-A"], "1", 70],
    [{ "deno.json": ALLOWED, "sub/deno.json": "{}" }, ["-A"], "1", 70],
    [{ "deno.json": ALLOWED }, ["-A", "--no-config"], "1", 70],
  ];
  const found = await Promise.all(cases.map(([config, flags]) => run(config, flags)));
  assertEquals(found, cases.map(([, , missing, code]) => ({ missing, code })));
});

Deno.test("workerOptionsMissing() refuses where nothing can be read, unless it is told", async () => {
  assertEquals((await run({ "deno.json": ALLOWED }, ["--no-prompt"])).missing, "1");
  assertEquals(await workerOptionsMissing(true), []);
  assertEquals((await workerOptionsMissing(false)).length, 1);
});
