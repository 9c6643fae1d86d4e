/**
 * The rows of the capability suite that GoatKit plugins reach by their host calls. What goes wrong is
 * told to the log, in words, and written down like everybody's.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type AuditRecord, ExtensionHost, type LogRecord } from "../../mod.ts";
import { asker } from "../runtime/wasm/gk_guests.ts";
import { ASKS, grantsIn, type GuestRequest, type Line, type Row, ROWS } from "./capability_rows.ts";
import { makeWorld, NAME, type World } from "./capability_world.ts";

/** What the log says, by the code that guests with codes get. */
const WORDS: { readonly [code: string]: string } = {
  denied: "it is not granted",
  revoked: "its grant was revoked",
  quota: "quota",
  "not-possible": "Cannot run the SQL",
};

/** The host call of an operation. */
const CALLS: { readonly [operation: string]: string } = {
  "net.fetch": "http_request",
  "sqlite.query": "db_query",
  "sqlite.exec": "db_exec",
  "kv.set": "cache_set",
  "kv.get": "cache_get",
  "kv.delete": "cache_delete",
};

function argsOf({ operation, named }: GuestRequest): unknown {
  const { url, sql, key, value } = named;
  switch (operation) {
    case "net.fetch":
      return { url };
    case "sqlite.query":
    case "sqlite.exec":
      return { query: sql };
    default:
      return { key, ...value === undefined ? {} : { value: btoa(String(value)) } };
  }
}

/** The value of a row as this convention gives it. */
function answerOf({ operation }: Row, value: unknown): unknown {
  switch (operation) {
    case "net.fetch": {
      const { status, body } = value as { readonly status: number; readonly body: string };
      return { status, body: btoa(body) };
    }
    case "sqlite.query":
      return [{ text: "milk" }];
    default:
      return { ok: true };
  }
}

const rows = ROWS.filter(({ operation, about }) =>
  // a call that asks several times is another guest
  Object.hasOwn(CALLS, operation) && about !== "more operations than a call may have"
);

for (const row of rows) {
  Deno.test(`gk: ${row.about}`, async () => {
    await using world = await makeWorld();
    await using guest = await load(world);
    const { extension, audit, log } = guest;
    for (const capability of row.revoked ?? []) extension.grants.revoke(capability);
    const before = audit.length;
    const request = row.request(world);
    const payload = JSON.stringify(argsOf(request));
    const asked = extension.invoke(CALLS[row.operation] ?? "", payload);
    if (row.revokesMidFlight) {
      await world.arrived;
      extension.grants.revoke("net");
    }
    const text = new TextDecoder().decode(await asked);
    const expected = row.answer(world);
    if (expected.code === "ok") {
      assertEquals(JSON.parse(text), answerOf(row, expected.value));
      assertEquals(log, []);
    } else {
      assertEquals(text, "");
      assertEquals(log.map(({ extension, level }) => [extension, level]), [[NAME, "error"]]);
      assertStringIncludes(log[0]?.message ?? "", WORDS[expected.code] ?? "unheard of");
    }
    const operations = audit.slice(before).filter(({ operation, capability }) =>
      operation !== "" && capability !== "log"
    );
    assertEquals(operations.map(lineOf), row.audit(world));
    assertEquals(world.seen, row.seen?.(world) ?? []);
  });
}

async function load(world: World) {
  await world.directory.write({
    [`extensions/${NAME}/extension.json`]: {
      ...{ name: NAME, runtime: "wasm", module: "asker.wasm", capabilities: ASKS },
    },
    [`extensions/${NAME}/asker.wasm`]: asker().bytes,
  });
  Deno.env.set("AIRLOCK_CONFORMANCE", "set");
  const audit: AuditRecord[] = [];
  const log: LogRecord[] = [];
  const { pinger: _, ...granted } = grantsIn(world) as { readonly pinger?: unknown };
  const host = new ExtensionHost({
    storageRoot: world.storage,
    grants: { [`${NAME}/`]: granted },
    log: (record) => void log.push(record),
    audit: (record) => void audit.push(record),
  });
  const found = await host.loadDir(world.extensions);
  const extension = found.get(NAME);
  assert(extension, found.failures.map(({ error }) => String(error)).join());
  return { extension, audit, log, [Symbol.asyncDispose]: () => host.close() };
}

function lineOf({ capability, operation, outcome, summary }: AuditRecord): Line {
  return [capability, operation, outcome, summary];
}
