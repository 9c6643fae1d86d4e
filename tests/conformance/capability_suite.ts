/**
 * One table of requests, for every tier: what the guest is told, what is written down and what reaches
 * the servers must be the same whatever runs the guest. Called once for each tier.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Abi,
  type AuditRecord,
  CapabilityError,
  CapabilityRegistry,
  defineCapability,
  type Extension,
  ExtensionHost,
  type GrantOptions,
  type HostOptions,
  type LimitOptions,
  type NativeRegistry,
} from "../../mod.ts";
import {
  ASKS,
  grantsIn,
  type GuestAnswer,
  type GuestRequest,
  type Line,
  type Row,
  ROWS,
} from "./capability_rows.ts";
import { makeWorld, NAME, type World } from "./capability_world.ts";

/** One way to run the guest. */
export interface Tier {
  /** For the tests' names. */
  readonly title: string;
  /** Of the manifest, beside name and capabilities. */
  readonly manifest: { readonly [key: string]: unknown };
  /** Files of the extension, by path. */
  readonly files?: { readonly [path: string]: string | Uint8Array };
  readonly isolation?: "inline" | "worker" | "process";
  readonly abis?: readonly Abi[];
  readonly native?: NativeRegistry;
}

/** The export that every guest has: it makes a request and answers with what it was told. */
export const ASK = "ask";

/** Longer than a lane takes to start on a busy machine. */
const TIMEOUT_MS = 10_000;

interface Loaded extends AsyncDisposable {
  readonly extension: Extension;
  readonly audit: readonly AuditRecord[];
  ask(request: GuestRequest): Promise<GuestAnswer>;
}

/** Registers the tests of one tier. */
export function capabilitySuite(tier: Tier): void {
  for (const row of ROWS) {
    Deno.test(`${tier.title}: ${row.about}`, () => testRow(tier, row));
  }

  Deno.test(`${tier.title}: every decision of a load is written down`, async () => {
    await using world = await makeWorld();
    await using loaded = await load(tier, world);
    const decisions = loaded.audit.filter(({ operation }) => operation === "");
    assertEquals(decisions.map((record) => [...lineOf(record), record.by]), [
      ["net", "", "granted", `net=${world.granted}`, "grants"],
      ["fs", "", "granted", 'fs={"read":["data"],"write":["data"],"bytes":65536}', "grants"],
      ["sqlite", "", "granted", 'sqlite={"tables":{"notes":"rw","rates":"r"}}', "grants"],
      ["kv", "", "granted", 'kv={"bytes":1024}', "grants"],
      ["env", "", "granted", "env=AIRLOCK_CONFORMANCE", "grants"],
      ["extensions", "", "denied", "extensions=peer", "nobody"],
      ["http.serve", "", "granted", "http.serve=GET /notes/:id", "grants"],
      ["ws.serve", "", "granted", "ws.serve=/chat/room", "grants"],
      ["sse.serve", "", "granted", "sse.serve=/news", "grants"],
      [
        "run",
        "",
        "granted",
        `run={"executables":[["/bin/sh","-c","read word; test \\"$word\\" = milk"]]}`,
        "grants",
      ],
    ]);
    const { grants, digest, isolation } = loaded.extension;
    assertEquals(isolation, tier.isolation ?? "inline");
    assertEquals(["extensions", "pinger"].map((name) => grants.has(name)), [false, false]);
    assert(loaded.audit.every((record) => record.extension === NAME && record.digest === digest));
  });

  Deno.test(`${tier.title}: a load without a grant that it needs is denied`, async () => {
    await using world = await makeWorld();
    const { net: _, ...granted } = grantsIn(world) as { readonly net: unknown };
    const audit: AuditRecord[] = [];
    const error = await assertRejects(
      () => load(tier, world, { granted: granted as GrantOptions, audit }),
      CapabilityError,
    );
    assertEquals([error.code, error.capability, error.extension], ["denied", "net", NAME]);
    assertEquals(lineOf(firstOf(audit)), ["net", "", "denied", "net=HOSTS"]);
    assertEquals(firstOf(audit).by, "nobody");
    assertEquals(world.seen, []);
  });

  Deno.test(`${tier.title}: a load that asks for what nobody knows is refused`, async () => {
    await using world = await makeWorld();
    const error = await assertRejects(
      () => load(tier, world, { asks: [...ASKS, "teleport"] }),
      CapabilityError,
    );
    assertEquals([error.code, error.capability], ["missing-capability", "teleport"]);
  });
}

