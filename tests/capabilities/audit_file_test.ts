/** Tests of capabilities/audit_file.ts: whole lines, nothing lost silently, nothing forged. @module */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { AuditRecord } from "../../capabilities/audit.ts";
import { auditFile, auditLine } from "../../capabilities/audit_file.ts";
import type { HostFilePower } from "../../capabilities/powers/host_files.ts";
import { hostFiles } from "../../capabilities/powers/host_files.ts";
import { temporaryDirectory } from "../temporary.ts";

function record(summary: string): AuditRecord {
  return {
    time: 1,
    extension: "notes",
    version: "1.0.0",
    digest: "",
    capability: "kv",
    operation: "get",
    summary,
    outcome: "allowed",
    ms: 0.5,
  };
}

/** A disk that writes when it is told to. */
function slowDisk(write: (text: string) => Promise<void>): HostFilePower {
  return { ...hostFiles, append: () => Promise.resolve({ write, close: () => Promise.resolve() }) };
}

Deno.test("auditFile() writes every record as one line, behind what is there", async () => {
  await using dir = await temporaryDirectory({ "a.jsonl": '{"old":true}\n' });
  const path = `${dir.path}/a.jsonl`;
  {
    await using audit = await auditFile(path);
    for (let at = 0; at < 1_000; at++) audit.sink(record(`key ${at}`));
    await audit.flush();
    audit.sink(record("last"));
  }
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
  assertEquals(lines.length, 1_002);
  assertEquals(JSON.parse(lines[1_000] ?? "").summary, "key 999");
  assertEquals(JSON.parse(lines.at(-1) ?? ""), record("last"));
  await using made = await auditFile(`${dir.path}/b.jsonl`);
  assertEquals(((await Deno.stat(`${dir.path}/b.jsonl`)).mode ?? 0) & 0o777, 0o600);
  await made.close();
  assertThrows(() => made.sink(record("late")), TypeError);
});

Deno.test("auditLine() leaves nothing that could begin another line or steer a terminal", () => {
  const hostile = 'a\n{"outcome":"allowed"}\u2028\u2029\u0085\u009b2J\u202e\u0000\ud800';
  const line = auditLine(record(hostile));
  assertEquals(line.split("\n").length, 2);
  assert(/^[\x20-\x7e]+\n$/.test(line), line);
  assertEquals(JSON.parse(line).summary, hostile);
});

Deno.test("sink() refuses, or drops and counts, what a slow disk has no room for", async () => {
  const disk = Promise.withResolvers<void>();
  const written: string[] = [];
  const files = slowDisk(async (text) => {
    await disk.promise;
    written.push(text);
  });
  const strict = await auditFile("x", { queue: 3 }, files);
  const lax = await auditFile("x", { queue: 3, onFull: "drop" }, files);
  for (const { sink } of [strict, lax]) sink(record("first"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  for (let at = 0; at < 3; at++) {
    strict.sink(record(`${at}`));
    lax.sink(record(`${at}`));
  }
  assertThrows(() => strict.sink(record("more")), TypeError);
  lax.sink(record("more"));
  assertEquals([strict.dropped, lax.dropped], [0, 1]);
  disk.resolve();
  await Promise.all([strict.close(), lax.close()]);
  assertEquals(written.join("").trimEnd().split("\n").length, 8);
  await assertRejects(() => auditFile("x", { queue: 0 }, files), RangeError);
});

Deno.test("sink() refuses everything once writing failed, and close() tells", async () => {
  const full = new Deno.errors.WriteZero("disk full");
  const audit = await auditFile("x", {}, slowDisk(() => Promise.reject(full)));
  audit.sink(record("a"));
  assertEquals(await audit.flush().catch((error) => error), full);
  assertThrows(() => audit.sink(record("b")), TypeError);
  assertEquals(await audit.close().catch((error) => error), full);
});
