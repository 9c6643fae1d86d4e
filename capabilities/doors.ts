/** The operations of a capability by the names that guests call them: the same for every extension. @module */

import type { Capability, Operation } from "./capability.ts";
import { importOperations } from "./raw_import.ts";

/** One operation, by its names. */
export interface NamedOperation {
  /** With the capability's name before it, as guests ask for it. */
  readonly key: string;
  /** Within the capability. */
  readonly name: string;
  readonly operation: Operation;
}

const tables = new WeakMap<Capability, ReadonlyMap<string, NamedOperation>>();

/** All operations of `capability`, those behind its imports included, by their keys. */
export function operationsOf(capability: Capability): ReadonlyMap<string, NamedOperation> {
  let table = tables.get(capability);
  if (table === undefined) {
    const { operations, imports } = capability;
    const all = [...Object.entries(operations), ...importOperations(imports)];
    table = new Map(all.map(([name, operation]) => {
      const key = `${capability.name}.${name}`;
      return [key, Object.freeze({ key, name, operation })];
    }));
    tables.set(capability, table);
  }
  return table;
}
