/** Tests of capabilities/powers/telemetry.ts: nothing where telemetry is off, a span a record where it is on. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { telemetryAudit } from "../../mod.ts";
import { temporaryDirectory } from "../temporary.ts";

const ROOT = new URL("../../", import.meta.url);

const HOST = `
import { ExtensionHost, telemetryAudit } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};
await using host = new ExtensionHost({ audit: telemetryAudit(), log: () => {} });
const notes = await host.load({
  manifest: { name: "notes", runtime: "quickjs", module: "n.js", capabilities: ["kv"] },
  files: { "n.js": "export const f = async () => { await airlock.kv.set('key', 'secret'); };" },
}, { grants: { kv: true } });
await notes.invoke("f");
notes.grants.revoke("kv");
await notes.invoke("f").catch(() => {});
`;

Deno.test("telemetryAudit() is the next sink itself where telemetry is off", () => {
  const next = () => {};
  assertEquals([telemetryAudit(next), telemetryAudit()], [next, undefined]);
});

Deno.test("telemetryAudit() sends a span for each decision and operation, without values", async () => {
  const received: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const text = await request.text();
      if (request.url.endsWith("/v1/traces")) received.push(text);
      return Response.json({});
    },
  );
  await using dir = await temporaryDirectory({ "host.ts": HOST });
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--cached-only",
      "--no-check",
      `--config=${fromFileUrl(new URL("deno.json", ROOT))}`,
      `${dir.path}/host.ts`,
    ],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    },
    stdin: "null",
    signal: AbortSignal.timeout(30_000),
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  const text = received.join("");
  const names = [...text.matchAll(/"name":\s*"(airlock [^"]*)"/g)].map(([, name]) => name);
  assertEquals(names, ["airlock kv", "airlock kv.set", "airlock kv", "airlock kv.set"]);
  for (const outcome of ["granted", "allowed", "revoked"]) assertStringIncludes(text, outcome);
  assertEquals(text.includes("secret"), false);
});
