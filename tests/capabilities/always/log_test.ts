/** The log of an extension: levels, floods, and text that would steer a terminal. @module */

import { assert, assertEquals } from "@std/assert";
import { formatLogRecord, standardErrorLog } from "../../../capabilities/log_sink.ts";
import { open } from "../open.ts";

Deno.test("log passes on every level, and calls an unknown one info", async () => {
  await using notes = await open({ clock: { now: () => 5 } });
  for (const level of ["debug", "info", "warn", "error"]) {
    notes.sync(`log.${level}`, { message: level });
    notes.sync("log.write", { level, message: "w" });
  }
  notes.sync("log.write", { level: "__proto__", message: "x" });
  assertEquals(notes.log.map(({ level }) => level), [
    ...["debug", "debug", "info", "info", "warn", "warn", "error", "error", "info"],
  ] as typeof notes.log[number]["level"][]);
  assertEquals(notes.log[0], { extension: "notes", level: "debug", message: "debug", time: 5 });
});

Deno.test("log makes text of whatever it is given", async () => {
  await using notes = await open();
  for (const message of ["a", new TextEncoder().encode("bytes"), { a: 1 }, null, undefined, 7]) {
    notes.sync("log.info", { message });
  }
  assertEquals(notes.log.map(({ message }) => message), [
    ...["a", "bytes", '{"a":1}', "null", "undefined", "7"],
  ]);
});

Deno.test("log drops a flood and tells once how much it dropped", async () => {
  const notes = await open({ limits: { logBytes: 1_000 } });
  for (let i = 0; i < 500; i++) notes.sync("log.info", { message: "x".repeat(84) });
  assertEquals(notes.log.length, 10);
  await notes.broker.close();
  assertEquals(notes.log.length, 11);
  assertEquals(notes.log[10]?.level, "warn");
  assertEquals(notes.log[10]?.message, "490 log records dropped: more than 1000 bytes in a second");
});

Deno.test("log goes on in the next second, after telling what it dropped", async () => {
  await using notes = await open({ limits: { logBytes: 100 } });
  for (let i = 0; i < 5; i++) notes.sync("log.info", { message: "x".repeat(80) });
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  notes.sync("log.info", { message: "again" });
  assertEquals(notes.log.map(({ message }) => message.slice(0, 9)), [
    "xxxxxxxxx",
    "4 log rec",
    "again",
  ]);
});

Deno.test("log counts empty records, and bytes rather than characters", async () => {
  await using notes = await open({ limits: { logBytes: 160 } });
  for (let i = 0; i < 100; i++) notes.sync("log.info", { message: "" });
  assertEquals(notes.log.length, 10);
  await using other = await open({ limits: { logBytes: 160 } });
  other.sync("log.info", { message: "é".repeat(80) });
  assertEquals(other.log, []);
});

Deno.test("log cuts a giant message", async () => {
  await using notes = await open();
  notes.sync("log.info", { message: "x".repeat(1_000_000) });
  assertEquals(notes.log[0]?.message.length, 8_192);
});

Deno.test("formatLogRecord() leaves nothing that steers a terminal or forges a line", () => {
  const message = "a\nerror [host] forged\r\x1b[2J\x9b\u202e\u2028";
  const line = formatLogRecord({ extension: "n\x07", level: "info", message, time: 0 });
  assertEquals(
    line,
    String
      .raw`info [n\u{7}] a\u{a}error [host] forged\u{d}\u{1b}[2J\u{9b}\u{202e}\u{2028}`,
  );
});

Deno.test("standardErrorLog() writes one line a record", () => {
  const written: string[] = [];
  const sink = standardErrorLog((text) => void written.push(text));
  sink({ extension: "notes", level: "warn", message: "a\nb", time: 0 });
  assertEquals(written, ["warn [notes] a\\u{a}b\n"]);
  assert(typeof standardErrorLog() === "function");
});
