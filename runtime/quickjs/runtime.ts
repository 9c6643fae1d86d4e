/** Untrusted JavaScript and TypeScript in an interpreter, inside the host's own thread. @module */

import type { LoadRequest, Module, Runtime } from "../contract.ts";
import { Fault } from "../errors.ts";
import { describeScript } from "../script/describe.ts";
import { collectGraph, openGraph } from "../script/graph.ts";
import { openStripper, stripPermissions } from "../script/strip.ts";
import { QuickJsModule } from "./module.ts";

/**
 * The engine `quickjs`, which manifests of Base call `goja`. Each extension has an interpreter and
 * a WebAssembly memory of its own; nothing of one reaches another, and nothing of a guest runs
 * while none of its calls is in flight.
 *
 * What ends the interpreter, so that the next call finds a new one (top-level code runs again):
 * a call over its deadline (`timeout`), out of memory (`memory-limit`), out of the stack of the
 * engine itself (`trap`). An error that the guest could have caught, its own stack overflow
 * included, is a `guest-error`, and the guest lives on.
 */
export function quickjsRuntime(): Runtime {
  const stripper = openStripper();
  return Object.freeze<Runtime>({
    name: "quickjs",
    aliases: ["goja"],
    isolation: "inline",
    traits: Object.freeze({
      languages: ["js", "ts"],
      authority: "an interpreter that reaches nothing but what it is handed",
      loop: "hard",
      memory: "capped",
      crash: "contained",
      requires: [],
    }),
    permissions: (files) => Promise.resolve(stripPermissions(files)),
    describe: describeScript,
    async load(request: LoadRequest): Promise<Module> {
      if (request.source.compiled) {
        throw new Fault("unsupported", "it is a WebAssembly module, and this engine takes scripts");
      }
      const graph = await openGraph(request.source, stripper);
      const files = await collectGraph(graph);
      // What comes to be read later would not be part of the digest that grants are bound to.
      graph.seal();
      const host = await request.admit();
      request.signal?.throwIfAborted();
      return await QuickJsModule.load({ request, program: { entry: graph.entry, files }, host });
    },
    close: () => {
      stripper.close();
      return Promise.resolve();
    },
  });
}
