/** The example of capabilities, as a program of its own with no more rights than it says. @module */

import { assertEquals } from "@std/assert";
import { runExample } from "./run_example.ts";

async function run(...args: string[]): Promise<{ code: number; out: string[]; err: string }> {
  const rights = ["--allow-read", "--allow-write", "--allow-net=127.0.0.1"];
  const { code, out, err } = await runExample("capabilities_host", rights, args);
  // every run has a port of its own
  const lines = out.replace(/127\.0\.0\.1:\d{4,}/g, "SERVICE").trimEnd().split("\n");
  return { code, out: lines, err };
}

Deno.test("capabilities_host.ts asks, remembers, revokes and writes everything down", async () => {
  const { code, out, err } = await run();
  assertEquals([code, err], [0, ""]);
  assertEquals(out, [
    "? rates wants to send HTTP requests (net)",
    "  it says: fetches the rates of the day",
    "? rates wants to keep files of its own, and use granted ones (fs)",
    "? rates wants to keep a SQL database of its own (sqlite)",
    "? rates wants to read environment variables (env)",
    "  it says: greets you by name",
    "granted: net, fs, sqlite",
    "report: EUR 1, USD 1.08",
    "{",
    '  "another server": "denied",',
    '  "a file outside": "denied",',
    '  "another table": "denied",',
    '  "the environment": "not there"',
    "}",
    "the next run asks nothing",
    "in flight: net revoked",
    'later: Cannot use capability "net" in extension "rates": its grant was revoked',
    "granted  net by request: net=SERVICE",
    'granted  fs by request: fs={"read":["reports"],"write":["reports"]}',
    'granted  sqlite by request: sqlite={"tables":{"rates":"rw"}}',
    "denied   env by request: env=HOME",
    "allowed  net.fetch: GET http://SERVICE/rates",
    "allowed  sqlite.exec: CREATE TABLE IF NOT EXISTS rates (name TEXT PRIMARY KEY, rate REAL)",
    "allowed  sqlite.exec: INSERT OR REPLACE INTO rates VALUES (?, ?)",
    "allowed  sqlite.exec: INSERT OR REPLACE INTO rates VALUES (?, ?)",
    "allowed  sqlite.query: SELECT name, rate FROM rates ORDER BY name",
    "allowed  fs.write: reports/latest.txt",
    "denied   net.fetch: GET http://127.0.0.1:1/",
    "denied   fs.read: reports/../../../airlock.grants.json",
    "denied   sqlite.exec: CREATE TABLE users (name)",
    "granted  net by remembered: net=SERVICE",
    'granted  fs by remembered: fs={"read":["reports"],"write":["reports"]}',
    'granted  sqlite by remembered: sqlite={"tables":{"rates":"rw"}}',
    "denied   env by remembered: env=HOME",
    "revoked  net.fetch: GET http://SERVICE/changes",
    "revoked  net by operator: ",
    "revoked  net.fetch: GET http://SERVICE/rates",
  ]);
});

Deno.test("capabilities_host.ts takes nobody at the terminal for no", async () => {
  const { code, out, err } = await run("--ask");
  assertEquals(code, 1);
  assertEquals(out.slice(0, 1), ["? rates wants to send HTTP requests (net)"]);
  assertEquals(err.includes('capabilities "fs", "net", "sqlite": they are not granted'), true, err);
});
