/** What the host does around each call of an Extism plugin's host functions: records, and chains. @module */

import { assertEquals, assertRejects } from "@std/assert";
import {
  type AuditRecord,
  CapabilityError,
  ExtensionError,
  ExtensionHost,
  extismFunction,
  hostFunction,
  OperationError,
} from "../../../../mod.ts";
import { answers, failure, loadPlugin, PLUGINS } from "./extism_guest.ts";

const refusal = { extension: "x", capability: "host", grant: "" };

for (const isolation of ["inline", "worker"] as const) {
  Deno.test(`each call of a host function is written down, of a plugin ${isolation}`, async () => {
    const audit: AuditRecord[] = [];
    let shout = (): string => "now";
    const hostFunctions = answers(
      extismFunction("shout", () => shout()),
      extismFunction("fetch_later", async () => await "later"),
    );
    const hostOptions = { audit: (record: AuditRecord) => void audit.push(record) };
    await using loaded = await loadPlugin("plugin", { isolation, hostFunctions }, hostOptions);
    const { call } = loaded;
    assertEquals(await call("shout_input", "a"), "now");
    assertEquals(await call("fetch_twice", "a"), "later later");
    shout = () => {
      throw new TypeError("no");
    };
    assertEquals(await failure(call("shout_input", "a")), "trap");
    shout = () => {
      throw new CapabilityError("denied", refusal);
    };
    assertEquals(await failure(call("shout_input", "a")), "CapabilityError denied");
    const told = audit.filter(({ capability }) => capability === "host");
    assertEquals(told.map(({ operation, outcome }) => `${operation} ${outcome}`), [
      "shout allowed",
      "fetch_later allowed",
      "fetch_later allowed",
      "shout failed",
      "shout denied",
    ]);
    const { name, digest } = loaded.extension;
    assertEquals(told.every((one) => one.extension === name && one.digest === digest), true);
  });

  Deno.test(`a host function goes on to another extension, and no chain closes, of a plugin ${isolation}`, async () => {
    await using host = new ExtensionHost({ log: () => {} });
    await host.load(
      { name: "peer.js", bytes: "function up(text) { return text.toUpperCase(); }" },
      {
        runtime: "quickjs",
      },
    );
    const codes: unknown[] = [];
    const forward = hostFunction("shout", async (payload: Uint8Array, { call }) => {
      try {
        return await call(new TextDecoder().decode(payload), "up", '"milk"');
      } catch (error) {
        const known = error instanceof ExtensionError || error instanceof OperationError;
        codes.push(known ? error.code : error);
        return "failed";
      }
    });
    const plugin = await host.load(new URL("plugin.wasm", PLUGINS), {
      isolation,
      hostFunctions: answers(forward),
    });
    assertEquals(await plugin.invokeText("shout_input", "peer"), '"MILK"');
    assertEquals(await plugin.invokeText("shout_input", plugin.name), "failed");
    assertEquals(await plugin.invokeText("shout_input", "nobody"), "failed");
    assertEquals(codes, ["cycle", "missing-extension"]);
  });

  Deno.test(`a host function whose record is refused has failed, of a plugin ${isolation}`, async () => {
    await using loaded = await loadPlugin("plugin", { isolation, hostFunctions: answers() }, {
      audit({ capability }) {
        if (capability === "host") throw new TypeError("the disk is full");
      },
    });
    await assertRejects(() => loaded.call("shout_input", "a"), ExtensionError);
  });
}
