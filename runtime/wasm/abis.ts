/** Which guest convention a module follows: looked at, never guessed. @module */

import { closest } from "../../manifest/suggest.ts";
import { Fault } from "../errors.ts";
import { apiqubeAbi } from "./abi/apiqube.ts";
import { baseAbi } from "./abi/base.ts";
import type { Abi, ExportNeed, ModuleShape } from "./abi/contract.ts";
import { extismAbi } from "./abi/extism.ts";
import { gkAbi } from "./abi/gk.ts";
import { hookrAbi } from "./abi/hookr.ts";
import { pulpAbi } from "./abi/pulp.ts";
import { wapcAbi } from "./abi/wapc.ts";
import { wasiAbi } from "./abi/wasi.ts";

/** The conventions this library knows, in the order they are reported. */
export const KNOWN_ABIS: readonly Abi[] = [
  baseAbi,
  hookrAbi,
  wapcAbi,
  apiqubeAbi,
  gkAbi,
  pulpAbi,
  extismAbi,
  wasiAbi,
];

/** A convention and why it was chosen. */
export interface AbiChoice {
  readonly abi: Abi;
  /** In words: what was seen, or that the manifest says so. */
  readonly evidence: string;
}

/** How many names a report lists: a module may export 100,000. */
const LISTED_NAMES = 24;

/**
 * Chooses the convention of a module: the one a manifest names, else the only one that fits.
 *
 * @throws {Fault} `unsupported` when none or several fit, or `wanted` is no convention.
 */
export function chooseAbi(
  abis: readonly Abi[],
  shape: ModuleShape,
  wanted: string | undefined,
): AbiChoice {
  const { abi, evidence } = chooseName(abis, shape, wanted);
  return { abi: formOf(abi, shape), evidence };
}

/** The form of a convention that a module needs. */
export function formOf(abi: Abi, shape: ModuleShape): Abi {
  return abi.variant?.(shape) ?? abi;
}

function chooseName(
  abis: readonly Abi[],
  shape: ModuleShape,
  wanted: string | undefined,
): AbiChoice {
  if (wanted !== undefined) return named(abis, wanted);
  const fitting: AbiChoice[] = [];
  for (const abi of abis) {
    const evidence = abi.detect(shape);
    if (evidence !== undefined) fitting.push({ abi, evidence });
  }
  const certain = fitting.filter(({ abi }) => !abi.fallback);
  const left = certain.length > 0 ? certain : fitting;
  const [only] = left;
  if (only !== undefined && left.length === 1) return only;
  throw new Fault("unsupported", only === undefined ? noneFits(abis, shape) : severalFit(left));
}

function named(abis: readonly Abi[], wanted: string): AbiChoice {
  const abi = abis.find(({ name }) => name === wanted);
  if (abi !== undefined) return { abi, evidence: "the manifest says so" };
  const names = abis.map(({ name }) => name);
  const hint = closest(wanted, names);
  throw new Fault(
    "unsupported",
    `the manifest's abi "${wanted}" is none of ${names.join(", ")}` +
      (hint === undefined ? "" : `; did you mean "${hint}"?`),
  );
}

function noneFits(abis: readonly Abi[], shape: ModuleShape): string {
  const looked = abis.map(({ name, looksFor }) => `${name} (${looksFor})`).join(", ");
  const modules = [...new Set(shape.imports.map(({ module }) => module))];
  return `its module follows no known guest convention: looked for ${looked}; ` +
    `it exports ${listed(shape.exports.map(({ name }) => name))} ` +
    `and imports from ${listed(modules)}`;
}

function severalFit(fitting: readonly AbiChoice[]): string {
  const all = fitting.map(({ abi, evidence }) => `${abi.name} (${evidence})`).join(", ");
  return `its module follows several guest conventions: ${all}; the manifest's "abi" decides`;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const more = names.length > LISTED_NAMES ? ` and ${names.length - LISTED_NAMES} more` : "";
  return names.slice(0, LISTED_NAMES).map((name) => `"${name}"`).join(", ") + more;
}

/**
 * What a module lacks of what its convention needs, and of the functions that its manifest
 * declares; everything at once.
 */
export function exportProblems(
  abi: Abi,
  shape: ModuleShape,
  declared: readonly string[],
): readonly string[] {
  const problems = [
    ...abi.problems?.(shape) ?? [],
    ...abi.requires.flatMap((need) => problemOf(need, shape)),
  ];
  if (abi.operation === undefined) return problems;
  for (const name of declared) {
    if (abi.reserved.includes(name)) {
      problems.push(`"${name}" cannot be called, as it belongs to the ${abi.name} convention`);
    } else if (!operationsOf(abi, shape).includes(name)) {
      const type = typeof abi.operation === "string" ? abi.operation : abi.operation[0] ?? "()";
      problems.push(...problemOf({ name, kind: "function", type }, shape));
    }
  }
  return problems;
}

function problemOf(need: ExportNeed, { exports }: ModuleShape): string[] {
  const found = exports.find(({ name }) => name === need.name);
  const wanted = need.type === undefined ? "" : ` ${need.type}`;
  if (found === undefined) {
    const hint = closest(need.name, exports.map(({ name }) => name));
    return [
      `it exports no ${need.kind} "${need.name}"${wanted}` +
      (hint === undefined ? "" : `, the closest is "${hint}"`),
    ];
  }
  if (found.kind !== need.kind) {
    return [`its export "${need.name}" is a ${found.kind} where a ${need.kind} is needed`];
  }
  if (need.type === undefined || found.type === undefined || found.type === need.type) return [];
  return [`its export "${need.name}" is ${found.type} where${wanted} is needed`];
}

/** The functions of a module that `invoke` reaches, as far as its exports tell them. */
export function operationsOf(abi: Abi, shape: ModuleShape): readonly string[] {
  if (abi.operation === undefined) return [];
  const types = typeof abi.operation === "string" ? [abi.operation] : abi.operation;
  return shape.exports.filter(({ name, kind, type }) =>
    kind === "function" && !abi.reserved.includes(name) &&
    (type === undefined || types.includes(type))
  ).map(({ name }) => name);
}
