/**
 * The rows of the capability suite that Pulp's imports reach. Its guests are told in codes; each request is
 * decided and written down as everybody's.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type AuditRecord, ExtensionHost, type LimitOptions } from "../../mod.ts";
import type { PulpImport } from "../../manifest/pulp_host.ts";
import { type Packable, packMsgpack } from "../../runtime/wasm/abi/pulp_msgpack.ts";
import { Probe, PROBES } from "../runtime/wasm/pulp_guests.ts";
import { ASKS, grantsIn, type GuestAnswer, type Line, type Row, ROWS } from "./capability_rows.ts";
import { makeWorld, NAME, type World } from "./capability_world.ts";

/** Operation → import, and what the code is where the operation came to nothing. */
const IMPORTS: Readonly<Record<string, readonly [name: PulpImport, failed: number]>> = {
  "net.fetch": ["http_fetch", 4],
  "fs.read": ["fs_read", 5],
  "fs.write": ["fs_write", 5],
  "sqlite.query": ["sqlite_query", 5],
  "sqlite.exec": ["sqlite_exec", 5],
  "http.serve.register": ["http_register", 4],
  "http.serve.respond": ["http_respond", 4],
  "ws.serve.register": ["ws_register", 4],
  "ws.serve.send": ["ws_send", 4],
  "sse.serve.register": ["sse_register", 4],
  "sse.serve.emit": ["sse_emit", 4],
};
const UNDECLARED = 99;
/** Paths that a cell hears about before anybody is asked. */
const CLIMBS = 4;

const rows = ROWS.filter(({ operation, about }) =>
  Object.hasOwn(IMPORTS, operation) && about !== "more streams than a call may register"
);

interface Tier {
  readonly title: string;
  readonly directory: URL;
  readonly isolation: "inline" | "worker";
}

/** The language does not matter to a lane: one is enough there. */
const TIERS: readonly Tier[] = Object.entries(PROBES).flatMap(([language, directory], at) => {
  const title = `pulp ${language}`;
  const inline = { title, directory, isolation: "inline" } as const;
  const worker = { title: `${title} in a worker`, directory, isolation: "worker" } as const;
  return at === 0 ? [inline, worker] : [inline];
});

for (const { title, directory, isolation } of TIERS) {
  for (const row of rows) {
    Deno.test(`${title}: ${row.about}`, async () => {
      await using world = await makeWorld();
      const audit: AuditRecord[] = [];
      await using probe = await load(directory, world, audit, { isolation, ...row.limits });
      for (const capability of row.revoked ?? []) probe.extension.grants.revoke(capability);
      const before = audit.length;
      const answered = ask(probe, row, world);
      if (row.revokesMidFlight) {
        await world.arrived;
        probe.extension.grants.revoke("net");
      }
      const climbs = row.about === "a path that climbs";
      assertEquals(await answered, climbs ? CLIMBS : codeOf(row, row.answer(world)));
      // a cell that has lost a capability is refused before anybody looks at what it asks for
      const shown = (line: Line) => row.revoked === undefined ? line : line.slice(0, 3);
      const expected = climbs ? [] : row.audit(world);
      assertEquals(linesOf(audit.slice(before)).map(shown), expected.map(shown));
      assertEquals(world.seen, row.seen?.(world) ?? []);
    });
  }
}

async function load(
  directory: URL,
  world: World,
  audit: AuditRecord[],
  { isolation, ...limits }: LimitOptions & Pick<Tier, "isolation">,
): Promise<Probe> {
  const path = join(world.extensions, NAME);
  await Deno.mkdir(path, { recursive: true });
  await Deno.copyFile(new URL("probe.wasm", directory), join(path, "probe.wasm"));
  const manifest = { name: NAME, runtime: "wasm", module: "probe.wasm", capabilities: ASKS };
  await Deno.writeTextFile(join(path, "extension.json"), JSON.stringify(manifest));
  // what an embedder adds is none of Pulp's business
  const { pinger: _, ...granted } = grantsIn(world) as { readonly [name: string]: true };
  const host = new ExtensionHost({
    log: () => {},
    audit: (record) => void audit.push(record),
    storageRoot: world.storage,
    grants: { [`${NAME}/`]: granted },
    limits: { timeoutMs: 10_000, ...limits },
    isolation,
  });
  try {
    const loaded = await host.loadDir(world.extensions);
    for (const { error } of loaded.failures) throw error;
    const extension = loaded.get(NAME);
    if (extension === undefined) throw new Error(`${NAME} was not loaded`);
    return new Probe(host, extension, []);
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function ask(probe: Probe, row: Row, world: World): Promise<number> {
  const { operation, request } = row;
  const { named } = request(world);
  const [name] = IMPORTS[operation] ?? [];
  if (name === undefined) throw new Error(`No import reaches ${operation}`);
  const { path = "", bytes = "", sql = "", connId, handler: _, ...rest } = named as {
    readonly [key: string]: string;
  };
  const utf8 = new TextEncoder();
  switch (name) {
    case "fs_read":
    case "ws_register":
    case "sse_register":
      return (await probe.ask(name, path)).code;
    case "fs_write":
      return (await probe.ask(name, path, utf8.encode(bytes))).code;
    case "sqlite_query":
    case "sqlite_exec":
      return (await probe.ask(name, sql)).code;
  }
  const message: { readonly [key: string]: Packable } = {
    ...rest,
    ...path === "" ? {} : { path },
    ...connId === undefined ? {} : { conn_id: connId, opcode: 1 },
  };
  return (await probe.ask(name, packMsgpack(message))).code;
}

/** Serving tells a path that was not granted as what was never declared. */
function codeOf({ operation }: Row, { code }: GuestAnswer): number {
  if (code === "ok") return 0;
  const undeclared = code === "revoked" || (code === "denied" && operation.includes(".serve."));
  return undeclared ? UNDECLARED : IMPORTS[operation]?.[1] ?? UNDECLARED;
}

function linesOf(audit: readonly AuditRecord[]): readonly Line[] {
  return audit.filter(({ operation }) => operation !== "").map(
    ({ capability, operation, outcome, summary }) => [capability, operation, outcome, summary],
  );
}
