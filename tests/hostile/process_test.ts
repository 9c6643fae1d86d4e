/** Lanes that are another program than ours: what they say is believed in nothing, and what they flood is ended. @module */

import { assert, assertEquals } from "@std/assert";
import { CapabilityError, ExtensionError, ExtensionHost, standardErrorLog } from "../../mod.ts";
import type { LoadRequest, Runtime } from "../../runtime/contract.ts";
import { Fault } from "../../runtime/errors.ts";
import { openProcessLane } from "../../runtime/process/lane.ts";
import { V8GO } from "../../runtime/script/dialect.ts";
import { openGraph } from "../../runtime/script/graph.ts";
import { ScriptModule } from "../../runtime/script/module.ts";
import { jsRuntimes } from "../../runtime/script/runtime.ts";
import { Session, type SessionSetup } from "../../runtime/script/session.ts";
import { openStripper } from "../../runtime/script/strip.ts";
import type { LaneEvents } from "../../runtime/script/wire.ts";
import { openWorkerLane } from "../../runtime/worker/lane.ts";
import { cpuUse } from "../cpu_use.ts";
import { type HostileLane, hostileProgram } from "./process/lane.ts";

const ATTACKERS = new URL("./process/", import.meta.url);
const PLACES = ["worker", "process"] as const;
type Place = typeof PLACES[number];

const TIMEOUT_MS = 600;
/** What ending a lane may take on a busy machine. */
const PATIENCE_MS = 10_000;

/** One lane that attacks. */
interface Attacker {
  readonly name: string;
  readonly ends: readonly string[];
  readonly attack: (lane: HostileLane) => void;
}

/** Attacks that a thread cannot do, and floods without an end, which it can: see limits.ts. */
const PROCESS_ONLY: readonly string[] = [
  "deaf.ts",
  "errors_flood.ts",
  "log_flood.ts",
  "prints.ts",
  "strays_flood.ts",
];

async function attackers(): Promise<readonly Attacker[]> {
  const all: Attacker[] = [];
  for await (const { name } of Deno.readDir(ATTACKERS)) {
    if (name === "lane.ts" || name === "worker_lane.ts") continue;
    all.push({ name, ...await import(new URL(name, ATTACKERS).href) });
  }
  return all.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The engine, but for what is at the other end of its lanes. */
function hostileRuntime(place: Place, { name, attack }: Attacker, located: () => void): Runtime {
  const base = jsRuntimes().find(({ isolation }) => isolation === place);
  assert(base);
  const entry = new URL(`worker_lane.ts?attack=${name.slice(0, -3)}`, ATTACKERS);
  const program = hostileProgram(attack);
  return {
    ...base,
    name: "hostile",
    aliases: [],
    async load(request: LoadRequest) {
      const { limits, config, output, source, signal } = request;
      const setup: SessionSetup = {
        name: request.manifest.name,
        graph: await openGraph(source, openStripper()),
        files: [],
        limits,
        config,
        dialect: V8GO,
        openLane: (events: LaneEvents) =>
          place === "worker"
            ? openWorkerLane(entry, events)
            : openProcessLane({ ...limits, program }, events),
        printed: (line) => output.stderr(line),
        locate() {
          located();
          return Promise.resolve(undefined);
        },
      };
      const session = new Session(setup);
      try {
        await session.link(signal);
        const host = await request.admit();
        await session.evaluate(host, signal);
        return new ScriptModule(request, setup, host, session);
      } catch (error) {
        void session.kill(error instanceof Fault ? error : new Fault("lost"));
        throw error;
      }
    },
  };
}

async function endOf(run: () => Promise<unknown>): Promise<string> {
  try {
    const value = await run();
    return value === "forged" || typeof value === "number" ? `forged ${value}` : "value";
  } catch (error) {
    if (error instanceof ExtensionError || error instanceof CapabilityError) return error.code;
    throw error;
  }
}

async function withstand(place: Place, attacker: Attacker): Promise<void> {
  let log = "";
  let located = 0;
  const granted: string[] = [];
  const host = new ExtensionHost({
    runtimes: [hostileRuntime(place, attacker, () => located++)],
    log: standardErrorLog((line) => void (log += line)),
    audit: ({ outcome, capability }) => void (outcome === "allowed" && granted.push(capability)),
    limits: { loadMs: 2_000 },
  });
  try {
    const files = { "index.js": "function ping() { return 'pong' }" };
    const victim = await host.load({
      manifest: { name: "victim", runtime: "quickjs", module: "index.js" },
      files,
    });
    const end = await endOf(async () => {
      const loaded = await host.load({
        manifest: {
          name: "attacker",
          runtime: "hostile",
          module: "index.js",
          capabilities: ["var"],
        },
        files,
      }, { limits: { timeoutMs: TIMEOUT_MS } });
      const first = await endOf(() => loaded.call("ping", "first"));
      if (first !== "value") assertEquals(first, await endOf(() => loaded.call("ping", "second")));
      return first === "value"
        ? 0
        : Promise.reject(new ExtensionError(new Fault(first as "lost"), "x"));
    });
    const ended = end === "forged 0" ? "value" : end;
    assert(attacker.ends.includes(ended), `it ended with ${ended}`);
    // Whatever it goes on with, the host has time for others, and soon has all of it.
    for (let i = 0; i < 10; i++) {
      const start = performance.now();
      assertEquals(await victim.call("ping"), "pong");
      assert(performance.now() - start < 1_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    let use = 1;
    for (let look = 0; use > 0.3 && look < 40; look++) use = await cpuUse(100);
    assert(use <= 0.3, `the host is still busy: ${use}`);
    assert(located <= 1, `it was looked ${located} times where the error is`);
    assertEquals(granted.filter((capability) => capability !== "var" && capability !== "log"), []);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(log), "it wrote control characters");
    assert(!/^\w+ \[victim\]/m.test(log), "it wrote in another's name");
    assert(log.length < 1024 * 1024, `it wrote ${log.length} characters`);
  } finally {
    const start = performance.now();
    // A thread that floods is stopped, but nobody can hear that it was: that is said.
    const failure = await endOf(() => host.close());
    assert(failure === "value" || (place === "worker" && failure === "lane-leaked"), failure);
    assert(performance.now() - start < PATIENCE_MS);
  }
}

const all = await attackers();

Deno.test({
  name: "hostile 63: a lane that is another program than ours",
  // a worker that never says that it has ended keeps its port: that is what it is reported for
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    for (const place of PLACES) {
      for (const attacker of all) {
        if (place === "worker" && PROCESS_ONLY.includes(attacker.name)) continue;
        await t.step({
          name: `${attacker.name} against ${place}`,
          sanitizeOps: false,
          sanitizeResources: false,
          fn: () => withstand(place, attacker),
        });
      }
    }
  },
});
