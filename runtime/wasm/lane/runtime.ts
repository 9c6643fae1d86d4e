/** The WASM engine off the host's thread: compiled once, run in workers of ours without any permission. @module */

import type { LoadRequest, Module, Runtime, SelfDescription, Traits } from "../../contract.ts";
import { Fault } from "../../errors.ts";
import type { WasiPowers } from "../../wasi/contract.ts";
import {
  entryMissing,
  entryPermissions,
  WORKER_FLAGS,
  workerOptionsMissing,
} from "../../worker/requirements.ts";
import type { Abi, Kept } from "../abi/contract.ts";
import { KNOWN_ABIS, operationsOf } from "../abis.ts";
import type { Survey } from "../describe.ts";
import { describeModule } from "../describe_module.ts";
import { type LaneOptions, WasmLane } from "./lane.ts";
import type { LaneHost } from "./answers.ts";
import { LaneModule } from "./module.ts";
import { NearTrees } from "./trees.ts";
import type { LaneSetup } from "./wire.ts";
import { NO_HOST_FUNCTIONS } from "../no_host_functions.ts";
import {
  callOfStart,
  fittingModule,
  impliedAsks,
  powersFor,
  processPowers,
  recycleBytes,
} from "../prepare.ts";

/** Options of {@linkcode wasmLaneRuntime}. */
export interface WasmLaneRuntimeOptions {
  /** Guest conventions beside the built-in ones; those with a `lane` run here. */
  readonly abis?: readonly Abi[];
  /** Clocks and randomness of the guests, asked for by message; default: the lane's own. */
  readonly powers?: WasiPowers;
  /** See `HostOptions.workerOptions`. */
  readonly workerOptions?: boolean;
}

/** True of every module that is rewritten; one that comes compiled, or is trusted, stops itself. */
const TRAITS: Traits = Object.freeze({
  languages: Object.freeze(["wasm"]),
  authority: "import object, in a worker without Deno permissions",
  loop: "hard",
  memory: "capped",
  crash: "contained",
  requires: Object.freeze([
    "the unstable feature worker-options",
    "reading this package's files, where they are files",
  ]),
});

/** What workers run, but for conventions that bring their own. */
const LANE_ENTRY = new URL("./entry.ts", import.meta.url);

/** The engine for WebAssembly modules, in workers. */
export function wasmLaneRuntime(options: WasmLaneRuntimeOptions = {}): Runtime {
  const abis = [...KNOWN_ABIS, ...options.abis ?? []];
  const ownPowers = options.powers ?? processPowers();
  const missing = async () => [
    ...await workerOptionsMissing(options.workerOptions),
    ...await entryMissing(LANE_ENTRY),
  ];
  return {
    name: "wasm",
    aliases: ["wazero"],
    isolation: "worker",
    traits: TRAITS,
    missing,
    permissions: () => Promise.resolve([...WORKER_FLAGS, ...entryPermissions(LANE_ENTRY)]),
    describe: (request) => describeModule(request, abis, ownPowers),
    async load(request) {
      const lacks = await missing();
      if (lacks.length > 0) throw new Fault("unavailable", lacks.join("; or "));
      const survey = await fittingModule(request, abis, ownPowers);
      // what is the same in every run is made in the lane, anew for each instance
      const isOwn = options.powers !== undefined && request.deterministic === undefined;
      const asksPowers = { random: request.random !== undefined || isOwn, clock: isOwn };
      return await load(request, survey, powersFor(request, ownPowers), asksPowers);
    },
    async close() {},
  };
}

async function load(
  request: LoadRequest,
  survey: Survey,
  powers: WasiPowers,
  asksPowers: LaneSetup["asksPowers"],
): Promise<Module> {
  const { manifest, signal, rawImports = [] } = request;
  const { shape, limits, choice: { abi } } = survey;
  const trees = new NearTrees(request.memoryFiles);
  const host: { -readonly [name in keyof LaneHost]: LaneHost[name] } = {
    calls: NO_CALLS,
    functions: request.hostFunctions ?? NO_HOST_FUNCTIONS,
    rawImports,
    powers,
    output: request.output,
    trees,
  };
  const lane: LaneOptions = {
    entry: entryOf(abi),
    setup: { ...setupOf(request, survey), trees: trees.names, asksPowers },
    host,
  };
  const startCall = (signal?: AbortSignal) => callOfStart(request, signal);
  let first: WasmLane | undefined;
  let module: LaneModule | undefined;
  try {
    let described: SelfDescription | undefined;
    let kept: Kept | undefined;
    if (abi.selfDescribing) {
      first = new WasmLane(lane);
      const outcome = await first.run({ kind: "describe" }, startCall(signal));
      if (!outcome.result.ok) throw outcome.result.error;
      described = outcome.result.value as SelfDescription;
      kept = outcome.kept;
    }
    host.calls = await request.admit(impliedAsks(abi, shape, rawImports), described);
    signal?.throwIfAborted();
    const operations = operationsOf(abi, shape);
    module = new LaneModule(
      {
        name: manifest.name,
        runtime: manifest.runtime,
        abi: abi.name,
        instances: abi.instances,
        exports: manifest.exports.length > 0 ? manifest.exports : operations,
        limits,
        callsHostFunctions: abi.hostFunctions ?? false,
        operations,
        lane,
        startCall,
      },
      first,
      kept,
    );
    if (!request.lazy) await module.start(signal);
    return module;
  } catch (error) {
    // What failed the load is told, not that its lane is stuck as well.
    await (module ?? first)?.close().catch(() => {});
    throw error;
  }
}

/** The module that knows the convention. */
function entryOf({ name, lane }: Abi): URL {
  if (lane !== undefined) return lane;
  if (KNOWN_ABIS.some((known) => known.name === name)) return LANE_ENTRY;
  throw new Fault(
    "unsupported",
    `its guest convention "${name}" runs inline only: it names no lane for workers`,
  );
}

function setupOf(
  { manifest, config, output, args, env, deterministic, rawImports = [] }: LoadRequest,
  { compiled, shape, limits, choice: { abi } }: Survey,
): Omit<LaneSetup, "control" | "asksPowers" | "trees"> {
  const { module, added, linked } = compiled;
  const { stdout, stderr, stdin } = output.streams ?? {};
  return {
    ...{ manifest, module, added },
    linking: linked.length === 0 ? undefined : { shape: compiled.shape, others: linked },
    abi: abi.name,
    shape,
    limits,
    config,
    args: [manifest.name, ...args],
    env,
    streams: {
      stdout: stdout !== undefined,
      stderr: stderr !== undefined,
      stdin: stdin !== undefined,
    },
    deterministic,
    raw: rawImports
      .filter((one) =>
        shape.imports.some(({ module, name }) => one.module === module && one.name === name)
      )
      .map(({ module, name, definition: { params, results } }) => ({
        ...{ module, name, params, results },
      })),
    recycleBytes: recycleBytes(abi, compiled.shape, limits),
  };
}

/** Before anything is granted there is nothing to ask. */
const NO_CALLS: LaneHost["calls"] = {
  call: () => Promise.reject(new Fault("unsupported", "nothing is granted yet")),
  callSync: () => {
    throw new Fault("unsupported", "nothing is granted yet");
  },
  surface: [],
};
