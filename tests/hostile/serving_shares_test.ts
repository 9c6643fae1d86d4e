/** Clients that fill what one extension may hold, and jobs that hold the host, beside others that want their turn. @module */

import { assert, assertEquals } from "@std/assert";
import { ExtensionHost, GoatJobs } from "../../mod.ts";
import { Client, registryOf, until } from "../runtime/serving/site.ts";
import { asker, loadGk } from "../runtime/wasm/gk_guests.ts";

const MIB = 1024 * 1024;

/** Two extensions at one listener: `stuck` takes its time, `victim` answers. */
async function neighbours() {
  const release = Promise.withResolvers<void>();
  const native = registryOf("stuck", { hang: () => release.promise, chat: () => release.promise });
  registryOf("victim", { size: ({ body }) => `${body.length}` }, native);
  const host = new ExtensionHost({
    native,
    log: () => {},
    serving: { limits: { heldBytes: 8 * MIB, requests: 64 } },
  });
  const capabilities = ["http.serve", "ws.serve"];
  const routes = {
    stuck: [{ method: "POST", path: "/stuck", handler: "hang" }, {
      ...{ protocol: "ws", path: "/chat", handler: "chat" },
    }],
    victim: [{ method: "POST", path: "/victim", handler: "size" }],
  };
  for (const name of ["stuck", "victim"] as const) {
    const manifest = { name, runtime: "native", capabilities, routes: routes[name] };
    await host.load({ manifest }, { grants: { "http.serve": true, "ws.serve": true } });
  }
  const { url, status } = await host.serve({ port: 0 });
  return {
    url,
    status,
    async ask() {
      const response = await fetch(`${url}victim`, { method: "POST", body: "x".repeat(MIB) });
      return [response.status, await response.text()];
    },
    async [Symbol.asyncDispose]() {
      release.resolve();
      await host.close();
    },
  };
}

Deno.test("hostile 26: what waits for one extension leaves room for what is sent to others", async (t) => {
  await t.step("bodies that nobody takes against host", async () => {
    await using site = await neighbours();
    const body = "x".repeat(MIB);
    const statuses: number[] = [];
    const asked = Array.from({ length: 20 }, async () => {
      const response = await fetch(`${site.url}stuck`, { method: "POST", body }).catch(() => {});
      statuses.push(response?.status ?? 0);
      await response?.body?.cancel();
    });
    await until(() => statuses.length >= 18);
    assertEquals(new Set(statuses), new Set([503]));
    assertEquals(await site.ask(), [200, `${MIB}`]);
    await site[Symbol.asyncDispose]();
    await Promise.all(asked);
  });
  await t.step("frames that nobody takes against host", async () => {
    await using site = await neighbours();
    const client = await Client.connect(site.url, "chat");
    const frame = new Uint8Array(MIB / 2);
    for (let i = 0; i < 20; i++) client.socket.send(frame);
    await until(() => (site.status()[0]?.droppedFrames ?? 0) > 10);
    assert((site.status()[0]?.queued ?? 0) <= 4);
    assertEquals(await site.ask(), [200, `${MIB}`]);
    await client.close();
  });
});

Deno.test("hostile 21: a plugin's own word on how long its jobs take is no limit", async (t) => {
  const jobs = Array.from({ length: 20 }, (_, at) => ({
    ...{ id: `j${at}`, handler: "echo", schedule: "@every 1s", enabled: true, timeout: "8760h" },
  }));
  for (const isolation of ["inline", "worker"] as const) {
    await t.step(
      `jobs of a year against wasm${isolation === "inline" ? "" : " worker"}`,
      async () => {
        await using guest = await loadGk(asker({ name: "p", jobs }), { isolation });
        const { extension } = guest;
        const times: number[] = [];
        let turns = 0;
        const turn = setInterval(() => turns++);
        const invoke = (_: string, __?: string, options?: { readonly timeoutMs?: number }) => {
          times.push(options?.timeoutMs ?? Infinity);
          const end = performance.now() + 10;
          while (performance.now() < end);
          return Promise.resolve(new Uint8Array(0));
        };
        const runner = { invoke, timeoutMs: extension.timeoutMs, isolation: extension.isolation };
        await using _ = new GoatJobs(runner, await extension.as("gk").registration());
        await until(() => times.length >= jobs.length);
        clearInterval(turn);
        assertEquals(new Set(times), new Set([isolation === "inline" ? 30_000 : 300_000]));
        assert(turns > jobs.length, "others had no turn between two jobs");
      },
    );
  }
});

Deno.test("hostile 26: a thousand jobs on days that never come do not hold the host", async (t) => {
  await t.step("schedules of no day against host", async () => {
    for (const schedule of ["0 0 30 2 *", `${"1-59/1,".repeat(40)}1 0 0 30 2 *`]) {
      const job = { id: "x", handler: "x", schedule, enabled: true };
      await using guest = await loadGk(asker({ name: "p", jobs: Array(50).fill(job) }));
      const { jobs } = await guest.extension.as("gk").registration();
      const lines: string[] = [];
      const runner = { invoke: () => Promise.resolve(new Uint8Array(0)) };
      const start = performance.now();
      await using _ = new GoatJobs(
        runner,
        { jobs: Array.from({ length: 20 }, () => jobs).flat() },
        { log: (_, line) => void lines.push(line) },
      );
      assert(performance.now() - start < 2_500);
      assertEquals(lines[0], "900 jobs do not run: a plugin has at most 100");
    }
  });
});
