/** What a load does on the host's thread, wherever its guest runs afterwards. @module */

import { powers } from "../../capabilities/powers.ts";
import type { OfferedImport } from "../../capabilities/raw_import.ts";
import type { CapabilityAsk } from "../../manifest/manifest.ts";
import type { Call, LoadRequest } from "../contract.ts";
import { Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { WasiPowers } from "../wasi/contract.ts";
import { deterministicPowers } from "../wasi/deterministic.ts";
import { pooledRandom } from "../wasi/random.ts";
import type { Abi, ModuleShape } from "./abi/contract.ts";
import { type Survey, surveyModule } from "./describe.ts";
import { rawImportAsks } from "./raw_imports.ts";

/** Host operations of a guest while it starts. */
const START_OPERATIONS = 1_000;

const PAGE_BYTES = 65_536;
/** Pages that 32-bit addresses reach: no guest has more, whatever it may. */
const ADDRESSED_PAGES = 65_536;

/** Clocks and randomness of this process. */
export function processPowers(): WasiPowers {
  return {
    now: powers.now,
    monotonic: () => performance.now(),
    randomFill: pooledRandom(powers.randomFill),
  };
}

/** The powers of one extension's guests, as its operator wants them. */
export function powersFor(
  { random, deterministic }: Pick<LoadRequest, "random" | "deterministic">,
  usual: WasiPowers,
): WasiPowers {
  const own = deterministic === undefined ? usual : deterministicPowers(deterministic);
  return random === undefined ? own : { ...own, randomFill: random };
}

/**
 * A module that nothing keeps from loading.
 *
 * @throws {Fault} as `surveyModule`, and `unsupported` with all that does not fit.
 */
export async function fittingModule(
  request: LoadRequest,
  abis: readonly Abi[],
  powers: WasiPowers,
): Promise<Survey> {
  const survey = await surveyModule(request, abis, powers);
  const { problems } = survey;
  if (problems.length === 0) return survey;
  throw new Fault("unsupported", `its module does not fit: ${problems.join("; ")}`);
}

/** What a module without a list of capabilities asks for by its imports. */
export function impliedAsks(
  abi: Abi,
  shape: ModuleShape,
  rawImports: readonly OfferedImport[],
): readonly CapabilityAsk[] {
  return [...abi.implies?.(shape) ?? [], ...rawImportAsks(shape, rawImports)];
}

/** What a guest starts and ends under. */
export function callOfStart({ manifest, limits }: LoadRequest, signal?: AbortSignal): Call {
  return {
    deadline: performance.now() + limits.loadMs,
    signal,
    chain: [manifest.name],
    budget: { operations: START_OPERATIONS },
    fuel: limits.fuel,
  };
}

/** Bytes of memory beyond which an instance is replaced after its call. */
export function recycleBytes(
  { recycles }: Abi,
  { memoryPages = ADDRESSED_PAGES }: ModuleShape,
  { memoryBytes }: Limits,
): number {
  return recycles ? Math.min(memoryBytes, memoryPages * PAGE_BYTES) / 2 : Infinity;
}
