/** Child processes: stopped, capped, and never left behind. @module */

import { assert, assertEquals } from "@std/assert";
import { jsRuntimes } from "../../../runtime/script/runtime.ts";
import { call, cpuDuring, failure, fakeHost, load, pause, within } from "../script/lane_fixture.ts";

function process(warmProcesses = 0) {
  const found = jsRuntimes({ warmProcesses }).find(({ isolation }) => isolation === "process");
  assert(found);
  return found;
}

/** Processor time of a process in ms, `undefined` once it is gone. */
async function cpuOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}

/** Children of this process that run a lane. */
async function lanes(parent: number = Deno.pid): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = await Deno.readTextFile(`/proc/${name}/status`);
      if (!status.includes(`\nPPid:\t${parent}\n`)) continue;
      const line = await Deno.readTextFile(`/proc/${name}/cmdline`);
      if (line.includes("--disallow-code-generation-from-strings")) found.push(Number(name));
    } catch { /* it ended meanwhile */ }
  }
  return found;
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    if (await cpuOf(pid) === undefined) return true;
    await pause(5);
  }
  return false;
}

Deno.test("js in a process: its processor time stops after a timeout and after an abort", async () => {
  const runtime = process();
  const module = await load(
    runtime,
    `function loop() { for (;;); }
    function long() { return Array.prototype.indexOf.call({ length: 2 ** 53 - 1, 0: 5 }, 1) }
    function ok() { return 1 }`,
  );
  for (const fn of ["loop", "long"]) {
    const [pid] = await lanes();
    assert(pid !== undefined);
    const start = performance.now();
    const running = failure(() => call(module, fn, null, within(150)));
    await pause(100);
    assert((await cpuOf(pid) ?? 0) > 30, "the guest runs");
    assertEquals((await running).code, "timeout");
    const took = performance.now() - start;
    assert(took < 450, `${fn} took ${took} ms`);
    assert(await goneWithin(pid, 300), `${fn} still runs`);
    assertEquals(await call(module, "ok"), 1);
  }
  const [pid] = await lanes();
  assert(pid !== undefined);
  const controller = new AbortController();
  const aborted = call(module, "loop", null, within(60_000, controller.signal));
  await pause(50);
  controller.abort("enough");
  assertEquals(await aborted.catch((reason) => reason), "enough");
  assert(await goneWithin(pid, 300), "the aborted loop still runs");
  assert(await cpuDuring(100) < 80);
  assertEquals(await call(module, "ok"), 1);
  await module.close();
  await runtime.close();
  assertEquals(await lanes(), []);
});

Deno.test("js in a process: what eats memory ends alone, and the next call runs", async () => {
  const bombs = {
    heap: "const all = []; for (;;) all.push(new Array(1000).fill({}))",
    buffers: "const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1))",
    split: "return 'a,'.repeat(2.6e8).split(',').length",
    text:
      "let t = 'x'; const all = []; for (;;) { all.push((t + all.length).repeat(1e6).split('').join()) }",
  };
  const runtime = process();
  for (const [name, code] of Object.entries(bombs)) {
    const module = await load(
      runtime,
      `function bomb() { try { ${code} } catch (e) { return String(e) } } function ok() { return 1 }`,
      { limits: { memoryBytes: 32 * 1024 * 1024 } },
    );
    const [pid] = await lanes();
    assert(pid !== undefined);
    let most = 0;
    const watch = setInterval(async () => {
      const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
      most = Math.max(most, Number(/^RssAnon:\s*(\d+)/m.exec(status)?.[1] ?? 0));
    }, 5);
    const outcome = await failure(() => call(module, "bomb", null, within(8_000))).then(
      ({ code }) => code,
      () => "caught by the guest",
    );
    clearInterval(watch);
    assert(["memory-limit", "caught by the guest"].includes(outcome), `${name}: ${outcome}`);
    assert(most < 200 * 1024, `${name} used ${most} kB`);
    assertEquals(await call(module, "ok"), 1, name);
    await module.close();
  }
  await runtime.close();
  assertEquals(await lanes(), []);
});

