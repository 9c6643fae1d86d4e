/** Loads the fixtures of `tests/fixtures/wasm` into the WASM engine itself, without a host around it. @module */

import { join } from "@std/path";
import type { HostCalls } from "../../../capabilities/host_calls.ts";
import type { Manifest } from "../../../manifest/manifest.ts";
import { parseManifest } from "../../../manifest/mod.ts";
import type { Call, LoadRequest, Module } from "../../../runtime/contract.ts";
import { Fault } from "../../../runtime/errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../runtime/limits.ts";
import type { Source } from "../../../runtime/source.ts";
import { wasmRuntime, type WasmRuntimeOptions } from "../../../runtime/wasm/runtime.ts";
import { FIXTURES } from "../../../tools/build_wat.ts";

/** What differs from an ordinary load. */
export interface FixtureOptions extends WasmRuntimeOptions {
  readonly limits?: Partial<Limits>;
  readonly manifest?: Partial<Manifest>;
  readonly request?: Partial<LoadRequest>;
  /** Instead of the fixture's bytes. */
  readonly source?: Partial<Source>;
}

/** Lines that a guest printed, and what was asked before it ran. */
export interface Observed {
  readonly out: string[];
  readonly err: string[];
  /** How often grants were decided. */
  admitted: number;
}

/** A loaded fixture. */
export interface LoadedFixture extends Observed, AsyncDisposable {
  readonly module: Module;
  /** Calls without waiting; a text payload, the result as text. */
  text(fn: string, payload?: string): string;
  /** Calls without waiting; the result's bytes. */
  bytes(fn: string, payload?: string | Uint8Array): Uint8Array;
}

/** Bytes of one fixture. */
export function fixtureBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(join(FIXTURES, `${name}.wasm`));
}

/** A request that loads `name`, with what it observes. */
export function fixtureRequest(
  name: string,
  { limits, manifest, request, source }: FixtureOptions = {},
): { readonly request: LoadRequest; readonly observed: Observed } {
  const observed: Observed = { out: [], err: [], admitted: 0 };
  const text = JSON.stringify({ name, runtime: "wasm", module: `${name}.wasm` });
  return {
    observed,
    request: {
      manifest: { ...parseManifest(text, name), ...manifest },
      source: {
        label: name,
        modulePath: `${name}.wasm`,
        compiled: undefined,
        read: () => fixtureBytes(name),
        digest: () => Promise.resolve("sha256-"),
        ...source,
      },
      limits: { ...DEFAULT_LIMITS, ...limits },
      config: {},
      admit() {
        observed.admitted++;
        return Promise.resolve(NOTHING_GRANTED);
      },
      output: {
        stdout: (line) => void observed.out.push(line),
        stderr: (line) => void observed.err.push(line),
      },
      args: [],
      env: {},
      signal: undefined,
      ...request,
    },
  };
}

/** Loads one fixture. */
export async function loadFixture(
  name: string,
  options: FixtureOptions = {},
): Promise<LoadedFixture> {
  const { request, observed } = fixtureRequest(name, options);
  const module = await wasmRuntime(options).load(request);
  const bytes = (fn: string, payload: string | Uint8Array = ""): Uint8Array => {
    if (!module.invokeSync) throw new TypeError("The engine has no invokeSync");
    return module.invokeSync(fn, payload, callFor());
  };
  return Object.assign(observed, {
    module,
    bytes,
    text: (fn: string, payload?: string) => new TextDecoder().decode(bytes(fn, payload)),
    [Symbol.asyncDispose]: async () => await module.close(),
  });
}

/** A call of `ms` milliseconds. */
export function callFor(ms = 1_000, signal?: AbortSignal): Call {
  return {
    deadline: performance.now() + ms,
    signal,
    chain: ["test"],
    budget: { operations: 100 },
  };
}

/** The fault that `act` fails with, whether at once or later. */
export async function faultOf(act: () => unknown): Promise<Fault> {
  let result: unknown;
  try {
    result = await act();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new TypeError(`Expected a fault: current value is ${Deno.inspect(result)}`);
}

const NOTHING_GRANTED: HostCalls = {
  call: () => Promise.reject(new Fault("unsupported", "nothing is granted")),
  callSync: () => {
    throw new Fault("unsupported", "nothing is granted");
  },
  surface: [],
};
