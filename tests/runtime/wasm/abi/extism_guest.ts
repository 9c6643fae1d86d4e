/** Loads the plugins of `tests/fixtures/extism`, as an embedder would. @module */

import {
  type Extension,
  ExtensionError,
  ExtensionHost,
  extismFunction,
  type ExtismPlugin,
  type HostFunction,
  type HostOptions,
  type LoadOptions,
  type LoadTarget,
} from "../../../../mod.ts";

/** Where the plugins are. */
export const PLUGINS: URL = new URL("../../../fixtures/extism/", import.meta.url);

/** One loaded plugin. */
export interface LoadedPlugin extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;
  readonly plugin: ExtismPlugin;
  /** Messages of its log, with their levels. */
  readonly log: readonly string[];
  /** Calls and gives the output as text. */
  call(fn: string, input?: string | Uint8Array): Promise<string>;
}

/** What the AssemblyScript plugin imports from its embedder; each may be replaced. */
export function answers(...others: readonly HostFunction[]): readonly HostFunction[] {
  const functions = new Map<string, HostFunction>([
    [
      "shout",
      extismFunction("shout", (blocks, handle) => blocks.text(BigInt(handle)).toUpperCase()),
    ],
    ["fetch_later", extismFunction("fetch_later", (_, handle) => handle)],
    ["nothing", extismFunction("nothing", () => {})],
    ["math/join", extismFunction("math/join", (_, left) => left)],
  ]);
  for (const other of others) functions.set(other.name, other);
  return [...functions.values()];
}

/** Loads a plugin by the name of its fixture, or whatever else a host loads. */
export async function loadPlugin(
  target: string | Exclude<LoadTarget, string>,
  options: LoadOptions = {},
  hostOptions: HostOptions = {},
): Promise<LoadedPlugin> {
  const log: string[] = [];
  const host = new ExtensionHost({
    log: ({ level, message }) => void log.push(`${level} ${message}`),
    ...hostOptions,
  });
  try {
    const found = typeof target === "string" ? new URL(`${target}.wasm`, PLUGINS) : target;
    const functions = target === "plugin" ? { hostFunctions: answers() } : {};
    const extension = await host.load(found, { ...functions, ...options });
    const plugin = extension.as("extism");
    return {
      host,
      extension,
      plugin,
      log,
      call: (fn, input) => plugin.callText(fn, input),
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** The error that `act` fails with, in one line: its code, and what the guest said. */
export async function failure(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    if (error instanceof ExtensionError) {
      return error.guest === "" ? error.code : `${error.code}: ${error.guest}`;
    }
    if (error instanceof Error && "code" in error) return `${error.name} ${error.code}`;
    throw error;
  }
  return "no failure";
}

/** Numbers as the input of the lying plugin. */
export function numbers(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(
    BigUint64Array.from(values.map((value) => BigInt.asUintN(64, value))).buffer,
  );
}

/** The number that the lying plugin gave. */
export async function numberOf(output: Promise<Uint8Array>): Promise<bigint> {
  const [value] = new BigUint64Array((await output).slice().buffer);
  return value ?? -1n;
}
