/**
 * The rows of the capability suite that a built-in WASM convention reaches: `net`, through
 * `host_http_request` of ApiQube guests. They are told in words, and written down like everybody.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { AuditRecord } from "../../mod.ts";
import { type Loaded, loadGuest, PROBES } from "../runtime/wasm/apiqube_guests.ts";
import { type Line, ROWS } from "./capability_rows.ts";
import { makeWorld, type World } from "./capability_world.ts";

/** What the guest is told, by the code that guests with codes get. */
const WORDS: { readonly [code: string]: string } = {
  denied: "it is not granted",
  revoked: "its grant was revoked",
};

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly error?: string;
}

const rows = ROWS.filter(({ operation }) => operation === "net.fetch");

for (const [language, directory] of Object.entries(PROBES)) {
  for (const row of rows) {
    Deno.test(`apiqube ${language}: ${row.about}`, async () => {
      await using world = await makeWorld();
      const audit: AuditRecord[] = [];
      await using guest = await load(directory, world, audit);
      for (const capability of row.revoked ?? []) guest.extension.grants.revoke(capability);
      const answered = fetchIn(guest, String(row.request(world).named["url"]));
      if (row.revokesMidFlight) {
        await world.arrived;
        guest.extension.grants.revoke("net");
      }
      const { status, body = "", error = "" } = await answered;
      const expected = row.answer(world);
      if (expected.code === "ok") {
        const text = new TextDecoder().decode(Uint8Array.fromBase64(body));
        assertEquals({ status, body: text }, expected.value);
      } else {
        assertEquals(status, 0);
        assertStringIncludes(error, WORDS[expected.code] ?? "unheard of");
      }
      assertEquals(linesOf(audit), row.audit(world));
      assertEquals(world.seen, row.seen?.(world) ?? []);
    });
  }

  Deno.test(`apiqube ${language}: a request without the net is refused and written down`, async () => {
    await using world = await makeWorld();
    const audit: AuditRecord[] = [];
    await using guest = await load(directory, world, audit, false);
    const { status, error = "" } = await fetchIn(guest, `http://${world.granted}/hello`);
    assertEquals(status, 0);
    assertStringIncludes(error, "it is not granted");
    // its import is there, unlike an operation of `airlock`, so that it can be tried
    assertEquals(linesOf(audit), [["net", "fetch", "denied", ""]]);
    assertEquals(world.seen, []);
  });
}

function load(
  directory: URL,
  { granted }: World,
  audit: AuditRecord[],
  isGranted = true,
): Promise<Loaded> {
  const grants = isGranted ? { net: { hosts: [granted] } } : {};
  return loadGuest(directory, { grants, limits: { timeoutMs: 10_000 } }, {
    audit: (record) => void audit.push(record),
  });
}

async function fetchIn(guest: Loaded, url: string): Promise<Answer> {
  return await guest.body(`http ${JSON.stringify({ url })}`) as Answer;
}

function linesOf(audit: readonly AuditRecord[]): readonly Line[] {
  return audit.filter(({ capability, operation }) => capability === "net" && operation !== "").map(
    ({ capability, operation, outcome, summary }) => [capability, operation, outcome, summary],
  );
}