async function testRow(tier: Tier, row: Row): Promise<void> {
  await using world = await makeWorld();
  await using loaded = await load(tier, world, row.limits ? { limits: row.limits } : {});
  const { extension, audit } = loaded;
  const before = audit.length;
  for (const capability of row.revoked ?? []) extension.grants.revoke(capability);

  const answered = loaded.ask(row.request(world));
  if (row.revokesMidFlight) {
    await world.arrived;
    extension.grants.revoke("net");
  }
  assertEquals(await answered, row.answer(world));
  if (row.revokesMidFlight) await world.gone;

  // what an operator does is told, too; the table is about what the guest did
  const operations = audit.slice(before).filter(({ operation }) => operation !== "");
  assertEquals(operations.map(lineOf), row.audit(world));
  assertEquals(world.seen, row.seen?.(world) ?? []);
  for (const { time, ms, outcome } of operations) {
    assert(time > 0 && ms >= 0, `${time} ${ms}`);
    if (outcome === "allowed") assert(ms < TIMEOUT_MS);
  }
}

interface LoadWishes {
  readonly asks?: readonly unknown[];
  readonly granted?: GrantOptions;
  readonly limits?: LimitOptions;
  readonly audit?: AuditRecord[];
}

/** A capability of an embedder. */
const PINGER = defineCapability({
  name: "pinger",
  summary: "answers",
  parse: () => ({ ok: true, grant: {} }),
  operations: { ping: { params: [], callSync: () => "pong" } },
});

/** Loads the tier's guest from a real directory, as `loadDir` does. */
async function load(tier: Tier, world: World, wishes: LoadWishes = {}): Promise<Loaded> {
  const { asks = ASKS, granted = grantsIn(world), limits, audit = [] } = wishes;
  await world.directory.write({
    [`extensions/${NAME}/extension.json`]: { name: NAME, capabilities: asks, ...tier.manifest },
    ...Object.fromEntries(
      Object.entries(tier.files ?? {}).map(([path, content]) => [
        `extensions/${NAME}/${path}`,
        content,
      ]),
    ),
  });
  Deno.env.set("AIRLOCK_CONFORMANCE", "set");
  const options: HostOptions = {
    storageRoot: world.storage,
    capabilities: new CapabilityRegistry().gated(PINGER),
    grants: { [`${NAME}/`]: granted },
    limits: { timeoutMs: TIMEOUT_MS, ...limits },
    log: () => {},
    audit: (record) => void audit.push(record),
    ...tier.abis ? { abis: tier.abis } : {},
    ...tier.native ? { native: tier.native } : {},
    ...tier.isolation ? { isolation: tier.isolation } : {},
  };
  const host = new ExtensionHost(options);
  try {
    const found = await host.loadDir(world.extensions);
    for (const { error } of found.failures) throw error;
    const extension = found.get(NAME);
    assert(extension);
    return {
      extension,
      audit,
      ask: async (request) => asTable(await extension.call(ASK, request)),
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** An answer as the table writes it. Bytes have become text in the guest. */
function asTable(answer: unknown): GuestAnswer {
  const { code, capability, value } = answer as GuestAnswer;
  if (code !== "ok") return { code, capability };
  // what a program wrote is bytes, which not every tier's JSON shows alike
  if (typeof value === "object" && value !== null && "stdout" in value) {
    return { code, capability, value: { code: (value as { readonly code?: unknown }).code } };
  }
  const response = value as { readonly status?: number; readonly body?: unknown } | undefined;
  if (typeof response?.status !== "number") return { code, capability, value: value ?? undefined };
  return { code, capability, value: { status: response.status, body: response.body } };
}

function lineOf({ capability, operation, outcome, summary }: AuditRecord): Line {
  return [capability, operation, outcome, summary];
}

function firstOf(audit: readonly AuditRecord[]): AuditRecord {
  const [first] = audit;
  assert(first);
  return first;
}
