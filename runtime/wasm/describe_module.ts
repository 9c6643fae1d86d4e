/** Tells what a WASM module is: by its bytes, and by its own words where it may say them. @module */

import type {
  DescribeRequest,
  LoadRequest,
  ModuleDescription,
  SelfDescription,
} from "../contract.ts";
import { Fault } from "../errors.ts";
import type { WasiPowers } from "../wasi/contract.ts";
import type { Abi } from "./abi/contract.ts";
import { operationsOf } from "./abis.ts";
import { describeRefused, describeSurvey, type Survey, surveyModule } from "./describe.ts";
import { readDetails } from "./details.ts";
import type { Blueprint } from "./instance.ts";
import { NO_HOST_FUNCTIONS } from "./no_host_functions.ts";
import { describeItself } from "./self_description.ts";
import { unknownFunction } from "./unknown_function.ts";

/** What a reader of the module may know. */
export async function describeModule(
  request: DescribeRequest,
  abis: readonly Abi[],
  guestPowers: WasiPowers,
): Promise<ModuleDescription> {
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
}

/** What the instances of a module share before anything is granted. */
export interface Asked {
  readonly operations: readonly string[];
  readonly environment: Omit<Blueprint["environment"], "host">;
  readonly linking: Pick<Blueprint, "linking">;
  readonly described: SelfDescription | undefined;
}

/** What instances of a surveyed module share, and what it says of itself where it can. */
export async function askItself(
  request:
    & Pick<LoadRequest, "manifest" | "config" | "rawImports" | "signal">
    & Partial<Pick<LoadRequest, "hostFunctions">>,
  { compiled, shape, limits, choice: { abi } }: Survey,
  powers: WasiPowers,
): Promise<Asked> {
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
    { name: request.manifest.name, limits, signal: request.signal },
  );
  return { operations, environment, linking, described };
}
