/** The serving example runs as it is, as a program and by the command. @module */

import { assertEquals } from "@std/assert";
import { airlock } from "../cli/process.ts";
import { Subscriber } from "../runtime/serving/site.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("examples/serve_host.ts runs as it is", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-net=127.0.0.1", "examples/serve_host.ts"],
    cwd: ROOT,
    stdin: "null",
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  assertEquals(
    new TextDecoder().decode(stdout).split("\n"),
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
