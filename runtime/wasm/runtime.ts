/** The WASM engine: from a manifest's module to instances that can be called. @module */

import { powers } from "../../capabilities/powers.ts";
import { closest } from "../../manifest/suggest.ts";
import type { Call, LoadRequest, Runtime, Traits } from "../contract.ts";
import { Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { WasiPowers } from "../wasi/contract.ts";
import { pooledRandom } from "../wasi/random.ts";
import type { Abi, ModuleShape } from "./abi/contract.ts";
import { KNOWN_ABIS, operationsOf } from "./abis.ts";
import {
  describeRefused,
  describeSurvey,
  NO_HOST_FUNCTIONS,
  type Survey,
  surveyModule,
} from "./describe.ts";
import { readDetails } from "./details.ts";
import { type Blueprint, type GuestInstance, startInstance } from "./instance.ts";
import { InstancePool } from "./instances.ts";
import { rawImportAsks } from "./raw_imports.ts";
import { WasmModule } from "./module.ts";
import { Program } from "./program.ts";
import { describeItself } from "./self_description.ts";

/** Options of {@linkcode wasmRuntime}. */
export interface WasmRuntimeOptions {
  /** Guest conventions beside the built-in ones, looked at after them. */
  readonly abis?: readonly Abi[];
  /** Clocks and randomness of the guests; default: the process's own. */
  readonly powers?: WasiPowers;
}

/** True of every module that is rewritten; one that comes compiled, or is trusted, stops itself. */
const TRAITS: Traits = Object.freeze({
  languages: ["wasm"],
  authority: "import object",
  loop: "hard",
  memory: "capped",
  crash: "contained",
  requires: [],
});

/** Most names that are compared to find the one that was meant. */
const COMPARED_NAMES = 1_000;
/** Host operations of a guest while it starts. */
const START_OPERATIONS = 1_000;

const PAGE_BYTES = 65_536;
/** Pages that 32-bit addresses reach: no guest has more, whatever it may. */
const ADDRESSED_PAGES = 65_536;

/** The engine for WebAssembly modules, inline. */
export function wasmRuntime(options: WasmRuntimeOptions = {}): Runtime {
  const abis = [...KNOWN_ABIS, ...options.abis ?? []];
  const guestPowers = options.powers ?? processPowers();
  return {
    name: "wasm",
    aliases: ["wazero"],
    isolation: "inline",
    traits: TRAITS,
    async describe(request) {
      const wasm = await readDetails(request);
      const details = wasm === undefined ? {} : { wasm };
      let survey: Survey;
      try {
        survey = await surveyModule(request, abis, guestPowers);
      } catch (error) {
        // without valid bytes there is nothing else to tell
        if (!(error instanceof Fault) || wasm === undefined) throw error;
        return { ...await describeRefused(request, error), ...details };
      }
      const { limits } = survey;
      const limited = wasm && limits !== request.limits
        ? { wasm: await readDetails({ ...request, limits }) ?? wasm }
        : details;
      const description = { ...describeSurvey(survey, request), ...limited };
      if (!request.ask || survey.problems.length > 0) return description;
      const { config } = request.manifest;
      try {
        const { described } = await askItself({ ...request, config }, survey, guestPowers);
        return described === undefined ? description : { ...description, described };
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        const message = `it does not say what it is: ${error.message}`;
        const issue = {
          severity: "error",
          path: "",
          message,
          file: request.source.modulePath,
        } as const;
        return { ...description, issues: [...description.issues, issue] };
      }
    },
    async load(request) {
      const survey = await surveyModule(request, abis, guestPowers);
      const { problems } = survey;
      if (problems.length > 0) {
        throw new Fault("unsupported", `its module does not fit: ${problems.join("; ")}`);
      }
      const { random } = request;
      const own = random === undefined ? guestPowers : { ...guestPowers, randomFill: random };
      return await start(request, survey, own);
    },
    async close() {},
  };
}

function processPowers(): WasiPowers {
  return {
    now: powers.now,
    monotonic: () => performance.now(),
    randomFill: pooledRandom(powers.randomFill),
  };
}

/** What instances of a surveyed module share, and what it says of itself where it can. */
async function askItself(
  request:
    & Pick<LoadRequest, "manifest" | "config" | "rawImports" | "signal">
    & Partial<Pick<LoadRequest, "hostFunctions">>,
  { compiled, shape, limits, choice: { abi } }: Survey,
  powers: WasiPowers,
) {
  const { module, added, linked } = compiled;
  const { config, rawImports = [] } = request;
  const operations = operationsOf(abi, shape);
  const environment = {
    limits,
    config,
    manifest: request.manifest,
    now: () => powers.now(),
    shape,
    rawImports,
    // What a guest says before its grants are decided binds it afterwards.
    kept: { init: undefined },
    hostFunctions: request.hostFunctions ?? NO_HOST_FUNCTIONS,
    unknownFunction: (name: string, why?: string) => unknownFunction(name, operations, why),
  };
  const linking = linked.length === 0 ? {} : { linking: { shape: compiled.shape, others: linked } };
  const described = await describeItself(
    { module, added, ...linking, abi, powers, environment },
    { ...request, limits },
  );
  return { operations, environment, linking, described };
}

async function start(
  request: LoadRequest,
  survey: Survey,
  guestPowers: WasiPowers,
): Promise<WasmModule> {
  const { compiled, shape, limits, choice: { abi } } = survey;
  const { module, added } = compiled;
  const { manifest, output, env, rawImports = [] } = request;
  const { operations, environment, linking, described } = await askItself(
    request,
    survey,
    guestPowers,
  );
  const implied = [...abi.implies?.(shape) ?? [], ...rawImportAsks(shape, rawImports)];
  const host = await request.admit(implied, described);
  request.signal?.throwIfAborted();
  const args = [manifest.name, ...request.args];
  const blueprint: Blueprint = {
    module,
    added,
    ...linking,
    abi,
    powers: guestPowers,
    program: () => new Program(args, env, output),
    environment: { ...environment, host },
  };
  const startCall = (signal?: AbortSignal): Call => ({
    deadline: performance.now() + limits.loadMs,
    signal,
    chain: [manifest.name],
    budget: { operations: START_OPERATIONS },
    fuel: limits.fuel,
  });
  let signal = request.signal;
  const pool = new InstancePool<GuestInstance>({
    create: () => startInstance(blueprint, startCall(signal)),
    destroy({ guest, session }) {
      guest.call = startCall();
      return session.close?.();
    },
    interrupt: ({ guest }, reason) => guest.interrupt(reason),
    kind: abi.instances,
    size: abi.instances === "one" ? 1 : limits.instances,
    queueMs: limits.queueMs,
  });
  if (!request.lazy) pool.keep(await pool.take());
  signal = undefined;
  return new WasmModule({
    name: manifest.name,
    runtime: manifest.runtime,
    abi: abi.name,
    exports: manifest.exports.length > 0 ? manifest.exports : operations,
    limits,
    pool,
    callsHostFunctions: abi.hostFunctions ?? false,
    operations,
    recycleBytes: abi.recycles ? memoryCap(compiled.shape, limits) / 2 : Infinity,
  });
}

/** Bytes that a guest's memory can grow to: its own maximum, where that is below the limit. */
function memoryCap(
  { memoryPages = ADDRESSED_PAGES }: ModuleShape,
  { memoryBytes }: Limits,
): number {
  return Math.min(memoryBytes, memoryPages * PAGE_BYTES);
}

function unknownFunction(name: string, operations: readonly string[], why?: string): Fault {
  if (why !== undefined) return new Fault("unknown-function", why);
  const hint = closest(name, operations.slice(0, COMPARED_NAMES));
  return new Fault(
    "unknown-function",
    `it exports no function "${name}"` + (hint === undefined ? "" : `; did you mean "${hint}"?`),
  );
}
