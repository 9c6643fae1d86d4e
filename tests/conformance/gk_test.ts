/** Every GoatKit guest, whatever it is written in, against the convention; calls that wait and that do not. @module */

import { assertEquals, assertRejects } from "@std/assert";
import { ExtensionError, goatHost, type LoadOptions } from "../../mod.ts";
import { abiSuite, type Behaviours } from "./abi_suite.ts";
import { loadGk, PROBES } from "../runtime/wasm/gk_guests.ts";

const BEHAVIOURS: Behaviours = {
  echo: (call, payload) => call("echo", payload),
  count: (call, payload) => call("count", payload),
  trap: (call) => call("trap", new Uint8Array(0)),
  grow: (call, payload) => call("grow", payload),
  log: (call, payload) => call("say", payload),
};

/** Answers that have to be waited for: then calls of the guest may be suspended. */
const WAITING: LoadOptions = {
  hostFunctions: goatHost({
    configGet: (key) => new Promise((resolve) => setTimeout(resolve, 1, `late ${key}`)),
  }),
};

const WAYS: readonly (readonly [way: string, options: LoadOptions])[] = [
  ["suspended", WAITING],
  ["at once", { config: { motto: "late motto" } }],
  ["in a worker", { isolation: "worker", config: { motto: "late motto" } }],
];

for (const [language, module] of Object.entries(PROBES)) {
  abiSuite({
    title: `gk ${language}`,
    abi: "gk",
    module,
    behaviours: BEHAVIOURS,
    reserved: ["gk_call", "gk_malloc", "gk_free", "_initialize", "_start", "__wasm_call_ctors"],
    waiting: WAITING,
  });

  for (const [way, options] of WAYS) {
    const load = (more: LoadOptions = {}) => loadGk(module, { ...options, ...more });

    Deno.test(`gk ${language} ${way} registers`, async () => {
      await using guest = await load();
      const { name, version, author, routes, jobs, widgets, error_codes, i18n } = await guest
        .extension.as("gk").registration();
      assertEquals([name, version, author], ["probe", "1.2.3", ""]);
      assertEquals(routes.map(({ method, path }) => [method, path]), [["GET", "/probe/:id"]]);
      assertEquals(jobs.map(({ timeout_ms }) => timeout_ms), [90_000]);
      assertEquals(widgets.map(({ refresh_sec }) => refresh_sec), [5]);
      assertEquals(error_codes.map(({ code }) => code), ["probe:lost"]);
      assertEquals(i18n.namespace, "probe");
    });

    Deno.test(`gk ${language} ${way} gets nothing of its host while it registers`, async () => {
      await using guest = await load();
      assertEquals(await guest.ask("early"), 0);
      assertEquals(guest.logged(), []);
    });

    Deno.test(`gk ${language} ${way} asks its host`, async () => {
      await using guest = await load();
      assertEquals(await ask(guest, "config_get", { key: "motto" }), '{"value":"late motto"}');
      assertEquals(await ask(guest, "translate", { key: "hello" }), '{"value":"hello"}');
      assertEquals(guest.logged(), []);
    });

    Deno.test(`gk ${language} ${way} gets 0 for a host call that fails, and the log says why`, async () => {
      await using guest = await load();
      assertEquals(await ask(guest, "cache_get", { key: "a" }), "failed");
      assertEquals(await ask(guest, "cache", {}), "failed");
      assertEquals(await ask(guest, "", {}), "failed");
      assertEquals(guest.logged(), [
        'error: host_call "cache_get" failed: Cannot use capability "kv" in extension ' +
        `"${guest.extension.name}": it is not granted; grant "kv" to allow it`,
        'error: host_call "cache" failed: there is no such host call',
        'error: host_call "" failed: there is no such host call',
      ]);
    });

    Deno.test(`gk ${language} ${way} ends when it names memory that it does not have`, async () => {
      await using guest = await load();
      const error = await assertRejects(() => guest.ask("far"), ExtensionError);
      assertEquals(error.code, "bad-guest-data");
      assertEquals([await guest.ask("count"), guest.extension.stats().restarts], [1, 1]);
    });

    Deno.test(`gk ${language} ${way} gets every buffer back but the answers of its host`, async () => {
      await using guest = await load();
      // the name of this very call is with it, and nothing else
      assertEquals(await guest.ask("alive"), 1);
      for (let i = 0; i < 20; i++) await guest.ask("echo", { some: "value" });
      assertEquals(await guest.ask("alive"), 1);
    });

    Deno.test(`gk ${language} ${way} logs at each level`, async () => {
      await using guest = await load();
      for (const level of [0, 1, 2, 3, 7]) {
        await guest.extension.invoke("log", `${level} hello ${level}`);
      }
      assertEquals(guest.logged(), [
        ...["debug: hello 0", "info: hello 1", "warn: hello 2", "error: hello 3"],
        "info: hello 7",
      ]);
    });

    Deno.test(`gk ${language} ${way} has no function without a name, and any with one`, async () => {
      await using guest = await load();
      const error = await assertRejects(() => guest.extension.invoke(""), ExtensionError);
      assertEquals(error.code, "unknown-function");
      for (const name of ["nothing", "__proto__", "memory", "toString", "ü"]) {
        assertEquals(await guest.ask(name), undefined, name);
      }
      assertEquals(guest.extension.stats().restarts, 0);
    });

    Deno.test(`gk ${language} ${way} has 256 pages where nobody says otherwise`, async () => {
      for (const [pages, limits] of [[256, {}], [40, { memoryBytes: 40 * 65_536 }]] as const) {
        await using guest = await load({ limits });
        let size = 0;
        while (await guest.extension.invoke("grow").then(() => true, () => false)) {
          size = guest.extension.memorySize;
        }
        assertEquals(size, pages * 65_536);
      }
    });
  }
}

async function ask(
  { extension }: { extension: { invoke(fn: string, payload: string): Promise<Uint8Array> } },
  call: string,
  args: unknown,
): Promise<string> {
  const answer = await extension.invoke("ask", `${call}\0${JSON.stringify(args)}`);
  return new TextDecoder().decode(answer);
}
