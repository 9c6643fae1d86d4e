/** The engines every host starts with. @module */

import type { Runtime } from "./contract.ts";
import { jsRuntimes } from "./script/runtime.ts";
import { nativeRuntime } from "./native/runtime.ts";
import type { NativeRegistry } from "./native/registry.ts";
import { quickjsRuntime } from "./quickjs/runtime.ts";
import { wasmLaneRuntime, wasmRuntime, type WasmRuntimeOptions } from "./wasm/runtime.ts";

/** What the built-in engines need to know. */
export interface BuiltInOptions {
  readonly native: NativeRegistry;
  /** See `HostOptions.workerOptions`. */
  readonly workerOptions?: boolean;
  /** See `HostOptions.warmProcesses`. */
  readonly warmProcesses?: number;
  /** See `HostOptions.abis`. */
  readonly abis?: NonNullable<WasmRuntimeOptions["abis"]>;
}

/** Child processes kept ready: a lost guest is replaced at once, and the next one starts at once. */
const WARM_PROCESSES = 1;

/** Native, WASM inline and in workers, QuickJS, and JavaScript in workers and processes. */
export function builtInRuntimes(
  { native, workerOptions, warmProcesses = WARM_PROCESSES, abis = [] }: BuiltInOptions,
): readonly Runtime[] {
  const workers = workerOptions === undefined ? {} : { workerOptions };
  return [
    nativeRuntime(native),
    wasmRuntime({ abis }),
    wasmLaneRuntime({ abis, ...workers }),
    quickjsRuntime(),
    ...jsRuntimes({ warmProcesses, ...workers }),
  ];
}
