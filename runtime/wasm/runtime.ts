/** The WASM engine: from a manifest's module to instances that can be called. @module */

import type { LoadRequest, Runtime, Traits } from "../contract.ts";
import type { WasiPowers } from "../wasi/contract.ts";
import type { Abi } from "./abi/contract.ts";
import { KNOWN_ABIS } from "./abis.ts";
import { askItself, describeModule } from "./describe_module.ts";
import type { Survey } from "./describe.ts";
import { type Blueprint, type GuestInstance, startInstance } from "./instance.ts";
import { InstancePool } from "./instances.ts";
import { WasmModule } from "./module.ts";
import {
  callOfStart,
  fittingModule,
  impliedAsks,
  powersFor,
  processPowers,
  recycleBytes,
} from "./prepare.ts";
import { Program } from "./program.ts";

export { wasmLaneRuntime, type WasmLaneRuntimeOptions } from "./lane/runtime.ts";

/** Options of {@linkcode wasmRuntime}. */
export interface WasmRuntimeOptions {
  /** Guest conventions beside the built-in ones, looked at after them. */
  readonly abis?: readonly Abi[];
  /** Clocks and randomness of the guests; default: the process's own. */
  readonly powers?: WasiPowers;
}

/** True of every module that is rewritten; one that comes compiled, or is trusted, stops itself. */
const TRAITS: Traits = Object.freeze({
  languages: ["wasm"],
  authority: "import object",
  loop: "hard",
  memory: "capped",
  crash: "contained",
  requires: [],
});

/** The engine for WebAssembly modules, inline. */
export function wasmRuntime(options: WasmRuntimeOptions = {}): Runtime {
  const abis = [...KNOWN_ABIS, ...options.abis ?? []];
  const guestPowers = options.powers ?? processPowers();
  return {
    name: "wasm",
    aliases: ["wazero"],
    isolation: "inline",
    traits: TRAITS,
    describe: (request) => describeModule(request, abis, guestPowers),
    async load(request) {
      const survey = await fittingModule(request, abis, guestPowers);
      return await start(request, survey, guestPowers);
    },
    async close() {},
  };
}

async function start(
  request: LoadRequest,
  survey: Survey,
  guestPowers: WasiPowers,
): Promise<WasmModule> {
  const { compiled, shape, limits, choice: { abi } } = survey;
  const { module, added, linked } = compiled;
  const { manifest, output, env, rawImports = [] } = request;
  const { operations, environment, linking, described } = await askItself(
    request,
    survey,
    powersFor(request, guestPowers),
  );
  const host = await request.admit(impliedAsks(abi, shape, rawImports), described);
  request.signal?.throwIfAborted();
  const args = [manifest.name, ...request.args];
  const blueprint: Omit<Blueprint, "powers"> = {
    module,
    added,
    ...linking,
    abi,
    ...request.memoryFiles && { memoryFiles: request.memoryFiles },
    program: () => new Program(args, env, output),
    environment: { ...environment, host },
  };
  const startCall = (signal?: AbortSignal) => callOfStart(request, signal);
  let signal = request.signal;
  const pool = new InstancePool<GuestInstance>({
    create() {
      // anew for each instance: runs that begin alike go on alike
      const powers = powersFor(request, guestPowers);
      return startInstance({ ...blueprint, powers }, startCall(signal));
    },
    destroy({ guest, session }) {
      guest.call = startCall();
      return endAfter(() => session.close?.(), () => guest.program.end());
    },
    release: ({ guest }) => guest.program.end(),
    interrupt: ({ guest }, reason) => guest.interrupt(reason),
    kind: abi.instances,
    size: abi.instances === "one" ? 1 : limits.instances,
    queueMs: limits.queueMs,
    idleMs: limits.idleMs,
    memories: 1 + linked.length + (abi.memories ?? 0),
  });
  if (!request.lazy) pool.keep(await pool.take());
  // What runs is compiled: the bytes would only be kept by what the pool holds on to.
  request.source.release?.(request.source.modulePath);
  signal = undefined;
  return new WasmModule({
    name: manifest.name,
    runtime: manifest.runtime,
    abi: abi.name,
    exports: manifest.exports.length > 0 ? manifest.exports : operations,
    limits,
    pool,
    callsHostFunctions: abi.hostFunctions ?? false,
    operations,
    recycleBytes: recycleBytes(abi, compiled.shape, limits),
  });
}

/** Closes a guest's session, and in any case what the guest has open after it. */
function endAfter(close: () => void | Promise<void>, end: () => void): void | Promise<void> {
  let closing: void | Promise<void>;
  try {
    closing = close();
  } catch (error) {
    end();
    throw error;
  }
  if (closing instanceof Promise) return closing.finally(end);
  end();
}
