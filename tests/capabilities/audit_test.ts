/** Every operation leaves one record, also under attack. @module */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { defineCapability } from "../../capabilities/capability.ts";
import { CapabilityRegistry } from "../../capabilities/catalog.ts";
import { CapabilityError } from "../../capabilities/errors.ts";
import { powers } from "../../capabilities/powers.ts";
import { ask, open } from "./open.ts";

Deno.test("audit gets one record of every operation, whatever came of it", async () => {
  const kv = { asks: [ask("kv", { bytes: 200 })], granted: "all" } as const;
  await using notes = await open({ ...kv, powers: { ...powers, now: () => 42 } });
  notes.sync("kv.set", { key: "a", value: "1" });
  assertEquals(await notes.broker.calls.call("kv.list", { prefix: "a" }), ["a"]);
  assertThrows(() => notes.sync("kv.set", { key: "b", value: "x".repeat(200) }), CapabilityError);
  assertThrows(() => notes.sync("kv.get", { key: 7 }), TypeError);
  assertThrows(() => notes.sync("env.get", { name: "HOME" }), CapabilityError);
  assertThrows(() => notes.sync("teleport.now"), CapabilityError);
  notes.broker.revoke("kv");
  assertThrows(() => notes.sync("kv.get", { key: "a" }), CapabilityError);
  assertEquals(
    notes.audit.map(({ capability, operation, summary, outcome }) => [
      capability,
      operation,
      summary,
      outcome,
    ]),
    [
      ["kv", "set", "a", "allowed"],
      ["kv", "list", "a", "allowed"],
      ["kv", "set", "b", "quota"],
      ["kv", "get", "7", "failed"],
      ["env", "get", "", "denied"],
      ["teleport", "now", "", "denied"],
      ["kv", "get", "a", "revoked"],
    ],
  );
  for (const record of notes.audit) {
    assertEquals(
      [record.time, record.extension, record.version, record.digest],
      [42, "notes", "1.2.0", "sha256-x"],
    );
    assert(record.ms >= 0 && record.ms < 1_000 && Object.isFrozen(record));
  }
});

Deno.test("audit text is escaped and short, whatever the guest says", async () => {
  await using notes = await open({ asks: [ask("kv")], granted: "all", name: "a\x1bb" });
  notes.sync("kv.get", { key: `\x1b[2J${"k".repeat(10_000)}` });
  assertThrows(() => notes.sync(`\n${"c".repeat(10_000)}.\u202eop`), CapabilityError);
  for (const record of notes.audit) {
    for (const text of [record.extension, record.capability, record.operation, record.summary]) {
      assert(!/[\p{Cc}\u202e]/u.test(text) && text.length < 300, text);
    }
  }
});

Deno.test("an operation whose record is refused fails", async () => {
  const audit = () => {
    throw new Error("disk full");
  };
  await using notes = await open({ audit });
  assertThrows(() => notes.sync("clock.now"), Error, "disk full");
  await assertRejects(() => notes.broker.calls.call("clock.now", {}), Error, "disk full");
});

Deno.test("a guest that uses up the stack cannot have an operation done without its record", async () => {
  let done = 0;
  const count = defineCapability({
    name: "count",
    summary: "",
    parse: () => ({ ok: true, grant: null }),
    operations: { up: { params: [], callSync: () => ++done } },
  });
  const registry = new CapabilityRegistry().gated(count);
  await using notes = await open({ registry, asks: [ask("count")], granted: "all" });
  const { calls } = notes.broker;
  for (let i = 0; i < 20_000; i++) calls.callSync("count.up", {});
  // asks again on every frame on the way down, and at the very edge
  function fall(): void {
    try {
      calls.callSync("count.up", {});
    } catch (error) {
      assert(error instanceof RangeError || error instanceof CapabilityError);
    }
    try {
      fall();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  fall();
  assertEquals(notes.audit.filter(({ outcome }) => outcome === "allowed").length, done);
});
