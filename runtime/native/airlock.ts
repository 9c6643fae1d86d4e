/** The frozen `airlock` object of native functions: what is not granted is not in it. @module */

import type { HostValue, OperationArgs } from "../../capabilities/capability.ts";
import type {
  HostCallOptions,
  HostCalls,
  SurfaceOperation,
} from "../../capabilities/host_calls.ts";
import type { Airlock } from "./registry.ts";

/** Tells what belongs into the object now. */
export type Surface = () => readonly SurfaceOperation[];

/**
 * Everything that `host` has granted since this was made. What was taken back stays in the object, as it
 * does in a realm that stands: whoever calls it is told so.
 */
export function lastingSurface(host: HostCalls): Surface {
  let drawn = host.surface;
  let lasting = drawn;
  return () => {
    if (host.surface === drawn) return lasting;
    drawn = host.surface;
    const byName = [...lasting, ...drawn].map((one) =>
      [`${one.capability}.${one.operation}`, one] as const
    );
    lasting = [...new Map(byName).values()];
    return lasting;
  };
}

/** Builds the object for one call. */
export function airlockObject(
  host: HostCalls,
  surface: Surface,
  options: HostCallOptions,
): Airlock {
  const root: Node = Object.create(null);
  for (const { capability, operation, params, sync } of surface()) {
    const operations = nodeOf(root, capability);
    const name = `${capability}.${operation}`;
    operations[operation] = sync
      ? (...values) => owned(host.callSync(name, named(params, values), options))
      : (...values) => host.call(name, named(params, values), options);
  }
  return freezeAll(root) as Airlock;
}

interface Node {
  [name: string]: Node | ((...args: HostValue[]) => unknown);
}

/** `http.serve` lies at `airlock.http.serve`, as in every realm. */
function nodeOf(root: Node, capability: string): Node {
  let node = root;
  for (const part of capability.split(".")) {
    node = (node[part] ??= Object.create(null) as Node) as Node;
  }
  return node;
}

function freezeAll(node: Node): Node {
  for (const value of Object.values(node)) {
    if (typeof value === "object") freezeAll(value);
  }
  return Object.freeze(node);
}

/** What an operation lends is copied, as nothing else stands between it and a function of the host. */
function owned(value: HostValue): HostValue {
  return value instanceof Uint8Array ? value.slice() : value;
}

function named(params: readonly string[], values: readonly HostValue[]): OperationArgs {
  return Object.fromEntries(params.slice(0, values.length).map((name, i) => [name, values[i]]));
}
