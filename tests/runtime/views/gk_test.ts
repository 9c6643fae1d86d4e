/** `extension.as("gk")`: the plugin's registration, its functions, widgets and jobs. @module */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ExtensionError, ExtensionHost, goatHost } from "../../../mod.ts";
import { asker, loadGk, NOTES, PROBES } from "../wasm/gk_guests.ts";

Deno.test("as() of a plugin in Go calls functions, widgets and jobs", async () => {
  await using guest = await loadGk(NOTES, { grants: { kv: true }, config: { language: "de" } });
  const plugin = guest.extension.as("gk");
  assertEquals(await plugin.call("add", { text: "milk" }), { id: 1, text: "milk", done: false });
  assertEquals(await plugin.call("add", { text: "bread" }), { id: 2, text: "bread", done: false });
  assertEquals(await plugin.widget("open"), { html: "<b>2 offen</b>" });
  assertEquals(await plugin.call("done", { id: "1" }), { id: 1, text: "milk", done: true });
  await plugin.runJob("sweep");
  assertEquals(await plugin.call("list"), { notes: [{ id: 2, text: "bread", done: false }] });
  assertEquals(await plugin.call("sweep"), undefined);
  assertEquals(guest.logged(), ["info: added 1", "info: added 2", "info: swept 1"]);
  await assertRejects(() => plugin.widget("none"), RangeError, "none");
  await assertRejects(() => plugin.runJob("__proto__"), RangeError, "__proto__");
  await assertRejects(() => plugin.call("list", () => {}), TypeError);
});

Deno.test("as() gives the registration as data", async () => {
  await using guest = await loadGk(NOTES, { grants: { kv: true } });
  const { routes, menu_items, templates, i18n, error_codes, permissions } = await guest.extension
    .as("gk").registration();
  assertEquals(routes.find(({ handler }) => handler === "clear")?.middleware, ["admin"]);
  assertEquals(menu_items.map(({ id, order }) => [id, order]), [["notes", 10]]);
  assertEquals([templates, i18n.namespace], [[], "notes"]);
  assertEquals(error_codes.map(({ code, http_status }) => [code, http_status]), [
    ["notes:not_found", 404],
  ]);
  assertEquals(permissions, ["cache:read", "cache:write", "notes.edit"]);
  const raw = await guest.extension.invoke("gk_register");
  assertEquals(JSON.parse(new TextDecoder().decode(raw)).name, "notes");
  // fresh bytes: what a caller does to them is nobody else's affair
  raw.fill(0);
  assertEquals((await guest.extension.as("gk").registration()).name, "notes");
});

Deno.test("as() asks a new instance what it is", async () => {
  let lines = 0;
  await using guest = await loadGk(asker({ name: "p", version: "1" }), {
    hostFunctions: goatHost({ configGet: () => `${++lines}` }),
  });
  const plugin = guest.extension.as("gk");
  const first = await plugin.registration();
  assertEquals(await plugin.registration(), first);
  await assertRejects(() => plugin.call("trap"), ExtensionError);
  assertEquals(await plugin.call("config_get", { key: "a" }), { value: "1" });
  assertEquals((await plugin.registration()).version, "1");
  assertEquals(guest.extension.stats().restarts, 1);
});

Deno.test("as() refuses what is no GoatKit plugin, and closes what is", async () => {
  await using host = new ExtensionHost();
  const other = await host.load({ name: "x.js", bytes: "function x() {}" }, { runtime: "quickjs" });
  assertThrows(() => other.as("gk"), ExtensionError, '"gk"');
  for (const module of Object.values(PROBES)) {
    const extension = await host.load(module);
    {
      await using plugin = extension.as("gk");
      assertEquals(await plugin.call("count"), 1);
    }
    const error = await assertRejects(() => extension.invoke("count"), ExtensionError);
    assertEquals(error.code, "closed");
  }
});
