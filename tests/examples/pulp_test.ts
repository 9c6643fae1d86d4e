/** The example host of a Pulp cell, as a program of its own with no more rights than it says. @module */

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

Deno.test("pulp_host.ts serves real HTTP, WebSocket and event clients from a cell in Go", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-net=127.0.0.1"],
      "examples/pulp_host.ts",
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stderr)], [0, ""]);
  const lines = text.decode(stdout).replace(/last call \d+/, "last call N").split("\n");
  assertEquals(lines, [
    "notes 1.0.0 follows pulp",
    "GET /notes, POST /notes, GET /backup, GET /far, GET /notes/:id, WS /echo, SSE /news",
    '201 { id: 1, text: "buy milk", weight: 1 }',
    '201 { id: 2, text: "water the plants", weight: 1 }',
    "My notes: buy milk, water the plants",
    '404 { error: "there is no such note" }',
    '200 { last: "water the plants" }',
    '200 { body: "half past four", status: 200 }',
    '500 { error: "the host answered 4" }',
    "echo: hello over there",
    "event 1: buy milk",
    "event 2: water the plants",
    "[notes] ends: last call N, marker 100",
    "[notes] good bye",
    "",
  ]);
});
