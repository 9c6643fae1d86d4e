/** An extension as an Extism plugin: called by function name, with what its SDK offers beside calls. @module */

import type { Payload } from "../contract.ts";
import type { InvokeOptions } from "../extension.ts";
import type { ViewedExtension, ViewedModule } from "./view.ts";

/**
 * An Extism plugin. It is one stateful instance: calls wait for each other.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * // (module (func (import "extism:host/env" "output_set") (param i64 i64))
 * //   (func (export "nothing") (result i32) i32.const 0))
 * const bytes = Uint8Array.fromBase64(
 *   "AGFzbQEAAAABCgJgAn5+AGAAAX8CHgEPZXh0aXNtOmhvc3QvZW52Cm91dHB1dF9zZXQAAAMCAQEHCwEHbm90aGluZwABCgYBBABBAAs=",
 * );
 * await using host = new ExtensionHost();
 * const plugin = (await host.load({ name: "quiet.wasm", bytes })).as("extism");
 * assertEquals(plugin.functionExists("nothing"), true);
 * assertEquals(await plugin.callText("nothing", "hello"), "");
 * ```
 */
export class ExtismPlugin implements AsyncDisposable {
  readonly #extension: ViewedExtension;
  readonly #module: ViewedModule;

  /** Use `extension.as("extism")`. */
  constructor(extension: ViewedExtension, module: ViewedModule) {
    this.#extension = extension;
    this.#module = module;
  }

  /**
   * Calls a function of the plugin.
   *
   * @param input Bytes, or text that stands for its UTF-8 bytes.
   * @param options `hostContext` reaches the host functions that this call uses.
   * @returns the plugin's output; empty when it gave none.
   * @throws {ExtensionError} as `Extension.invoke`; `guest-error` when the plugin set an error, whose
   * text is in `guest`, or returned another status than 0.
   */
  call(name: string, input?: Payload, options?: InvokeOptions): Promise<Uint8Array> {
    return this.#extension.invoke(name, input, options);
  }

  /**
   * The same for output that is text.
   *
   * @throws {ExtensionError} `bad-guest-data` for output that is no UTF-8; and as `call`.
   */
  callText(name: string, input?: Payload, options?: InvokeOptions): Promise<string> {
    return this.#extension.invokeText(name, input, options);
  }

  /** Whether the plugin exports a function of that name that can be called. */
  functionExists(name: string): boolean {
    return this.#module.has?.(name) ?? false;
  }

  /**
   * Lets go of the blocks of the last call, as every call does for the one before it. The plugin's
   * own memory and its variables stay.
   *
   * @returns `false` when a call is running: then nothing was let go.
   */
  reset(): boolean {
    return this.#module.reset?.() ?? false;
  }

  /** Ends the plugin. */
  close(): Promise<void> {
    return this.#extension.close();
  }

  /** Ends the plugin. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
