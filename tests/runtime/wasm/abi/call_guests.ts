/** The guests of Hookr and waPC: what each convention calls things, and how its probes are told to behave. @module */

import { fromFileUrl } from "@std/path";
import {
  type Extension,
  ExtensionHost,
  type HostFunction,
  hostFunction,
  type LoadOptions,
} from "../../../../mod.ts";
import type { AbiGuest, Behaviour } from "../../../conformance/abi_suite.ts";

const FIXTURES = new URL("../../../fixtures/", import.meta.url);

/** One of the two conventions. */
export interface Convention {
  readonly abi: "hookr" | "wapc";
  /** Its export for calls. */
  readonly call: string;
  /** Its own start function. */
  readonly init: string;
  /** Its import of the request. */
  readonly request: string;
  /** What a host function is told beside the operation. */
  readonly namespace: string;
  readonly binding: string;
  /** How many numbers come before the operation in a host call. */
  readonly leading: number;
}

/** Both. */
export const CONVENTIONS: readonly Convention[] = [
  {
    abi: "hookr",
    call: "__plugin_call",
    init: "hookr_init",
    request: "__plugin_request",
    namespace: "",
    binding: "",
    leading: 0,
  },
  {
    abi: "wapc",
    call: "__guest_call",
    init: "wapc_init",
    request: "__guest_request",
    namespace: "test",
    binding: "default",
    leading: 4,
  },
];

/** The built module `name` of a convention. */
export function moduleOf(abi: string, name: string): URL {
  return new URL(`${abi}/${name}.wasm`, FIXTURES);
}

/** A function that waits, so that a guest has to be ready to. */
export const later: HostFunction = hostFunction("later", async (payload: Uint8Array) => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return payload;
});

const operation = (name: string): Behaviour => (call, payload) => call(name, payload);

/** The probes of every convention and language, for the conformance suite. */
export const PROBES: readonly (AbiGuest & { readonly convention: Convention })[] = CONVENTIONS
  .flatMap((convention) =>
    [["AssemblyScript", "probe_as"], ["C", "probe_c"]].map(([language, name = ""]) => ({
      title: `${convention.abi}, ${language}`,
      abi: convention.abi,
      convention,
      module: moduleOf(convention.abi, name),
      reserved: [convention.call, convention.init, "_start", "_initialize"],
      waiting: { hostFunctions: [later] },
      behaviours: {
        echo: operation("echo"),
        count: operation("count"),
        fail: operation("fail"),
        trap: operation("trap"),
        grow: operation("grow"),
        log: operation("log"),
        print: operation("print"),
        random: operation("random"),
      },
    }))
  );

/** A guest loaded for one test, and its host. */
export interface LoadedGuest extends AsyncDisposable {
  readonly guest: Extension;
  /** Calls it with text, or bytes, and gives the result as text. */
  text(fn: string, payload?: string | Uint8Array): Promise<string>;
}

/** Loads a module. */
export async function loadGuest(
  module: URL | Uint8Array,
  options: LoadOptions = {},
): Promise<LoadedGuest> {
  const host = new ExtensionHost({ log: () => {} });
  const bytes = module instanceof URL ? await Deno.readFile(fromFileUrl(module)) : module;
  const guest = await host.load({ name: "guest.wasm", bytes }, options);
  return {
    guest,
    text: async (fn, payload) => new TextDecoder().decode(await guest.invoke(fn, payload)),
    [Symbol.asyncDispose]: () => host.close(),
  };
}
