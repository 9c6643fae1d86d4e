/** Every ApiQube guest, whatever it is written in, against the convention; with and without the net. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ExtensionError, type LoadOptions } from "../../mod.ts";
import { abiSuite, type Behaviours } from "./abi_suite.ts";
import { loadGuest, NET, PROBES } from "../runtime/wasm/apiqube_guests.ts";

/** With the net its calls may be suspended; without it they are answered at once. */
const WAYS: readonly (readonly [way: string, options: LoadOptions])[] = [
  ["suspended", NET],
  ["at once", {}],
];

/** Operations that every probe has beside the convention's own. */
const BEHAVIOURS: Behaviours = {
  echo: (call, payload) => call("mirror", payload),
  count: (call, payload) => call("tally", payload),
  trap: (call) => call("execute", new TextEncoder().encode("trap")),
  grow: (call, payload) => call("grown", payload),
  log: (call, payload) => call("say", payload),
};

for (const [language, directory] of Object.entries(PROBES)) {
  abiSuite({
    title: `apiqube ${language}`,
    abi: "apiqube",
    module: directory,
    behaviours: BEHAVIOURS,
    reserved: ["memory", "allocate", "plugin_destroy", "_initialize", "_start"],
    waiting: NET,
  });

  for (const [way, options] of WAYS) {
    const load = (more: LoadOptions = {}) => loadGuest(directory, { ...options, ...more });

    Deno.test(`apiqube ${language} ${way} says what it is`, async () => {
      await using guest = await load();
      const info = await guest.extension.as("apiqube").info();
      assertEquals(guest.extension.abi, "apiqube");
      assertEquals(info.name, "probe");
      assertEquals(info.version, "1.2.3");
      assertEquals(info.protocols, ["probe", "probes"]);
      assertEquals(info.capabilities, ["http"]);
      assertEquals(info.fields["what"], {
        type: "string",
        required: true,
        description: "a command",
      });
      assertEquals(info.events["Ping"]?.fields["n"]?.type, "number");
      assertEquals(info.events["Bare"]?.fields, {});
    });

    Deno.test(`apiqube ${language} ${way} executes and validates`, async () => {
      await using guest = await load();
      assertEquals(await guest.body('echo {"a":[1,"ü"]}'), { a: [1, "ü"] });
      const { extension } = guest;
      assertEquals(await extension.invoke("validate", "ok"), new Uint8Array(0));
      const listed = '[{"field":"a","message":"b"}]';
      assertEquals(text(await extension.invoke("validate", listed)), listed);
      assertEquals(await extension.invoke("validate", "null"), new TextEncoder().encode("null"));
    });

    Deno.test(`apiqube ${language} ${way} keeps its state and its configuration`, async () => {
      await using guest = await load();
      const plugin = guest.extension.as("apiqube");
      await plugin.init({ retries: 2 });
      assertEquals(await guest.body("init"), { retries: 2 });
      assertEquals(await guest.body("count"), 2);
      await plugin.init(null);
      assertEquals(await guest.body("init"), null);
    });

    Deno.test(`apiqube ${language} ${way} gets the extension's configuration, or null`, async () => {
      await using configured = await load({ config: { mode: "fast" } });
      await configured.extension.as("apiqube").init();
      assertEquals(await configured.body("init"), { mode: "fast" });
      await using bare = await load();
      await bare.extension.as("apiqube").init();
      assertEquals(await bare.body("init"), null);
    });

    Deno.test(`apiqube ${language} ${way} logs at each level`, async () => {
      await using guest = await load();
      for (const level of [0, 1, 2, 3, 7]) await guest.execute(`log ${level} hello ${level}`);
      assertEquals(guest.log.map(({ level, message }) => `${level}: ${message}`), [
        ...["debug: hello 0", "info: hello 1", "warn: hello 2", "error: hello 3"],
        "info: hello 7",
      ]);
    });

    Deno.test(`apiqube ${language} ${way} reads the clock`, async () => {
      await using guest = await load();
      const before = Date.now();
      const now = await guest.body("now");
      assert(typeof now === "number" && now >= before && now <= Date.now(), `${now}`);
    });

    Deno.test(`apiqube ${language} ${way} emits events of a test only`, async () => {
      await using guest = await load();
      await guest.extension.as("apiqube").init();
      assertEquals(guest.events, []);
      await guest.execute('emit {"plugin":"probe","kind":"Ping","data":{"n":1}}');
      await guest.execute('emit {"plugin":"other","kind":"Unknown"}');
      await guest.execute('embed {"kind":"Ping","data":{"n":"two"}}, {"kind":"Bare"}, 7');
      assertEquals(guest.events.map(({ kind, data, declared }) => ({ kind, data, declared })), [
        { kind: "Ping", data: { n: 1 }, declared: true },
        { kind: "Unknown", data: {}, declared: false },
        { kind: "Ping", data: { n: "two" }, declared: true },
        { kind: "Bare", data: {}, declared: true },
      ]);
      assertEquals(guest.events.map(({ problems }) => problems.length), [0, 0, 1, 0]);
    });

    Deno.test(`apiqube ${language} ${way} passes malformed events over`, async () => {
      await using guest = await load();
      const malformed = ["", "{", "7", "null", "[]", '{"kind":1}', '{"kind":""}', "{}"];
      for (const json of malformed) await guest.execute(`emit ${json}`);
      await guest.execute('emit {"kind":"Ping","data":[]}');
      assertEquals(guest.events, []);
    });

    Deno.test(`apiqube ${language} ${way} gets 0 for a request from nowhere`, async () => {
      await using guest = await load();
      assertEquals(JSON.parse(await guest.execute("far")), { status: 0, error: "no answer" });
    });

    Deno.test(`apiqube ${language} ${way} hears what is wrong with a request`, async () => {
      await using guest = await load();
      for (const json of ["", "{", "7", '{"headers":{"a":1}}', '{"body":"?"}', '{"body":"YQ"}']) {
        const answer = await guest.body(`http ${json}`) as { status: number; error: string };
        assertEquals([answer.status, answer.error.slice(0, 8)], [0, "decode: "], json);
      }
    });

    Deno.test(`apiqube ${language} ${way} starts anew after a trap, with its configuration`, async () => {
      await using guest = await load();
      await guest.extension.as("apiqube").init({ retries: 3 });
      const error = await assertRejects(() => guest.execute("trap"), ExtensionError);
      assertEquals(error.code, "trap");
      assertEquals(await guest.body("init"), { retries: 3 });
      assertEquals(await guest.body("count"), 2);
      assertEquals(guest.extension.stats().restarts, 1);
    });

    Deno.test(`apiqube ${language} ${way} is not initialised anew with what it trapped on`, async () => {
      await using guest = await load();
      const { extension } = guest;
      const error = await assertRejects(() => extension.invoke("init", '"trap"'), ExtensionError);
      assertEquals(error.code, "trap");
      assertEquals(await guest.body("count"), 1);
    });

    Deno.test(`apiqube ${language} ${way} cleans up when it is closed, whatever happens`, async () => {
      for (const config of ["", '"trap at the end"']) {
        await using guest = await load();
        await guest.extension.invoke("init", config);
        await guest.extension.close();
        assertEquals(guest.log.map(({ message }) => message), ["destroyed"]);
      }
    });

    Deno.test(`apiqube ${language} ${way} has no other operations`, async () => {
      await using guest = await load();
      for (
        const name of ["allocate", "plugin_destroy", "memory", "_initialize", "__proto__", "x"]
      ) {
        const error = await assertRejects(() => guest.extension.invoke(name), ExtensionError);
        assertEquals(error.code, "unknown-function", name);
      }
    });
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
