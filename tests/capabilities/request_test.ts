/** Tests of capabilities/request.ts: the desk's time, order and answers. @module */

import { assertEquals, assertRejects } from "@std/assert";
import { type CapabilityRequest, RequestDesk } from "../../capabilities/request.ts";

const REQUEST: Omit<CapabilityRequest, "signal"> = Object.freeze({
  extension: "notes",
  version: "1.0.0",
  digest: "",
  source: "notes",
  capability: "kv",
  summary: "",
  args: {},
  needsArguments: false,
  optional: false,
  reason: "",
  grant: "kv",
  rememberable: false,
});

Deno.test("ask() takes silence for no, and tells whoever still shows the question", async () => {
  let shown: AbortSignal | undefined;
  const desk = new RequestDesk(({ signal }) => {
    shown = signal;
    return new Promise(() => {});
  }, 20);
  assertEquals(await desk.ask(REQUEST, undefined), "no");
  assertEquals(shown?.aborted, true);
  // the next one has its own time
  assertEquals(await desk.ask(REQUEST, undefined), "no");
});

Deno.test("ask() drops an answer that comes too late", async () => {
  const late = Promise.withResolvers<"always">();
  const desk = new RequestDesk(() => late.promise, 10);
  assertEquals(await desk.ask(REQUEST, undefined), "no");
  late.resolve("always");
});

Deno.test("ask() fails as its handler fails, and goes on", async () => {
  let calls = 0;
  const desk = new RequestDesk(() => {
    if (++calls === 1) throw new RangeError("broken");
    return "once";
  });
  await assertRejects(() => desk.ask(REQUEST, undefined), RangeError);
  assertEquals(await desk.ask(REQUEST, undefined), "once");
});

Deno.test("ask() leaves the line when it is aborted, and those behind it move up", async () => {
  const first = Promise.withResolvers<"once">();
  let calls = 0;
  const desk = new RequestDesk(() => ++calls === 1 ? first.promise : "no");
  const one = desk.ask(REQUEST, undefined);
  const controller = new AbortController();
  const two = desk.ask(REQUEST, controller.signal).catch((error) => error);
  const three = desk.ask(REQUEST, undefined);
  controller.abort("gone");
  assertEquals(await two, "gone");
  first.resolve("once");
  assertEquals([await one, await three, calls], ["once", "no", 2]);
});

Deno.test("ask() refuses an answer that is none", async () => {
  for (const answer of [undefined, true, "yes", {}, { args: [], remember: true }, { args: {} }]) {
    const desk = new RequestDesk(() => answer as never);
    await assertRejects(() => desk.ask(REQUEST, undefined), TypeError);
  }
});
