/**
 * What the one door costs: a decision, a denial, an allowed operation, and an audit that nobody listens to.
 * Run: `deno run -A bench/broker.ts` (with `--json` for a machine)
 *
 * @module
 */

import { ExtensionHost, NativeRegistry } from "@airlock/host";
import {
  type Broker,
  CapabilityRegistry,
  defineCapability,
  type HostCallOptions,
  openBroker,
  resolveGrants,
} from "@airlock/host/capabilities";
import { valueBytes } from "../capabilities/byte_size.ts";
import { OperationQuota } from "../capabilities/quota.ts";
import { table } from "../examples/table.ts";
import { type Candidate, measure } from "./measure.ts";

/** What is asked for in every row: what it does itself must be next to nothing. */
const BOX = defineCapability<{ readonly names: readonly string[] }, Map<string, string>>({
  name: "box",
  summary: "gives what is in it",
  parse: (args) => ({ ok: true, grant: { names: args["names"] as readonly string[] } }),
  setup: () => new Map([["a", "1"]]),
  operations: {
    get: {
      params: ["name"],
      outside: ({ name }, { names }) =>
        names.includes(String(name)) ? undefined : { names: [String(name)] },
      callSync: ({ name }, { state }) => state.get(String(name)),
    },
  },
});
const registry = new CapabilityRegistry().gated(BOX);
const GRANT = { names: ["a", "b"] };
const ALLOWED = { name: "a" };
const DENIED = { name: "z" };
/** Argument bytes of one operation, as the broker caps them. */
const PAYLOAD_BYTES = 16 * 1024 * 1024;

/** Options as a call of a guest has them; its budget never ends. */
const CALL: HostCallOptions = {
  deadline: Infinity,
  chain: Object.freeze(["bench"]),
  budget: { operations: Number.MAX_SAFE_INTEGER },
};

function open(audit?: (record: unknown) => void): Promise<Broker> {
  return openBroker({
    extension: { name: "bench", version: "1.0.0", digest: "" },
    grants: resolveGrants({
      extension: "bench",
      asks: [{ name: "box", args: {}, optional: false, reason: "" }],
      granted: { box: GRANT },
      registry,
    }),
    ...audit ? { audit } : {},
  });
}

/** Runs `once` n times. */
function repeat(name: string, once: () => unknown): Candidate {
  return {
    name,
    run(n) {
      for (let i = 0; i < n; i++) once();
    },
  };
}

function thrown(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).name;
  }
  throw new TypeError("Expected a denial: nothing was thrown");
}

await using off = await open();
let records = 0;
await using on = await open(() => void records++);

const state = new Map([["a", "1"]]);
const context = {
  extension: { name: "bench", version: "1.0.0", digest: "" },
  grant: GRANT,
  state,
  signal: undefined,
  chain: [],
};
const { callSync: operate, outside } = BOX.operations["get"] ?? {};
if (!operate || !outside) throw new TypeError("The operation is not there");
const bare = () => operate(ALLOWED, context);

/** What the broker checks, written down by hand with no audit in it: what "audit off" is held against. */
const doors = new Map([["box.get", { operate, outside, context }]]);
const quota = new OperationQuota(100_000);
function byHand(): unknown {
  const door = doors.get("box.get");
  if (!door || !quota.spend(CALL.budget)) throw new TypeError("refused");
  CALL.signal?.throwIfAborted();
  if (valueBytes(ALLOWED, PAYLOAD_BYTES) > PAYLOAD_BYTES) throw new TypeError("too large");
  if (door.outside(ALLOWED, door.context.grant) !== undefined) throw new TypeError("denied");
  return door.operate(ALLOWED, { ...door.context, signal: CALL.signal, chain: CALL.chain ?? [] });
}

// guests inside a real host: their own JavaScript asks and catches; an error costs more on a deep stack
const native = new NativeRegistry()
  .register("guest:allowed", (payload, { airlock }) => {
    const get = airlock["box"]?.["get"];
    for (let left = Number(new TextDecoder().decode(payload)); left > 0; left--) get?.("a");
    return "";
  })
  .register("guest:denied", (payload, { airlock }) => {
    const get = airlock["box"]?.["get"];
    for (let left = Number(new TextDecoder().decode(payload)); left > 0; left--) {
      thrown(() => get?.("z"));
    }
    return "";
  })
  .register("guest:later", async (payload, { airlock }) => {
    const get = airlock["box"]?.["get"];
    await Promise.resolve();
    for (let left = Number(new TextDecoder().decode(payload)); left > 0; left--) {
      thrown(() => get?.("z"));
    }
    return "";
  })
  .register("guest:error", (payload) => {
    for (let left = Number(new TextDecoder().decode(payload)); left > 0; left--) {
      thrown(() => {
        throw new TypeError("no");
      });
    }
    return "";
  });
