/** Loads extensions into QuickJS without a host around them, with a real broker. @module */

import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import type { Capability } from "../../../capabilities/capability.ts";
import { openBroker } from "../../../capabilities/broker.ts";
import { type GrantOptions, resolveGrants } from "../../../capabilities/grant.ts";
import type { LogRecord } from "../../../capabilities/log_sink.ts";
import type { JsonObject } from "../../../manifest/manifest.ts";
import { parseManifest } from "../../../manifest/parse.ts";
import type { Call, Module } from "../../../runtime/contract.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../runtime/limits.ts";
import { quickjsRuntime } from "../../../runtime/quickjs/runtime.ts";
import { memorySource } from "../script/memory_source.ts";

export interface GuestOptions {
  readonly entry?: string;
  readonly limits?: Partial<Limits>;
  readonly config?: JsonObject;
  readonly grants?: GrantOptions;
  readonly capabilities?: readonly Capability<never, never>[];
  readonly asks?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface CallOptions {
  readonly ms?: number;
  readonly signal?: AbortSignal;
}

/** A loaded guest, with calls in text. */
export interface Guest extends AsyncDisposable {
  readonly module: Module;
  readonly logs: LogRecord[];
  readonly revoke: (capability: string) => void;
  call(fn: string, payload?: string | Uint8Array, options?: CallOptions): Promise<string>;
  sync(fn: string, payload?: string): string;
}

const decoder = new TextDecoder();

/** Makes a call with a deadline `ms` from now. */
export function callOf({ ms = 2_000, signal }: CallOptions = {}): Call {
  const budget = { operations: DEFAULT_LIMITS.operations };
  return { deadline: performance.now() + ms, signal, chain: ["guest"], budget };
}

/** Loads `files`, or one `index.js`. */
export async function load(
  files: string | { readonly [path: string]: string | Uint8Array },
  options: GuestOptions = {},
): Promise<Guest> {
  const runtime = quickjsRuntime();
  const logs: LogRecord[] = [];
  const asks = options.asks ?? [];
  const manifest = parseManifest(
    JSON.stringify({ name: "guest", runtime: "goja", capabilities: asks }),
    "guest",
  );
  const registry = new CapabilityRegistry();
  for (const capability of options.capabilities ?? []) registry.gated(capability);
  const broker = await openBroker({
    extension: { name: "guest", version: "0.0.0", digest: "" },
    grants: resolveGrants({
      extension: "guest",
      asks: manifest.capabilities ?? [],
      granted: options.grants ?? {},
      registry,
    }),
    log: (record) => logs.push(record),
  });
  const source = memorySource(
    typeof files === "string" ? { "index.js": files } : files,
    options.entry ?? "index.js",
  );
  const close = async () => {
    await runtime.close();
    await broker.close();
  };
  let module: Module;
  try {
    module = await runtime.load({
      manifest,
      source,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      config: options.config ?? {},
      admit: () => Promise.resolve(broker.calls),
      output: { stdout() {}, stderr() {} },
      args: [],
      env: {},
      signal: options.signal,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    module,
    logs,
    revoke: (capability) => broker.revoke(capability),
    async call(fn, payload = "", call) {
      return decoder.decode(await module.invoke(fn, payload, callOf(call)));
    },
    sync(fn, payload = "") {
      if (!module.invokeSync) throw new TypeError("the module has no invokeSync");
      return decoder.decode(module.invokeSync(fn, payload, callOf()));
    },
    async [Symbol.asyncDispose]() {
      await module.close();
      await close();
    },
  };
}
