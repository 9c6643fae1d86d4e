/**
 * What Extism guests import from `extism:host/env`, HTTP aside. The handle store's functions are
 * WebAssembly; the rest asks the host.
 *
 * @module
 */

import type { HostValue } from "../../../capabilities/capability.ts";
import { CapabilityError } from "../../../capabilities/errors.ts";
import type { AbiEnvironment, Guest, HostFunction } from "./contract.ts";
import { type BlockStore, type Handle, NO_HANDLE } from "./extism_store.ts";

/** Functions of the store itself, with their signatures. */
const STORE_FUNCTIONS: { readonly [name: string]: string } = {
  alloc: "(i64) -> i64",
  free: "(i64)",
  length: "(i64) -> i64",
  length_unsafe: "(i64) -> i64",
  load_u8: "(i64) -> i32",
  load_u64: "(i64) -> i64",
  store_u8: "(i64, i32)",
  store_u64: "(i64, i64)",
  input_length: "() -> i64",
  input_offset: "() -> i64",
  input_load_u8: "(i64) -> i32",
  input_load_u64: "(i64) -> i64",
  output_set: "(i64, i64)",
  error_set: "(i64)",
  error_get: "() -> i64",
};

/** Names of log functions, and the levels the host's log has for them. */
const LOG_FUNCTIONS: { readonly [name: string]: string } = {
  log_trace: "debug",
  log_debug: "debug",
  log_info: "info",
  log_warn: "warn",
  log_error: "error",
};

/** Extism's number for "log everything": what is too much is decided by the host's log. */
const LOG_EVERYTHING = 0;
/** Most bytes of a message that are read: the log keeps less. */
const MESSAGE_BYTES = 32 * 1024;
/** Longest name of a variable or of a configuration value: it becomes a string of the host. */
const NAME_BYTES = 64 * 1024;

/** The functions of one guest. */
export function environmentFunctions(
  guest: Guest,
  store: BlockStore,
  { host, config, limits }: AbiEnvironment,
): { readonly [name: string]: HostFunction } {
  const functions: Record<string, HostFunction> = {};
  for (const [name, type] of Object.entries(STORE_FUNCTIONS)) {
    functions[name] = { type, link: () => store.fn(name) };
  }
  for (const [name, level] of Object.entries(LOG_FUNCTIONS)) {
    functions[name] = {
      type: "(i64)",
      run(handle: Handle) {
        const message = store.excerpt(handle, MESSAGE_BYTES, "its log message");
        // The message is the host's now, as kits expect: they never free it.
        store.free(handle);
        host.callSync("log.write", { level, message }, guest.call);
      },
    };
  }
  return Object.assign(
    functions,
    {
      get_log_level: { type: "() -> i32", run: () => LOG_EVERYTHING },
      config_get: {
        type: "(i64) -> i64",
        run(handle: Handle) {
          const name = store.text(handle, NAME_BYTES, "the name of a configuration value");
          // Only what the configuration itself has: "constructor" is a name like any other.
          const value = Object.hasOwn(config, name) ? config[name] : undefined;
          if (value === undefined || value === null) return NO_HANDLE;
          return store.store(typeof value === "string" ? value : JSON.stringify(value));
        },
      },
      var_get: {
        type: "(i64) -> i64",
        run(handle: Handle) {
          const key = store.text(handle, NAME_BYTES, "the name of a variable");
          const value: HostValue = host.callSync("var.get", { key }, guest.call);
          return value instanceof Uint8Array ? store.store(value) : NO_HANDLE;
        },
      },
      var_set: {
        type: "(i64, i64)",
        run(handle: Handle, valueHandle: Handle) {
          const key = store.text(handle, NAME_BYTES, "the name of a variable");
          if (valueHandle === NO_HANDLE) {
            host.callSync("var.delete", { key }, guest.call);
            return;
          }
          // Before it is copied: a variable must not cost the host more than variables may.
          const bytes = store.lengthAt(valueHandle, "a variable");
          if (bytes > limits.varBytes) throw variableTooLarge(guest, bytes, limits.varBytes);
          const value = store.borrow(valueHandle, limits.varBytes, "a variable");
          host.callSync("var.set", { key, value }, guest.call);
        },
      },
    } satisfies Record<string, HostFunction>,
  );
}

function variableTooLarge({ call }: Guest, bytes: number, limit: number): CapabilityError {
  const extension = call.chain.at(-1) ?? "";
  return new CapabilityError("quota", { extension, capability: "var", grant: "" }, {
    reason:
      `Cannot keep a variable of extension "${extension}" as it has ${bytes} bytes where ${limit} are allowed`,
  });
}
