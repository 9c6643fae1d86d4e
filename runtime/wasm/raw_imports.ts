/** Functions of an embedder's capabilities, as imports of one guest. @module */

import { bindImport, type OfferedImport } from "../../capabilities/raw_import.ts";
import type { CapabilityAsk } from "../../manifest/manifest.ts";
import type { GuestMemory } from "../memory.ts";
import type { AbiEnvironment, HostFunction, ImportTable, ModuleShape } from "./abi/contract.ts";
import type { LiveGuest } from "./guest.ts";

/** The imports of `offered` that the module has, answered over `memory` through the guest's door. */
export function rawImportTable(
  guest: LiveGuest,
  memory: GuestMemory,
  { shape, host }: Pick<AbiEnvironment, "shape" | "host">,
  offered: readonly OfferedImport[],
): ImportTable {
  const table: Record<string, Record<string, HostFunction>> = Object.create(null);
  for (const each of importedOf(shape, offered)) {
    const { module, name, definition } = each;
    const functions: Record<string, HostFunction> = table[module] ??= Object.create(null);
    const bound = bindImport(each, host, memory, () => guest.call);
    functions[name] = { type: typeOf(definition), ...bound as Omit<HostFunction, "type"> };
  }
  return table;
}

/** What a module without a list of capabilities asks for by importing these functions. */
export function rawImportAsks(
  shape: ModuleShape,
  offered: readonly OfferedImport[],
): readonly CapabilityAsk[] {
  const names = new Set(importedOf(shape, offered).map(({ capability }) => capability));
  return [...names].map((name) => ({ name, args: {}, optional: false, reason: "" }));
}

function importedOf(
  shape: ModuleShape,
  offered: readonly OfferedImport[],
): readonly OfferedImport[] {
  return offered.filter(({ module, name }) =>
    shape.imports.some((wanted) => wanted.module === module && wanted.name === name)
  );
}

function typeOf({ params, results }: OfferedImport["definition"]): string {
  const left = `(${params.join(", ")})`;
  return results.length === 0 ? left : `${left} -> ${results.join()}`;
}
