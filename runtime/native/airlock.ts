/** The frozen `airlock` object of native functions: what is not granted is not in it. @module */

import type { HostValue, OperationArgs } from "../../capabilities/capability.ts";
import type { HostCallOptions, HostCalls } from "../../capabilities/host_calls.ts";
import type { Airlock } from "./registry.ts";

/** Builds the object for one call. */
export function airlockObject(host: HostCalls, options: HostCallOptions): Airlock {
  const capabilities: Record<string, Record<string, (...args: HostValue[]) => unknown>> = Object
    .create(null);
  for (const { capability, operation, params, sync } of host.surface) {
    const operations = capabilities[capability] ??= Object.create(null) as Record<
      string,
      (...args: HostValue[]) => unknown
    >;
    const name = `${capability}.${operation}`;
    operations[operation] = sync
      ? (...values) => host.callSync(name, named(params, values), options)
      : (...values) => host.call(name, named(params, values), options);
  }
  for (const operations of Object.values(capabilities)) Object.freeze(operations);
  return Object.freeze(capabilities) as Airlock;
}

function named(params: readonly string[], values: readonly HostValue[]): OperationArgs {
  return Object.fromEntries(params.slice(0, values.length).map((name, i) => [name, values[i]]));
}
