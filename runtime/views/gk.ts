/** A GoatKit plugin: what it registers, and its functions over values instead of bytes. @module */

import { ExtensionError, Fault } from "../errors.ts";
import type { InvokeOptions } from "../extension.ts";
import {
  type GkJob,
  type GkRegistration,
  type GkWidget,
  parseRegistration,
} from "../wasm/abi/gk_json.ts";
import type { ViewedExtension } from "./view.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a widget is called with. */
const WIDGET_ARGS = "{}";

/**
 * A GoatKit plugin. It is one stateful instance: calls wait for each other.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * const extension = await host.load("examples/conventions/gk/notes.wasm", {
 *   grants: { kv: true },
 * });
 * const plugin = extension.as("gk");
 * const { name, jobs } = await plugin.registration();
 * assertEquals([name, jobs[0]?.timeout], ["notes", "30s"]);
 * assertEquals(await plugin.call("list"), { notes: [] });
 * ```
 */
export class GoatPlugin implements AsyncDisposable {
  readonly #extension: ViewedExtension;
  /** Of the instance that there was after so many restarts. */
  #known: { readonly restarts: number; readonly registration: GkRegistration } | undefined;

  /** Use `extension.as("gk")`. */
  constructor(extension: ViewedExtension) {
    this.#extension = extension;
  }

  /**
   * What the plugin says of itself: routes, menu entries, widgets, jobs, templates, translations, error
   * codes and permissions. A new instance, after one that broke, is asked anew.
   *
   * @throws {ExtensionError} as `Extension.invoke`.
   */
  async registration(): Promise<GkRegistration> {
    const restarts = this.#extension.stats().restarts;
    if (this.#known?.restarts !== restarts) {
      const bytes = await this.#extension.invoke("gk_register");
      this.#known = {
        restarts: this.#extension.stats().restarts,
        registration: parseRegistration(bytes),
      };
    }
    return this.#known.registration;
  }

  /**
   * Calls a function of the plugin with a value, as JSON; without one it gets no arguments.
   *
   * @returns the value of its result; `undefined` when it gave none.
   * @throws {ExtensionError} as `Extension.invoke`; `bad-guest-data` for a result that is no JSON.
   * @throws {TypeError} when JSON has no form for `args`.
   */
  async call(fn: string, args?: unknown, options?: InvokeOptions): Promise<unknown> {
    const text = args === undefined ? "" : JSON.stringify(args);
    if (text === undefined) {
      throw new TypeError(`Cannot call "${fn}" as its arguments have no form in JSON`);
    }
    return this.#value(fn, await this.#extension.invoke(fn, text, options));
  }

  /**
   * The content of a widget: what its handler gives.
   *
   * @throws {RangeError} when the plugin has no widget of that name.
   * @throws {ExtensionError} as `call`.
   */
  async widget(id: string, options?: InvokeOptions): Promise<unknown> {
    const { handler } = named<GkWidget>("widget", id, (await this.registration()).widgets);
    return this.#value(handler, await this.#extension.invoke(handler, WIDGET_ARGS, options));
  }

  /**
   * Runs a job now, whether it is enabled or not, in the time that it has.
   *
   * @throws {RangeError} when the plugin has no job of that name.
   * @throws {ExtensionError} as `Extension.invoke`.
   */
  async runJob(id: string, options?: InvokeOptions): Promise<void> {
    const { handler, timeout_ms: timeoutMs } = named<GkJob>(
      "job",
      id,
      (await this.registration()).jobs,
    );
    await this.#extension.invoke(handler, "", { timeoutMs, ...options });
  }

  /** Ends the plugin. */
  close(): Promise<void> {
    return this.#extension.close();
  }

  /** Ends the plugin. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #value(fn: string, bytes: Uint8Array): unknown {
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(decoder.decode(bytes));
    } catch (cause) {
      const fault = new Fault("bad-guest-data", "its result is no JSON", { cause });
      throw new ExtensionError(fault, this.#extension.name, fn);
    }
  }
}

function named<T extends { readonly id: string }>(
  kind: string,
  id: string,
  all: readonly T[],
): T {
  const found = all.find((each) => each.id === id);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot find the ${kind} as the plugin has none of that name: current value is "${id}"`,
  );
}
