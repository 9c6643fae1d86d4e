/** The example host of GoatKit plugins, as a program of its own with no more rights than it says. @module */

import { assertEquals } from "@std/assert";
import { runExample } from "./run_example.ts";

Deno.test("gk_host.ts serves its routes and runs its job", async () => {
  const { code, out, err } = await runExample("gk_host", ["--allow-read", "--allow-net=127.0.0.1"]);
  assertEquals([code, err], [0, ""]);
  assertEquals(out.split("\n"), [
    "notes 1.0.0 may cache:read, cache:write, notes.edit",
    'job sweep at "* * * * * *"',
    "notes: added 1",
    "notes: added 2",
    "<h1>&lt;b&gt;call&lt;/b&gt; Ada</h1>",
    '{ html: "<b>2 offen</b>" }',
    "notes: swept 1",
    '403 {"error":"refused"}',
    '200 {"ok":true}',
    "",
  ]);
});