Deno.test("js in a process: a failed load and a closed module leave no child", async () => {
  const runtime = process();
  for (const text of ["throw 1", "for (;;);", "import 'node:fs'"]) {
    await failure(() => load(runtime, text, { limits: { loadMs: 200 } }));
  }
  assertEquals(await lanes(), []);
  const module = await load(runtime, "function loop() { for (;;); }");
  const looping = failure(() => call(module, "loop"));
  await pause(20);
  const start = performance.now();
  await module.close();
  assert(performance.now() - start < 500);
  assertEquals((await looping).code, "closed");
  await runtime.close();
  assertEquals(await lanes(), []);
});

const HOST = `
import { jsRuntimes } from ${
  JSON.stringify(new URL("../../../runtime/script/runtime.ts", import.meta.url).href)
};
import { call, load, within } from ${
  JSON.stringify(new URL("../script/lane_fixture.ts", import.meta.url).href)
};
const runtime = jsRuntimes({ warmProcesses: 1 }).find(({ isolation }) => isolation === "process");
const module = await load(runtime, "function loop() { for (;;); } function ok() { return 1 }");
await new Promise((resolve) => setTimeout(resolve, 300));
console.log(await call(module, "ok"));
if (Deno.args[0] === "loop") call(module, "loop", null, within(60_000));
await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

Deno.test("js in a process: a child ends with its host, even in a loop", async () => {
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const program = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(program, HOST);
    for (const how of ["idle", "loop"]) {
      const host = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", "--config", config, program, how],
        stdout: "piped",
      }).spawn();
      const reader = host.stdout.getReader();
      const { value } = await reader.read();
      assertEquals(new TextDecoder().decode(value), "1\n");
      await pause(30);
      const pids = await lanes(host.pid);
      assertEquals(pids.length, 2, "the guest's and the one kept ready");
      host.kill("SIGKILL");
      await host.status;
      await reader.cancel();
      for (const pid of pids) {
        assert(await goneWithin(pid, 500), `${how}: a child outlived its host`);
      }
    }
  } finally {
    await Deno.remove(program);
  }
});

Deno.test("js in a process: a child has no environment, no rights, and nothing on its command line", async () => {
  const runtime = process();
  const module = await load(runtime, "function ok() { return 1 }");
  const [pid] = await lanes();
  assert(pid !== undefined);
  const environment = (await Deno.readTextFile(`/proc/${pid}/environ`)).split("\0").filter(Boolean);
  assertEquals(environment, ["DENO_DIR=/dev/null/airlock"]);
  const line = (await Deno.readTextFile(`/proc/${pid}/cmdline`)).split("\0");
  assertEquals(line.filter((arg) => arg.startsWith("--allow") || arg === "-A"), []);
  assert(line.length < 20 && line.join(" ").length < 6_000);
  assertEquals(await Deno.readLink(`/proc/${pid}/cwd`), "/");
  const limits = await Deno.readTextFile(`/proc/${pid}/limits`);
  assert(/^Max data size\s+\d+\s+\d+/m.test(limits), limits);
  await module.close();
  await runtime.close();
});

Deno.test("js in a process: what a guest does not read waits outside, then is told so", async () => {
  const runtime = process();
  const payloadBytes = 1024 * 1024;
  const host = fakeHost(() => "y".repeat(payloadBytes - 16));
  const module = await load(
    runtime,
    `function loop() { for (;;); } function size(x) { return x.length } function ok() { return 1 }
    function askAndLoop() { for (let i = 0; i < 60; i++) airlock.test.echo(i); for (;;); }`,
    { host, limits: { payloadBytes, concurrency: 100, queueMs: 2_000 } },
  );
  const text = "x".repeat(payloadBytes - 16);
  const sizes = () => Array.from({ length: 40 }, () => call(module, "size", text, within(60_000)));
  // More than may ever wait for a child, read as fast as it can.
  assertEquals(new Set(await Promise.all(sizes())), new Set([text.length]));
  const looping = failure(() => call(module, "loop", null, within(4_000)));
  await pause(50);
  const codes = await Promise.all(sizes().map((one) => failure(() => one)));
  const busy = codes.filter(({ code }) => code === "busy").length;
  assert(busy > 30, `${busy} are busy`);
  assertEquals(codes.filter(({ code }) => code === "lost").length, codes.length - busy);
  assertEquals((await looping).code, "timeout");
  assertEquals(await call(module, "ok"), 1);
  // Answers cannot wait: a guest that asks for many and reads none is ended.
  assertEquals((await failure(() => call(module, "askAndLoop", null, within(8_000)))).code, "trap");
  await module.close();
  await runtime.close();
});
