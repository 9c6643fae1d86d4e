/** The example host of a Pulp cell, as a program of its own with no more rights than it says. @module */

import { assertEquals } from "@std/assert";
import { runExample } from "./run_example.ts";

Deno.test("pulp_host.ts serves real HTTP, WebSocket and event clients from a cell in Go", async () => {
  const { code, out, err } = await runExample("pulp_host", [
    "--allow-read",
    "--allow-write",
    "--allow-net=127.0.0.1",
  ]);
  assertEquals([code, err], [0, ""]);
  const lines = out.replace(/last call \d+/, "last call N").split("\n");
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
