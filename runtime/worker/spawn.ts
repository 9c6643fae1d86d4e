/** Starts workers of our own code: the one place that calls `new Worker`. @module */

import { mergeFlags, readFlag } from "../../capabilities/permission_flags.ts";

/**
 * A worker that runs only this package's code at `url`, with the rights of its parent. An error in
 * it reaches `onBroken`, never the host's global handler, where it would end the process.
 */
export function spawnTrusted(url: URL, name: string, onBroken: () => void): Worker {
  const worker = new Worker(url, { type: "module", name });
  worker.onerror = (event) => {
    event.preventDefault();
    onBroken();
  };
  worker.onmessageerror = onBroken;
  return worker;
}

/** Every kind has to be named: what is left out might be the parent's. */
const KINDS = ["env", "ffi", "import", "net", "read", "run", "sys", "write"];

/** A worker's permissions of flags: what they name, and nothing else. */
function permissionsOf(flags: readonly string[]): { readonly [kind: string]: unknown } {
  const permissions: Record<string, unknown> = Object.fromEntries(
    KINDS.map((kind) => [kind, false]),
  );
  for (const flag of mergeFlags(flags)) {
    const { kind, items } = readFlag(flag);
    permissions[kind] = items ?? true;
  }
  return permissions;
}

/**
 * The same without any Deno permission but those of `flags`, for a worker that goes on to run guests.
 *
 * Where workers may not be given permissions, this ends the whole process with code 70: ask
 * `workerOptionsMissing` first.
 */
export function spawnConfined(
  url: URL,
  name: string,
  onBroken: () => void,
  flags: readonly string[] = [],
): Worker {
  const permissions = flags.length === 0 ? "none" : permissionsOf(flags);
  // The library's own types know the option only with an unstable flag.
  const options = { type: "module", name, deno: { permissions } } as const;
  const worker = new Worker(url, options as WorkerOptions);
  worker.onerror = (event) => {
    event.preventDefault();
    onBroken();
  };
  worker.onmessageerror = onBroken;
  return worker;
}
