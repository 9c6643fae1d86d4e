/** The serving example runs as it is, as a program and by the command. @module */

import { assertEquals } from "@std/assert";
import { airlock } from "../cli/process.ts";
import { Subscriber } from "../runtime/serving/site.ts";
import { runExample } from "./run_example.ts";

Deno.test("examples/serve_host.ts runs as it is", async () => {
  const { code, out, err } = await runExample("serve_host", [
    "--allow-read",
    "--allow-net=127.0.0.1",
  ]);
  assertEquals([code, err], [0, ""]);
  assertEquals(
    out.split("\n"),
    [
      "GET /notes, POST /notes, GET /notes/:id, WS /chat/:room, SSE /news",
      "201 /notes/2",
      "Bread, too",
      String.raw`"id: 2\nevent: note\ndata: Bread, too\n\n"`,
      "welcome to tea",
      "two sugars",
      "",
    ],
  );
});

Deno.test("airlock serve examples/conventions/serving serves the board", async () => {
  const told: (string | undefined)[] = [];
  const grants = ["http.serve", "ws.serve", "sse.serve"].map((name) => `--grant=${name}`);
  const { code, err } = await airlock(
    ["serve", "examples/conventions/serving", "--port=0", ...grants],
    {
      when: [/serving at (\S+)/, async (url) => {
        await using subscriber = await Subscriber.open(`${url}news`);
        await (await fetch(`${url}notes`, { method: "POST", body: "one\ntwo" })).body?.cancel();
        told.push(await subscriber.next());
        return "SIGINT";
      }],
    },
  );
  assertEquals([code, told], [0, ["id: 2\nevent: note\ndata: one\ndata: two"]], err);
});
