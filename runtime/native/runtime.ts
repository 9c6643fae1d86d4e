/** Runs trusted functions of the host program itself; confines nothing. @module */

import type { HostCalls, LoadRequest, Module, Runtime, Traits } from "../contract.ts";
import { NativeModule } from "./module.ts";
import type { NativeRegistry } from "./registry.ts";

const TRAITS: Traits = Object.freeze({
  languages: ["native"],
  authority: "nothing: it is the host program",
  loop: "cooperative",
  memory: "none",
  crash: "host",
  requires: [],
});

/** The engine of runtime "native", over the functions of `registry`. */
export function nativeRuntime(registry: NativeRegistry): Runtime {
  return {
    name: "native",
    isolation: "inline",
    traits: TRAITS,
    async load(request: LoadRequest): Promise<Module> {
      const host: HostCalls = await request.admit();
      return new NativeModule(request, host, registry);
    },
    close: () => Promise.resolve(),
  };
}
