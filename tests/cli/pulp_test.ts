/** `airlock` with a directory that holds a Pulp cell: run, inspect, check, list and serve. @module */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PROBES } from "../runtime/wasm/pulp_guests.ts";
import { temporaryDirectory } from "../temporary.ts";
import { capture } from "./capture.ts";
import { airlock } from "./process.ts";

const SERVER = fromFileUrl(new URL("../fixtures/pulp/server/", import.meta.url));
const PROBE = fromFileUrl(PROBES["C"] ?? "");
const GRANTS = ["http.serve", "ws.serve", "sse.serve"].flatMap((name) => ["--grant", name]);

Deno.test("run of a cell initialises it and steps it with nothing, or with an event", async () => {
  const tick = await capture(["run", SERVER, "step", ...GRANTS]);
  assertEquals([tick.code, tick.out, tick.err], [0, "0", ""]);
  const event = '{"kind":"ws.close","payload":{"conn_id":1,"code":1000}}';
  const told = await capture(["run", SERVER, "pulp_step", event, ...GRANTS]);
  assertEquals([told.code, told.out, told.err], [0, "8", ""]);
  const configured = await capture([
    ...["run", PROBE, "probe_config_marker", "--config", '{"a":1}'],
  ]);
  assertEquals([configured.code, configured.out], [0, "-12"]);
  assertEquals((await capture(["run", PROBE, "init", '{"a":1}'])).code, 0);
  assertEquals((await capture(["run", PROBE, "shutdown"])).code, 0);
});

Deno.test("run of a cell says what an event looks like", async () => {
  for (const payload of ["{", "7", "{}", '{"kind":1}']) {
    const { code, err } = await capture(["run", SERVER, "step", payload, ...GRANTS]);
    assertEquals(code, 2, payload);
    assertStringIncludes(err, "its payload must be the JSON of an event such as");
  }
});

Deno.test("run of a cell without its grants says which", async () => {
  const { code, err } = await capture(["run", SERVER, "step"]);
  assertEquals(code, 4);
  assertStringIncludes(err, "--grant http.serve");
});

Deno.test("inspect and list tell what a cell is", async () => {
  const { code, out } = await capture(["inspect", SERVER, "--json"]);
  assertEquals(code, 0);
  const { manifest, module } = JSON.parse(out);
  assertEquals([manifest.name, manifest.pulp.form, module.abi], ["server", "cell", "pulp"]);
  const listed = await capture([
    "list",
    fromFileUrl(new URL("../fixtures/pulp/", import.meta.url)),
  ]);
  assertMatch(listed.out, /server\s+1\.0\.0\s+wasm\s+pulp/);
});

Deno.test("check lists the issues of a TOML manifest with their lines", async () => {
  await using directory = await temporaryDirectory({
    "cell/pulp.cell.toml":
      'name = "notes"\nversion = "1.0.0"\n\ncapabilities = [\n  "log",\n  "teleport",\n]\n',
    "cell/cell.wasm": "no module",
    "two/pulp.plugin.toml": 'name = "a"\nversion = "1.0.0"\n',
    "two/extension.json": '{ "name": "a", "runtime": "wasm" }',
    "bad/pulp.plugin.toml": 'name = "a"\nversion = 1\nrestart = "never"\n',
  });
  const cell = await capture(["check", `${directory.path}/cell`]);
  assertEquals(cell.code, 3);
  assertStringIncludes(cell.out, "pulp.cell.toml:6:3");
  assertStringIncludes(cell.out, "teleport");
  const two = await capture(["check", `${directory.path}/two`]);
  assertEquals(two.code, 3);
  assertStringIncludes(two.out, "must be the only manifest: there is a pulp.plugin.toml beside it");
  const bad = await capture(["check", `${directory.path}/bad`]);
  assertStringIncludes(bad.out, "pulp.plugin.toml:2:11");
  assertStringIncludes(bad.out, "pulp.plugin.toml:3:1");
});

Deno.test("inspect and check warn of imports that a manifest does not ask for, which load all the same", async () => {
  await using directory = await temporaryDirectory({
    "pulp.plugin.toml":
      'name = "quiet"\nversion = "1.0.0"\ncapabilities = ["transport.http.inbound", "transport.ws.inbound"]\n',
    "plugin.wasm": await Deno.readFile(`${SERVER}server.wasm`),
  });
  const warning = 'it imports "pulp.sse_emit", which is refused as the manifest does not ask for';
  const inspected = await capture(["inspect", directory.path]);
  assertStringIncludes(inspected.out + inspected.err, warning);
  const checked = await capture(["check", directory.path, "--json", ...GRANTS]);
  const { issues, started } = JSON.parse(checked.out);
  assertEquals(issues.map((one: { readonly severity: string }) => one.severity), [
    "warning",
    "warning",
  ]);
  assertStringIncludes(issues[1].message, warning);
  assertEquals(started, true);
  const grants = GRANTS.slice(0, 4);
  assertEquals((await capture(["run", directory.path, "step", ...grants])).out, "0");
});

Deno.test("a manifest of a cell may be named itself", async () => {
  const { code, out } = await capture(["run", `${SERVER}/pulp.cell.toml`, "step", ...GRANTS]);
  assertEquals([code, out], [0, "0"]);
});

Deno.test("serve of a cell answers with one grant, and ends well when it is told to", async () => {
  const text = await Deno.readTextFile(`${SERVER}/pulp.cell.toml`);
  await using directory = await temporaryDirectory({
    "cell/pulp.cell.toml": text.replace(
      /capabilities = .*/,
      'capabilities = ["transport.http.inbound"]',
    ),
    "cell/server.wasm": await Deno.readFile(`${SERVER}/server.wasm`),
  });
  let answer = "";
  const { code, err } = await airlock(["serve", directory.path, "--port=0", "--grant=http.serve"], {
    when: [/serving at (\S+)/, async (url) => {
      answer = await (await fetch(`${url}echo/you`)).text();
      return "SIGTERM";
    }],
  });
  assertEquals([answer, code], ["GET /echo/you you - - -", 0], err);
  assertStringIncludes(err, "server running pulp GET /echo/:name");
});
