/** Drivers of an embedder's own, and what becomes of those that fail. @module */

import { assertEquals } from "@std/assert";
import { type Driven, type Driver, ExtensionHost } from "../../../mod.ts";
import { registryOf, until } from "./site.ts";
import { wasmTarget } from "./tier_guests.ts";

const GRANTS = { "http.serve": true } as const;

/** A driver that answers by itself, until it is told to fail. */
function ownDriver(told: string[]): Driver & { fail(): void } {
  let state: Driven["state"] = "running";
  return {
    name: "own",
    fail: () => state = "failed",
    // deno-lint-ignore require-await -- as drivers are
    async start({ inbox, host, extension, signal, log }) {
      told.push(`start ${extension.name}`);
      log("info", "driven");
      host.callSync("http.serve.register", { method: "GET", path: "/own/:x" });
      const step = async () => {
        while (!signal.aborted) {
          const event = inbox.take();
          if (!event) {
            await inbox.wait(signal, { ms: 1_000 });
            continue;
          }
          if (event.kind !== "http.request") continue;
          const { x } = event.params;
          if (x === "bad") {
            try {
              inbox.respond(event.id, { status: 1, headers: [], body: "" });
            } catch (error) {
              told.push((error as { code: string }).code);
            }
          }
          if (x === "fail") inbox.fail(event.id, 502, "told to");
          else if (x === "forget") inbox.forget();
          else if (x !== "silent") {
            inbox.respond(event.id, { status: 0, headers: [], body: x ?? "" });
          }
          inbox.settle(event.id);
        }
      };
      const running = step();
      return {
        get state() {
          return state;
        },
        async stop() {
          await running;
          told.push("stop");
          state = "stopped";
        },
      };
    },
  };
}

Deno.test("serve() drives a convention by the embedder's driver", async () => {
  const told: string[] = [];
  const driver = ownDriver(told);
  await using host = new ExtensionHost({ serving: { drivers: { base: driver } }, log: () => {} });
  const extension = await host.load(await wasmTarget("own"), { grants: GRANTS });
  const served = await host.serve({ port: 0 });
  const ask = async (x: string) => {
    const response = await fetch(`${served.url}own/${x}`);
    return `${response.status} ${await response.text()}`;
  };
  assertEquals(served.status().map(({ driver, state }) => [driver, state]), [["own", "running"]]);
  assertEquals(await ask("a"), "200 a");
  assertEquals(await ask("bad"), "200 bad");
  assertEquals(await ask("fail"), "502 told to");
  assertEquals(await ask("silent"), "500 plugin did not respond");
  driver.fail();
  assertEquals(await ask("a"), "503 plugin failed");
  assertEquals(await ask("forget"), "503 plugin failed");
  await extension.close();
  await until(() => told.includes("stop"));
  assertEquals(told, ["start own", "not-possible", "stop"]);
  assertEquals(await ask("a"), "404 not found");
});

Deno.test("serve() goes on without an extension whose driver cannot start", async () => {
  const broken: Driver = {
    name: "own",
    start({ host }) {
      host.callSync("http.serve.register", { method: "GET", path: "/broken" });
      return Promise.reject(new Error("no"));
    },
  };
  const native = registryOf("fine", { fine: () => "fine" });
  const options = { native, log: () => {}, serving: { drivers: { base: broken } } };
  await using host = new ExtensionHost(options);
  await host.load(await wasmTarget("broken"), { grants: GRANTS });
  const routes = [{ path: "/fine", handler: "fine" }];
  const manifest = { name: "fine", runtime: "native", capabilities: ["http.serve"], routes };
  await host.load({ manifest }, { grants: GRANTS });
  const { url, status } = await host.serve({ port: 0 });
  assertEquals(await (await fetch(`${url}fine`)).text(), "fine");
  assertEquals(await (await fetch(`${url}broken`)).text(), "not found");
  assertEquals(status().map(({ name, state, error }) => [name, state, error]), [
    ["broken", "failed", "no"],
    ["fine", "running", ""],
  ]);
});
