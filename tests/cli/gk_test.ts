/** `airlock run` and `airlock inspect` with a GoatKit plugin as it comes: no manifest, one grant. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { NOTES } from "../runtime/wasm/gk_guests.ts";
import { temporaryDirectory } from "../temporary.ts";
import { capture } from "./capture.ts";
import { airlock } from "./process.ts";

const PATH = fromFileUrl(NOTES);

Deno.test("run of a plugin calls one of its functions", async () => {
  const added = await capture(["run", PATH, "add", '{"text":"milk"}', "--grant", "kv"]);
  assertEquals([added.code, JSON.parse(added.out)], [0, { id: 1, text: "milk", done: false }]);
  assertStringIncludes(added.err, "[notes] added 1");
  const widget = await capture([
    ...["run", PATH, "widget", "{}", "--grant", "kv", "--config", '{"language":"de"}'],
  ]);
  assertEquals(JSON.parse(widget.out), { html: "<b>0 offen</b>" });
  const nothing = await capture(["run", PATH, "sweep", "--grant", "kv"]);
  assertEquals([nothing.code, nothing.out], [0, ""]);
  const registration = await capture(["run", PATH, "gk_register", "--grant", "kv"]);
  assertEquals(JSON.parse(registration.out).name, "notes");
});

Deno.test("run of a plugin without what its permissions need says which grant", async () => {
  const { code, err } = await capture(["run", PATH, "list"]);
  assertEquals(code, 4);
  assertStringIncludes(err, "--grant kv");
});

Deno.test("inspect of a plugin shows its registration where it may be asked", async () => {
  const { code, out } = await capture(["inspect", PATH, "--describe"]);
  assertEquals(code, 0);
  for (
    const line of [
      "abi         gk",
      "limited to 256",
      "registers   notes 1.0.0",
      "DELETE /notes (admin)",
      "jobs        sweep (* * * * * *)",
      "errors      notes:not_found 404",
      "permissions cache:read, cache:write, notes.edit",
      "asks        kv: refused; add: --grant kv",
      "timeoutMs 30000",
    ]
  ) assertStringIncludes(out, line);
  const unasked = await capture(["inspect", PATH]);
  assertEquals([unasked.code, unasked.out.includes("registers")], [0, false]);
  const { module } = JSON.parse((await capture(["inspect", PATH, "--describe", "--json"])).out);
  assertEquals(module.described.details.routes.length, 6);
});

Deno.test("serve of a plugin, alone or beside others, answers its routes and runs its job", async () => {
  await using directory = await temporaryDirectory({
    "notes.wasm": await Deno.readFile(NOTES),
    "hello/extension.json": {
      ...{ name: "hello", runtime: "quickjs", module: "hello.js", capabilities: ["http.serve"] },
      routes: [{ path: "/hello/:who", handler: "hello" }],
    },
    "hello/hello.js": "exports.hello = ({ params }) => `hello ${params.who}`;",
  });
  for (const path of [PATH, fromFileUrl(new URL("./", NOTES)), directory.path]) {
    const answers: unknown[] = [];
    const { code, out, err } = await airlock(
      ["serve", path, "--port=0", "--grant=http.serve", "--grant=kv"],
      {
        when: [/serving at (\S+)/, async (url) => {
          const post = (to: string, body: unknown) =>
            fetch(`${url}${to}`, { method: "POST", body: JSON.stringify(body) });
          await (await post("notes", { text: "milk" })).body?.cancel();
          answers.push(await (await fetch(`${url}notes/1/page`)).text());
          await (await post("notes/1/done", {})).body?.cancel();
          const end = performance.now() + 5_000;
          let left = 1;
          while (left > 0 && performance.now() < end) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            left = (await (await fetch(`${url}notes`)).json()).notes.length;
          }
          answers.push(left);
          if (path === directory.path) answers.push(await (await fetch(`${url}hello/Ada`)).text());
          return "SIGTERM";
        }],
      },
    );
    assertEquals([code, out], [0, ""], err);
    assertEquals(answers, ["<h1>milk</h1>", 0, "hello Ada"].slice(0, answers.length));
    for (const line of ["running gk ", "GET /notes/:id/page", "info [notes] swept 1"]) {
      assertStringIncludes(err, line);
    }
  }
});
