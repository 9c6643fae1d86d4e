/** Jobs of GoatKit plugins on the real clock: due, never twice at a time, in their time, and over at the end. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { goatHost, GoatJobs } from "../../../mod.ts";
import { asker, loadGk, NOTES } from "../wasm/gk_guests.ts";

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(done: () => boolean, ms = 5_000): Promise<void> {
  const end = performance.now() + ms;
  while (!done() && performance.now() < end) await delay(10);
  assert(done(), "it did not happen in time");
}

const job = (handler: string, more: object = {}) => ({
  ...{ id: handler, handler, schedule: "* * * * * *", enabled: true },
  ...more,
});

Deno.test("a job of a served plugin runs each second, and no more once serving ends", async () => {
  await using guest = await loadGk(NOTES, { grants: { kv: true } });
  const { extension, host } = guest;
  await extension.invoke("add", '{"text":"milk"}');
  await extension.invoke("done", '{"id":"1"}');
  guest.logged();
  {
    await using _ = await host.serve({ port: 0 });
    await until(() => guest.log.some(({ message }) => message === "swept 1"), 3_000);
    const { calls } = extension.stats();
    await until(() => extension.stats().calls > calls, 3_000);
  }
  const { calls } = extension.stats();
  await delay(1_300);
  assertEquals(extension.stats().calls, calls);
});

Deno.test("jobs run without arguments, in seconds of the clock, those that are enabled", async () => {
  const runs: (readonly [string, string])[] = [];
  const note = (name: string) => (payload: Uint8Array) =>
    void runs.push([name, new TextDecoder().decode(payload)]);
  const jobs = [
    job("one"),
    job("off", { enabled: false }),
    job("every", { schedule: "@every 1s" }),
  ];
  await using guest = await loadGk(asker({ name: "p", jobs }), {
    hostFunctions: { one: note("one"), off: note("off"), every: note("every") },
  });
  const plugin = guest.extension.as("gk");
  await using running = new GoatJobs(guest.extension, await plugin.registration());
  await until(() => ["one", "every"].every((name) => runs.some(([ran]) => ran === name)));
  assert(Date.now() % 1_000 < 900);
  await running.stop();
  assertEquals(new Set(runs.map(([name, args]) => `${name} ${args}`)), new Set(["one ", "every "]));
  const counts = running.counts();
  assertEquals(counts.map(({ id, failures, skipped }) => [id, failures, skipped]), [
    ...[["one", 0, 0], ["every", 0, 0]],
  ]);
  const before = runs.length;
  await delay(1_100);
  assertEquals(runs.length, before);
});

Deno.test("a job is never run twice at a time, and others are", async () => {
  let active = 0;
  let most = 0;
  const release = Promise.withResolvers<void>();
  const invoked: string[] = [];
  const runner = {
    async invoke(fn: string) {
      invoked.push(fn);
      if (fn === "quick") return new Uint8Array(0);
      most = Math.max(most, ++active);
      await release.promise;
      active--;
      return new Uint8Array(0);
    },
  };
  const { registration } = await registrationOf([job("slow"), job("quick")]);
  await using jobs = new GoatJobs(runner, registration);
  // the order in which two jobs of one second begin is nobody's promise
  await until(() => (jobs.counts()[0]?.skipped ?? 0) >= 1 && (jobs.counts()[1]?.runs ?? 0) >= 2);
  assertEquals([most, jobs.counts()[0]?.runs], [1, 1]);
  release.resolve();
  await until(() => (jobs.counts()[0]?.runs ?? 0) >= 2);
});

Deno.test("a job has its own time, and its failure is logged and no reason to stop", async () => {
  const jobs = [job("hangs", { timeout: "200ms" }), job("trap"), job("works")];
  let worked = 0;
  await using guest = await loadGk(asker({ name: "p", jobs }), {
    hostFunctions: goatHost({ configGet: () => "" }),
  });
  const { extension } = guest;
  extension.registerHostFunction("hangs", () => new Promise<void>(() => {}), { async: true });
  extension.registerHostFunction("works", () => void worked++);
  const lines: string[] = [];
  await using running = new GoatJobs(extension, await extension.as("gk").registration(), {
    log: (level, message) => void lines.push(`${level}: ${message}`),
  });
  await until(() => running.counts().every(({ runs }) => runs > 0) && lines.length >= 2);
  assert(worked > 0);
  const timedOut = lines.find((line) => line.startsWith('error: job "hangs" failed: ')) ?? "";
  assertStringIncludes(timedOut, "took longer");
  assertStringIncludes(lines.find((line) => line.includes('"trap"')) ?? "", "it trapped");
});

Deno.test("a schedule that cannot be followed is logged, and the others run", async () => {
  const wrong = [
    "soon",
    "* * * *",
    "99 * * * *",
    "@every 5x",
    "@every 1ms",
    "@weekday",
    "0 0 0 31 2 * x y",
  ];
  const { registration } = await registrationOf([
    ...wrong.map((schedule, at) => job(`wrong${at}`, { schedule })),
    ...["@hourly", "0 3 * * MON-FRI", "*/5 * * * *", "0 0 1 1 *", "@every 1h30m"].map((
      schedule,
      at,
    ) => job(`right${at}`, { schedule })),
  ]);
  const lines: string[] = [];
  const runner = { invoke: () => Promise.resolve(new Uint8Array(0)) };
  await using jobs = new GoatJobs(runner, registration, {
    log: (level, message) => void lines.push(`${level}: ${message}`),
  });
  assertEquals(lines.length, wrong.length, lines.join("\n"));
  assertEquals(
    lines[0],
    'error: job "wrong0" does not run: its schedule "soon" is none that can be followed',
  );
  assertEquals(jobs.counts().map(({ id }) => id.slice(0, 5)), Array(5).fill("right"));
});

Deno.test("stopping waits for what is under way", async () => {
  const started = Promise.withResolvers<void>();
  let over = false;
  const runner = {
    async invoke() {
      started.resolve();
      await delay(150);
      over = true;
      return new Uint8Array(0);
    },
  };
  const { registration } = await registrationOf([job("slow")]);
  const jobs = new GoatJobs(runner, registration);
  await started.promise;
  await jobs.stop();
  assert(over);
  assertEquals(jobs.stop(), jobs.stop());
});

/** A registration with these jobs, as a real plugin gives it. */
async function registrationOf(jobs: readonly unknown[]) {
  await using guest = await loadGk(asker({ name: "p", jobs }));
  return { registration: await guest.extension.as("gk").registration() };
}
