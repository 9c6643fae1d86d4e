/** Answers every import of a module, or says in plain words which ones nobody answers. @module */

import { closest } from "../../manifest/suggest.ts";
import type { HostFunction, ImportShape, ImportTable, ModuleShape } from "./abi/contract.ts";
import type { LiveGuest } from "./guest.ts";

/** How many unanswered imports one report names: a module may import 100,000. */
const LISTED_PROBLEMS = 16;

/** What answers an import, from the first table that has it. Names are the guest's word: own keys only. */
function find(
  tables: readonly ImportTable[],
  module: string,
  name: string,
): HostFunction | undefined {
  for (const table of tables) {
    const functions = Object.hasOwn(table, module) ? table[module] : undefined;
    if (functions !== undefined && Object.hasOwn(functions, name)) return functions[name];
  }
  return undefined;
}

/**
 * What is wrong with the imports of a module: each that `tables` do not answer with the right kind
 * and signature, with the closest that exists. Empty when all are answered.
 */
export function importProblems(
  shape: ModuleShape,
  tables: readonly ImportTable[],
): readonly string[] {
  const problems: string[] = [];
  let more = 0;
  for (const wanted of shape.imports) {
    if (isAnswered(wanted, find(tables, wanted.module, wanted.name))) continue;
    if (problems.length < LISTED_PROBLEMS) problems.push(problemOf(wanted, tables));
    else more++;
  }
  return more === 0 ? problems : [...problems, `and ${more} more imports like these`];
}

/** Whether `tables` answer an import, with the right kind and signature. */
export function answers(tables: readonly ImportTable[], wanted: ImportShape): boolean {
  return isAnswered(wanted, find(tables, wanted.module, wanted.name));
}

function isAnswered({ kind, type }: ImportShape, found: HostFunction | undefined): boolean {
  return kind === "function" && found !== undefined &&
    (type === undefined || type === found.type);
}

function problemOf(wanted: ImportShape, tables: readonly ImportTable[]): string {
  const { module, name, kind, type } = wanted;
  const label = `${module}.${name}`;
  if (kind !== "function") {
    return `it imports the ${kind} "${label}", and only functions are offered`;
  }
  const found = find(tables, module, name);
  if (found !== undefined) {
    return `it imports "${label}" as ${type}, and it is offered as ${found.type}`;
  }
  const hint = closest(label, offered(tables));
  return `it imports "${label}"${type === undefined ? "" : ` ${type}`}, which nobody offers` +
    (hint === undefined ? "" : `; the closest is "${hint}"`);
}

function offered(tables: readonly ImportTable[]): readonly string[] {
  return tables.flatMap((table) =>
    Object.entries(table).flatMap(([module, functions]) =>
      Object.keys(functions).map((name) => `${module}.${name}`)
    )
  );
}

/** The import object of one guest; nothing is in it that the module does not import. */
export function importsOf(
  shape: ModuleShape,
  tables: readonly ImportTable[],
  guest: LiveGuest,
): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
  for (const { module, name } of shape.imports) {
    const found = find(tables, module, name);
    if (found === undefined) continue;
    const functions = imports[module] ??= Object.create(null);
    functions[name] = found.link?.() ?? guest.bind(found);
  }
  return imports;
}
