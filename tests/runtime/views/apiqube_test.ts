/** extension.as("apiqube"): the operations over values. @module */

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { type ApiqubeEvent, ExtensionError, ExtensionHost } from "../../../mod.ts";
import { loadGuest, PROBES } from "../wasm/apiqube_guests.ts";

const probe = PROBES["AssemblyScript"] ?? "";

Deno.test("as() gives the view of the extension's convention only", async () => {
  await using host = new ExtensionHost();
  const script = await host.load({ name: "a.js", bytes: "function a() {}" }, {
    runtime: "quickjs",
  });
  const error = assertThrows(() => script.as("apiqube"), ExtensionError);
  assertEquals([error.code, error.extension, error.fn], ["unsupported", "a", "as"]);
});

Deno.test("as() of apiqube sends inputs without what is empty, but with a target", async () => {
  await using guest = await loadGuest(probe, {});
  const plugin = guest.extension.as("apiqube");
  const inputs = [
    [{}, { target: "" }],
    [{ method: "", resource: "", headers: {}, timeout: "", fields: {} }, { target: "" }],
    [
      { method: "GET", target: "t", headers: { a: "b" }, fields: { n: [1], u: undefined } },
      { method: "GET", target: "t", headers: { a: "b" }, fields: { n: [1] } },
    ],
    [{ resource: "r", timeout: "5s" }, { resource: "r", target: "", timeout: "5s" }],
  ] as const;
  for (const [input, json] of inputs) {
    assertEquals((await plugin.execute(input)).body, json);
  }
});

Deno.test("as() of apiqube fills in what an output leaves out", async () => {
  await using guest = await loadGuest(probe, {});
  assertEquals(await guest.extension.as("apiqube").execute({ target: "t" }), {
    ...{ status: 200, headers: {}, body: { target: "t" }, duration_ms: 0, error: "" },
    ...{ metadata: {}, events: [] },
  });
});

Deno.test("as() of apiqube asks for the description once", async () => {
  await using guest = await loadGuest(probe, {});
  const plugin = guest.extension.as("apiqube");
  assertEquals(await plugin.info(), await plugin.info());
  assertEquals(guest.log.length, 1);
});

Deno.test("validate() never rejects: what went wrong is an entry with an empty field", async () => {
  await using guest = await loadGuest(probe, {});
  const plugin = guest.extension.as("apiqube");
  const [nonsense] = await plugin.validate({});
  assertEquals(nonsense?.field, "");
  assertStringIncludes(nonsense?.message ?? "", "must be an array");
  const circular: { [name: string]: unknown } = {};
  circular["self"] = circular;
  assertEquals((await plugin.validate({ fields: circular })).map(({ field }) => field), [""]);
  const reason = new DOMException("enough", "AbortError");
  const aborted = await plugin.validate({}, { signal: AbortSignal.abort(reason) });
  assertEquals(aborted, [{ field: "", message: "enough" }]);
  await plugin.destroy();
  assertEquals((await plugin.validate({})).map(({ field }) => field), [""]);
});

Deno.test("execute() rejects where there is no output", async () => {
  await using guest = await loadGuest(probe, {});
  const plugin = guest.extension.as("apiqube");
  const reason = new DOMException("enough", "AbortError");
  const signal = AbortSignal.abort(reason);
  assertEquals(await plugin.execute({}, { signal }).catch((error) => error), reason);
  await assertRejects(() => plugin.execute({}, { timeoutMs: 0 }), RangeError);
  await plugin.close();
  const error = await assertRejects(() => plugin.execute({}), ExtensionError);
  assertEquals(error.code, "closed");
});

Deno.test("init() gives a plugin what it is told, and remembers it", async () => {
  await using guest = await loadGuest(probe, { config: { from: "operator" } });
  const plugin = guest.extension.as("apiqube");
  for (const config of [{ a: [1, null] }, {}, null]) {
    await plugin.init(config);
    assertEquals(await guest.body("init"), config);
  }
  await plugin.init();
  assertEquals(await guest.body("init"), { from: "operator" });
});

Deno.test("onEvent() of one call hears its events, as they come, and no other's", async () => {
  await using guest = await loadGuest(probe, {});
  const { extension } = guest;
  const heard: string[] = [];
  const onEvent = ({ kind }: { kind: string }) => void heard.push(kind);
  await extension.invoke("execute", 'emit {"kind":"A"}', { onEvent });
  await extension.invoke("execute", 'emit {"kind":"B"}');
  await extension.invoke("execute", 'embed {"kind":"C"}, {"kind":"D"}', { onEvent });
  assertEquals(heard, ["A", "C", "D"]);
  assertEquals(guest.events.map(({ kind }) => kind), ["A", "B", "C", "D"]);
});

Deno.test("onEvent() of execute() names the plugin itself, whatever the event says", async () => {
  await using guest = await loadGuest(probe, {});
  const events: ApiqubeEvent[] = [];
  const onEvent = (event: ApiqubeEvent) => void events.push(event);
  await guest.extension.as("apiqube").execute({}, { onEvent });
  const event = { plugin: "probe", kind: "Echo", data: {}, declared: false, problems: [] };
  assertEquals(events, [event]);
});
