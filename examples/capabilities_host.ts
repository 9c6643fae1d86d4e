/**
 * An operator's view of one extension: what it asks for, what is remembered, taken back and written down,
 * against a real server, a real directory and a real database. It answers its own questions; with `--ask`
 * you do. Run:
 * `deno run --allow-read --allow-write --allow-net=127.0.0.1 examples/capabilities_host.ts`
 *
 * @module
 */

import {
  auditFile,
  CapabilityError,
  type CapabilityRequest,
  escapeControls,
  ExtensionHost,
  type RequestDecision,
} from "@airlock/host";
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";

const RATES = new URL("conventions/capabilities/rates/", import.meta.url);

/** The service that the extension is for; `/changes` never answers. */
const reached = Promise.withResolvers<void>();
const closing = new AbortController();
const options = { port: 0, hostname: "127.0.0.1", signal: closing.signal, onListen() {} };
const server = Deno.serve(options, (request) => {
  if (!request.url.endsWith("/changes")) return Response.json({ EUR: 1, USD: 1.08 });
  reached.resolve();
  return new Promise(() => {});
});
const service = `http://127.0.0.1:${server.addr.port}`;

const home = await Deno.makeTempDir();
const grants = join(home, "airlock.grants.json");
const log = join(home, "audit.jsonl");

/** Everything that a decision should rest on. What the extension says of itself is a stranger's text. */
function decide(request: CapabilityRequest): RequestDecision {
  const { extension, capability, summary, grant, reason, optional } = request;
  console.log(`? ${escapeControls(extension)} wants to ${summary} (${capability})`);
  if (reason !== "") console.log(`  it says: ${escapeControls(reason)}`);
  const no = optional ? "never" : "no";
  if (Deno.args.includes("--ask") && !confirm(`  allow ${escapeControls(grant)}?`)) return no;
  // what it can do without it does not get
  if (optional) return no;
  // it does not say which hosts, so that we do
  const args = capability === "net" ? { hosts: [new URL(service).host] } : undefined;
  return args ? { args, remember: true } : "always";
}

try {
  {
    await using audit = await auditFile(log);
    await using host = new ExtensionHost({
      onRequest: decide,
      rememberedGrants: grants,
      storageRoot: join(home, "storage"),
      audit: audit.sink,
    });
    const rates = await host.load(RATES);
    console.log(`granted: ${["net", "fs", "sqlite", "env"].filter(rates.grants.has).join(", ")}`);
    console.log(`report: ${await rates.call("update", service)}`);
    console.log(await rates.call("wander", "http://127.0.0.1:1/"));
  }

  {
    await using audit = await auditFile(log);
    await using host = new ExtensionHost({
      onRequest({ capability }) {
        throw new TypeError(`Cannot be asked for "${capability}" again as it is remembered`);
      },
      rememberedGrants: grants,
      storageRoot: join(home, "storage"),
      audit: audit.sink,
    });
    const rates = await host.load(RATES);
    console.log("the next run asks nothing");

    // taken back while a request waits: the request ends, and so does every later one
    const following = assertRejects(() => rates.call("follow", service), CapabilityError);
    await reached.promise;
    rates.grants.revoke("net");
    const { code, capability } = await following;
    console.log(`in flight: ${capability} ${code}`);
    const later = await assertRejects(() => rates.call("update", service), CapabilityError);
    assertEquals(later.code, "revoked");
    console.log(`later: ${later.message}`);
  }

  for (const line of (await Deno.readTextFile(log)).trimEnd().split("\n")) {
    const { capability, operation, outcome, summary, by } = JSON.parse(line);
    const what = operation === "" ? `${capability} by ${by}` : `${capability}.${operation}`;
    console.log(`${outcome.padEnd(8)} ${what}: ${summary}`);
  }
} finally {
  // not `shutdown`: it would wait for the request that is never answered
  closing.abort();
  await Deno.remove(home, { recursive: true });
}
