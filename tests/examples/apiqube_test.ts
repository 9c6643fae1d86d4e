/** The example host of ApiQube plugins, as a program of its own with no more rights than it says. @module */

import { assertEquals } from "@std/assert";
import { runExample } from "./run_example.ts";

Deno.test("apiqube_host.ts runs a real HTTP test with the net of one server", async () => {
  const { code, out, err } = await runExample("apiqube_host", [
    "--allow-read",
    "--allow-net=127.0.0.1",
  ]);
  assertEquals([code, err], [0, ""]);
  assertEquals(out.split("\n"), [
    "web 1.0.0 executes tests for http and https",
    "invalid target: must start with http:// or https://",
    'invalid timeout: time: invalid duration "soon"',
    "event web.Sent",
    "event web.Answered",
    '201 abc { id: 7, text: "buy milk" }',
    'Cannot use capability "net" in extension "web": it is not granted; grant "net=127.0.0.1:1" to allow it',
    "number",
    "",
  ]);
});