await using host = new ExtensionHost({
  native,
  capabilities: registry,
  limits: { operations: null, timeoutMs: null },
});
const guest = await host.load({
  manifest: { name: "guest", runtime: "native", capabilities: ["box"] },
}, { grants: { box: GRANT } });
const script = await host.load({
  manifest: { name: "script", runtime: "quickjs", module: "s.js", capabilities: ["box"] },
  files: {
    "s.js": `export async function denied(n) {
      for (; n > 0; n--) try { await airlock.box.get("z"); } catch {}
    }`,
  },
}, { grants: { box: GRANT } });

/** Two of one kind show what differs by chance. */
const AGAIN = "checks by hand, again";
const measured = await measure([
  repeat("bare operation", bare),
  repeat("checks by hand", byHand),
  repeat(AGAIN, byHand),
  repeat("broker, audit off", () => off.calls.callSync("box.get", ALLOWED, CALL)),
  repeat("broker, audit on", () => on.calls.callSync("box.get", ALLOWED, CALL)),
  repeat("refusal, nothing thrown", () => off.calls.refused?.("net.fetch")),
  repeat("denial thrown", () => thrown(() => off.calls.callSync("box.get", DENIED, CALL))),
  { name: "native guest, allowed", run: (n) => void guest.invokeSync("allowed", String(n)) },
  { name: "native guest, denied", run: (n) => void guest.invokeSync("denied", String(n)) },
  {
    name: "native guest, denied after an await",
    run: async (n) => void await guest.invoke("later", String(n)),
  },
  { name: "native guest, error of its own", run: (n) => void guest.invokeSync("error", String(n)) },
  { name: "QuickJS guest, denied", run: async (n) => void await script.call("denied", n) },
]);
const micros = (name: string): number => measured.find((one) => one.name === name)?.micros ?? NaN;
const above = (name: string, base: string) => micros(name) - micros(base);

/** By chance two runs of the same differ by this much, and a little more in the next run. */
const NOISE_FACTOR = 3;
/** Less than this, in µs, is below what the clock of a busy machine tells. */
const NOISE_FLOOR = 0.05;
const noise = Math.max(NOISE_FLOOR, NOISE_FACTOR * Math.abs(above(AGAIN, "checks by hand")));

interface Goal {
  readonly goal: string;
  readonly micros: number;
  readonly below: number;
}

const goals: readonly Goal[] = [
  {
    goal: "decision: broker without the operation",
    micros: above("broker, audit off", "bare operation"),
    below: 1,
  },
  { goal: "decision: refusal", micros: micros("refusal, nothing thrown"), below: 1 },
  { goal: "denial thrown into JavaScript", micros: micros("native guest, denied"), below: 5 },
  {
    goal: "the same after an await",
    micros: micros("native guest, denied after an await"),
    below: 5,
  },
  {
    goal: "allowed inline operation above the bare one",
    micros: above("native guest, allowed", "bare operation"),
    below: 2,
  },
  {
    goal: "audit off above the checks by hand",
    micros: above("broker, audit off", "checks by hand"),
    below: noise,
  },
];

if (records === 0) throw new TypeError("The audit heard of nothing");
if (Deno.args.includes("--json")) {
  const judged = goals.map((each) => ({ ...each, met: each.micros < each.below }));
  console.log(JSON.stringify({ title: "broker", measurements: measured, goals: judged }));
} else {
  const rows = measured.map(({ name, micros }) => [name, micros.toFixed(3)]);
  console.log(`One operation of one extension\n${table(["", "median µs"], rows)}`);
  const judged = goals.map(({ goal, micros, below }) => [
    goal,
    micros.toFixed(3),
    `< ${below.toFixed(2)}`,
    micros < below ? "yes" : "NO",
  ]);
  console.log(`\n${table(["goal", "µs", "wanted", "met"], judged)}`);
}
