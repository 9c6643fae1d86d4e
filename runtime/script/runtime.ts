/** The `js` engine: untrusted JavaScript and TypeScript in V8, in a worker and in a child process. @module */

import type { DirectGrants, Isolation, LoadRequest, Module, Runtime, Traits } from "../contract.ts";
import { withDeadline } from "../deadline.ts";
import { Fault } from "../errors.ts";
import { openProcessLane } from "../process/lane.ts";
import { ProcessPool } from "../process/pool.ts";
import { processMissing, processNotes, processPermissions } from "../process/requirements.ts";
import { openWorkerLane } from "../worker/lane.ts";
import {
  entryMissing,
  entryPermissions,
  WORKER_FLAGS,
  workerOptionsMissing,
} from "../worker/requirements.ts";
import { describeScript } from "./describe.ts";
import { V8GO } from "./dialect.ts";
import { collectGraph, openGraph } from "./graph.ts";
import { ScriptModule } from "./module.ts";
import { Session, type SessionSetup } from "./session.ts";
import { openStripper, type Stripper, stripPermissions } from "./strip.ts";
import type { Head, Lane, LaneEvents } from "./wire.ts";

/** Options of {@linkcode jsRuntimes}. */
export interface JsOptions {
  /**
   * Whether workers of this process may be given permissions, where that is known better than it
   * can be found out. A wrong `true` ends the whole process with code 70.
   */
  readonly workerOptions?: boolean;
  /** Child processes kept ready for the next guest; default: none. */
  readonly warmProcesses?: number;
}

/** What differs between the two places. */
interface Tier {
  readonly isolation: Isolation;
  readonly traits: Traits;
  missing(): Promise<readonly string[]>;
  notes(): Promise<readonly string[]>;
  permissions(): Promise<readonly string[]>;
  openLane(events: LaneEvents, request: LoadRequest, flags?: readonly string[]): Lane;
  /** Ends what it keeps ready. */
  close?(): Promise<void>;
}

/** What workers run. */
const LANE_WORKER = new URL("./lane_worker.ts", import.meta.url);

const LANGUAGES = Object.freeze(["js", "ts"]);

/**
 * The engine in both places, under the same name: a registry takes the one that is strong enough.
 */
export function jsRuntimes(options: JsOptions = {}): readonly Runtime[] {
  const worker: Tier = {
    isolation: "worker",
    traits: Object.freeze({
      languages: LANGUAGES,
      authority: "fresh context in a worker without Deno permissions",
      loop: "guarded",
      memory: "best-effort",
      crash: "host",
      requires: Object.freeze([
        "the unstable feature worker-options",
        "reading this package's files, where they are files",
      ]),
    }),
    missing: async () => [
      ...await workerOptionsMissing(options.workerOptions),
      ...await entryMissing(LANE_WORKER),
    ],
    notes: () => Promise.resolve([]),
    permissions: () => Promise.resolve([...WORKER_FLAGS, ...entryPermissions(LANE_WORKER)]),
    openLane: (events, _, flags) => openWorkerLane(LANE_WORKER, events, flags),
  };
  const pool = new ProcessPool(options.warmProcesses ?? 0);
  const process: Tier = {
    isolation: "process",
    traits: Object.freeze({
      languages: LANGUAGES,
      authority: "fresh context in a process without Deno permissions",
      loop: "hard",
      memory: "capped",
      crash: "contained",
      requires: Object.freeze(["--allow-run for the Deno executable"]),
    }),
    missing: processMissing,
    notes: processNotes,
    permissions: processPermissions,
    openLane(events, { limits: { memoryBytes, payloadBytes } }, flags) {
      const limits = { memoryBytes, payloadBytes };
      // a child with a right of its own is nobody else's
      return flags ? openProcessLane({ ...limits, flags }, events) : pool.open(events, limits);
    },
    close: () => pool.close(),
  };
  return [runtimeOf(worker), runtimeOf(process)];
}

/** How long a failed load and the end of the engine wait for a lane to stand still. */
const END_MS = 500;

function runtimeOf(tier: Tier): Runtime {
  let stripper: Stripper | undefined;
  /** Lanes of failed loads that have not ended yet. */
  const ending = new Set<Promise<void>>();

  async function discard(session: Session, error: unknown): Promise<void> {
    const reason = error instanceof Fault ? error : new Fault("lost", "", { cause: error });
    const end = session.kill(reason).finally(() => ending.delete(end));
    ending.add(end);
    await settledWithin(END_MS, [end]);
  }

  async function load(request: LoadRequest): Promise<Module> {
    const missing = await tier.missing();
    if (missing.length > 0) throw new Fault("unavailable", missing.join("; or "));
    const { source, limits, config, output, signal } = request;
    const strip = stripper ??= openStripper();
    const graph = await openGraph(source, strip);
    const files = graph.entry.kind === "commonjs" ? [...(await collectGraph(graph)).values()] : [];
    const setup: SessionSetup = {
      name: request.manifest.name,
      graph,
      files,
      limits,
      config,
      dialect: V8GO,
      openLane: (events) => tier.openLane(events, request),
      printed: (line) => output.stderr(line),
      clock: request.clock,
      random: request.random,
      locate: (text) => strip.locate(text),
    };
    let session = new Session(setup);
    try {
      await session.link(signal);
      graph.seal();
      const host = await request.admit();
      const direct = request.direct?.();
      let final = setup;
      if (direct) {
        // rights are given when a lane starts, and known only now
        await discard(session, new Fault("closed"));
        final = {
          ...setup,
          direct: headOf(request.manifest.name, direct),
          openLane: (events) => tier.openLane(events, request, direct.permissions),
        };
        session = new Session(final);
        await session.link(signal);
      }
      await session.evaluate(host, signal);
      return new ScriptModule(request, final, host, session);
    } catch (error) {
      await discard(session, error);
      throw error;
    }
  }

  return Object.freeze<Runtime>({
    name: "js",
    aliases: Object.freeze(["worker", "v8go"]),
    isolation: tier.isolation,
    traits: tier.traits,
    missing: () => tier.missing(),
    permissions: async (files) => [...await tier.permissions(), ...stripPermissions(files)],
    describe: describeScript,
    direct: DIRECT,
    load,
    async close() {
      stripper?.close();
      stripper = undefined;
      await tier.close?.();
      await settledWithin(END_MS, ending);
      if (ending.size > 0) throw new Fault("lane-leaked");
    },
  });
}

/** What a lane can do itself. */
const DIRECT: readonly string[] = Object.freeze(["net"]);

function headOf(extension: string, { grants }: DirectGrants): Head {
  const { hosts } = grants["net"] ?? {};
  return { extension, ...Array.isArray(hosts) && { hosts } };
}

/** Waits for `promises`, but not for ever; says nothing about how they ended. */
async function settledWithin(ms: number, promises: Iterable<Promise<void>>): Promise<void> {
  const limit = { deadline: performance.now() + ms, signal: undefined };
  await withDeadline(Promise.allSettled(promises), limit).catch(() => {});
}
