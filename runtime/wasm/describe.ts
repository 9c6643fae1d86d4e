/** Tells what a WASM module shows by its bytes alone. @module */

import type { HostCalls } from "../../capabilities/host_calls.ts";
import type {
  DescribedImport,
  DescribeRequest,
  GuestOutput,
  LoadRequest,
  ModuleDescription,
  ModuleIssue,
} from "../contract.ts";
import { Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { WasiPowers } from "../wasi/contract.ts";
import type { Abi, AbiEnvironment, ImportShape, ModuleShape } from "./abi/contract.ts";
import { type AbiChoice, chooseAbi, exportProblems, operationsOf } from "./abis.ts";
import { type CompiledProgram, compileProgram } from "./compile.ts";
import { LiveGuest } from "./guest.ts";
import { linkedShape, linkProblems } from "./link.ts";
import { answers, importProblems } from "./imports.ts";
import { bindImports } from "./instance.ts";
import { NO_HOST_FUNCTIONS } from "./no_host_functions.ts";
import { Program } from "./program.ts";
import { rawImportAsks } from "./raw_imports.ts";
import { shapeOf } from "./shape.ts";

/** Everything about a module that keeps it from loading, and what is known of it otherwise. */
export interface Survey {
  readonly compiled: CompiledProgram;
  /** The shape of the module and of those that are linked with it. */
  readonly shape: ModuleShape;
  readonly choice: AbiChoice;
  /** Those of the request, with the defaults of its convention. */
  readonly limits: Limits;
  readonly problems: readonly string[];
  /** Who answers each import. */
  readonly answers: readonly DescribedImport[];
}

/**
 * Compiles a module, finds its convention and checks its exports and imports.
 *
 * @throws {Fault} as `compileProgram` and `chooseAbi`.
 */
export async function surveyModule(
  request: DescribeRequest & Pick<LoadRequest, "hostFunctions">,
  abis: readonly Abi[],
  powers: WasiPowers,
): Promise<Survey> {
  const { manifest, hostFunctions, rawImports = [] } = request;
  let { limits } = request;
  let compiled = await compileProgram(request);
  let shape = linkedShape(compiled.shape, compiled.linked);
  const choice = chooseAbi(abis, shape, manifest.abi);
  const { defaults } = choice.abi;
  if (defaults !== undefined && request.refine !== undefined) {
    limits = request.refine(defaults);
    // The cap of the memory is written into the module.
    if (limits.memoryBytes !== request.limits.memoryBytes) {
      compiled = await compileProgram({ ...request, limits });
      shape = linkedShape(compiled.shape, compiled.linked);
    }
  }
  const { linked } = compiled;
  const environment: AbiEnvironment = {
    host: NO_HOST,
    limits,
    config: manifest.config,
    manifest,
    now: () => powers.now(),
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
  const capabilityOf = (wanted: ImportShape): string => {
    const alone = { ...shape, imports: [wanted] };
    const [ask] = [...choice.abi.implies?.(alone) ?? [], ...rawImportAsks(alone, rawImports)];
    return ask?.name ?? "";
  };
  const describeImport = (wanted: ImportShape, by?: "module"): DescribedImport => ({
    name: `${wanted.module}.${wanted.name}`,
    kind: wanted.kind,
    type: wanted.type,
    by: by ?? (answers(tables, wanted) ? "host" : "nobody"),
    capability: capabilityOf(wanted),
  });
  const linkedImports = compiled.shape.imports.filter((wanted) => !shape.imports.includes(wanted));
  return {
    compiled,
    shape,
    choice,
    limits,
    problems,
    answers: [
      ...shape.imports.map((wanted) => describeImport(wanted)),
      ...linkedImports.map((wanted) => describeImport(wanted, "module")),
    ],
  };
}

/** A module that cannot be loaded, as far as its bytes tell something: its features say why. */
export async function describeRefused(
  { source }: DescribeRequest,
  refusal: Fault,
): Promise<ModuleDescription> {
  const file = source.modulePath;
  const bytes = await source.read(file) as Uint8Array<ArrayBuffer>;
  const { imports, exports } = shapeOf(await WebAssembly.compile(bytes), undefined);
  return {
    evidence: [],
    imports: imports.map(({ module, name }) => `${module}.${name}`),
    exports: exports.filter(({ kind }) => kind === "function").map(({ name }) => name),
    files: [file],
    issues: [{ severity: "error", path: "", message: refusal.message, file }],
  };
}

/** What the survey of a module says to its reader. */
export function describeSurvey(
  { shape, choice: { abi, evidence }, limits, problems, answers }: Survey,
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
    ...abi.defaults === undefined ? {} : { limits },
    issues,
    answers,
  };
}

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
