/** The example host of GoatKit plugins, as a program of its own with no more rights than it says. @module */

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

Deno.test("gk_host.ts serves its routes and runs its job", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-net=127.0.0.1"],
      "examples/gk_host.ts",
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stderr)], [0, ""]);
  assertEquals(text.decode(stdout).split("\n"), [
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
