/** Tells what a WASM module shows by its bytes alone. @module */

import type { HostCalls } from "../../capabilities/host_calls.ts";
import type {
  DescribeRequest,
  GuestOutput,
  HostFunctions,
  LoadRequest,
  ModuleDescription,
  ModuleIssue,
} from "../contract.ts";
import { Fault } from "../errors.ts";
import type { WasiPowers } from "../wasi/contract.ts";
import type { Abi, AbiEnvironment, ModuleShape } from "./abi/contract.ts";
import { type AbiChoice, chooseAbi, exportProblems, operationsOf } from "./abis.ts";
import { type CompiledProgram, compileProgram } from "./compile.ts";
import { LiveGuest } from "./guest.ts";
import { linkedShape, linkProblems } from "./link.ts";
import { importProblems } from "./imports.ts";
import { bindImports } from "./instance.ts";
import { Program } from "./program.ts";
import { rawImportAsks } from "./raw_imports.ts";

/** Everything about a module that keeps it from loading, and what is known of it otherwise. */
export interface Survey {
  readonly compiled: CompiledProgram;
  /** The shape of the module and of those that are linked with it. */
  readonly shape: ModuleShape;
  readonly choice: AbiChoice;
  readonly problems: readonly string[];
}

/**
 * Compiles a module, finds its convention and checks its exports and imports.
 *
 * @throws {Fault} as `compileProgram` and `chooseAbi`.
 */
export async function surveyModule(
  { source, manifest, limits, metering, hostFunctions, rawImports = [], signal }:
    & DescribeRequest
    & Pick<LoadRequest, "hostFunctions">,
  abis: readonly Abi[],
  powers: WasiPowers,
): Promise<Survey> {
  const compiled = await compileProgram({ source, limits, metering, signal });
  const { linked } = compiled;
  const shape = linkedShape(compiled.shape, linked);
  const choice = chooseAbi(abis, shape, manifest.abi);
  const environment: AbiEnvironment = {
    host: NO_HOST,
    limits,
    config: manifest.config,
    shape,
    kept: { init: undefined },
    rawImports,
    hostFunctions: hostFunctions ?? NO_HOST_FUNCTIONS,
    unknownFunction: (name) => new Fault("unknown-function", name),
  };
  const guest = new LiveGuest(new Program([], {}, NO_OUTPUT), NO_CALL);
  const { tables } = bindImports(guest, { abi: choice.abi, environment, powers });
  const problems = [
    ...exportProblems(choice.abi, shape, manifest.exports),
    ...linkProblems(compiled.shape, linked),
    ...importProblems(shape, tables),
  ];
  return { compiled, shape, choice, problems };
}

/** What the survey of a module says to its reader. */
export function describeSurvey(
  { shape, choice: { abi, evidence }, problems }: Survey,
  { source, rawImports = [] }: DescribeRequest,
): ModuleDescription {
  const file = source.modulePath;
  const issues = problems.map((message): ModuleIssue => ({
    severity: "error",
    path: "",
    message,
    file,
  }));
  const raw = rawImportAsks(shape, rawImports);
  const implied = raw.length === 0 ? abi.implies?.(shape) : [...abi.implies?.(shape) ?? [], ...raw];
  return {
    abi: abi.name,
    evidence: [evidence],
    imports: shape.imports.map(({ module, name }) => `${module}.${name}`),
    exports: operationsOf(abi, shape),
    files: [file, ...source.linked?.map(({ path }) => path) ?? []].filter((path) => path !== ""),
    ...implied === undefined ? {} : { implied },
    issues,
  };
}

/** What guests call where no embedder offers anything. */
export const NO_HOST_FUNCTIONS: HostFunctions = { waits: false, find: () => undefined };

/** A guest that is only looked at has no host, prints nothing and is never called. */
const NO_HOST: HostCalls = {
  call: () => Promise.reject(new Fault("unsupported", "the guest is only described")),
  callSync: () => {
    throw new Fault("unsupported", "the guest is only described");
  },
  surface: [],
};
const NO_OUTPUT: GuestOutput = { stdout() {}, stderr() {} };
const NO_CALL = {
  deadline: 0,
  signal: undefined,
  chain: [],
  budget: { operations: 0 },
} as const;
