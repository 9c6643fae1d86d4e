/** An extension as an ApiQube plugin: its own operations over values instead of bytes. @module */

import type { ExtensionEvent } from "../../capabilities/services.ts";
import type { HostValue } from "../../capabilities/capability.ts";
import type { InvokeOptions } from "../extension.ts";
import {
  type ApiqubeFieldError,
  type ApiqubeInfo,
  type ApiqubeOutput,
  parseFieldErrors,
  parseInfo,
  parseOutput,
} from "../wasm/abi/apiqube_json.ts";
import type { ViewedExtension } from "./view.ts";

/** One test for a plugin: what to do, where, and with what. Empty parts are left out. */
export interface ApiqubeInput {
  /** What to do: an HTTP method, for one. */
  readonly method?: string;
  /** What to do it to: a path, for one. */
  readonly resource?: string;
  /** Where: a base URL, for one; always sent. */
  readonly target?: string;
  /** Headers, by name. */
  readonly headers?: { readonly [name: string]: string };
  /** How long it may take, in the plugin's own notation: `"5s"`. */
  readonly timeout?: string;
  /** Whatever else the plugin reads. */
  readonly fields?: { readonly [name: string]: unknown };
}

/** An event of a plugin. */
export interface ApiqubeEvent {
  /** The plugin's own name: whatever the event itself says, no plugin speaks for another. */
  readonly plugin: string;
  /** The event's name; the plugin's word. */
  readonly kind: string;
  /** What came with it; the plugin's word. */
  readonly data: HostValue;
  /** Whether the plugin declares events of this kind. */
  readonly declared: boolean;
  /** Where `data` differs from the declared fields; empty when it fits. */
  readonly problems: readonly string[];
}

/** Options of one call of a plugin. */
export type ApiqubeCallOptions = Omit<InvokeOptions, "onEvent">;

/** Options of {@linkcode ApiqubePlugin.execute}. */
export interface ApiqubeExecuteOptions extends ApiqubeCallOptions {
  /** Takes events as they are emitted, and afterwards those embedded in the output. */
  readonly onEvent?: (event: ApiqubeEvent) => void;
}

/**
 * An ApiQube plugin. `load` has started it and asked what it is; its owner initialises it.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * const extension = await host.load("examples/conventions/apiqube/web/web.wasm", {
 *   grants: { net: { hosts: ["127.0.0.1:8080"] } },
 * });
 * const plugin = extension.as("apiqube");
 * await plugin.init({ headers: {} });
 * const [problem] = await plugin.validate({ target: "ftp://127.0.0.1" });
 * assertEquals(problem?.field, "target");
 * ```
 */
export class ApiqubePlugin implements AsyncDisposable {
  readonly #extension: ViewedExtension;
  /** Asked once: it does not change while the module is loaded. */
  #info: Promise<ApiqubeInfo> | undefined;

  /** Use `extension.as("apiqube")`. */
  constructor(extension: ViewedExtension) {
    this.#extension = extension;
  }

  /**
   * What the plugin says of itself.
   *
   * @throws {ExtensionError} as `Extension.invoke`.
   */
  info(): Promise<ApiqubeInfo> {
    return this.#info ??= this.#extension.invoke("plugin_info").then(parseInfo, (error) => {
      this.#info = undefined;
      throw error;
    });
  }

  /**
   * Initialises the plugin; a replaced instance gets the same again before its next call.
   *
   * @param config the plugin's configuration; `null` for none, and when it is left out that of the
   * extension: its manifest's, under its operator's.
   * @throws {ExtensionError} as `Extension.invoke`.
   * @throws {TypeError} when JSON has no form for `config`.
   */
  async init(
    config?: { readonly [key: string]: unknown } | null,
    options?: ApiqubeCallOptions,
  ): Promise<void> {
    const text = config === undefined ? "" : JSON.stringify(config);
    await this.#extension.invoke("plugin_init", text, options);
  }

  /**
   * What is wrong with `input`, by the plugin's own rules. Never rejects: a plugin that cannot be
   * asked, or answers nonsense, gives one entry with an empty field.
   */
  async validate(
    input: ApiqubeInput,
    options?: ApiqubeCallOptions,
  ): Promise<readonly ApiqubeFieldError[]> {
    try {
      return parseFieldErrors(
        await this.#extension.invoke("validate", encodeInput(input), options),
      );
    } catch (error) {
      return [{ field: "", message: error instanceof Error ? error.message : String(error) }];
    }
  }

  /**
   * Executes one test. What went wrong with the test itself is the output's `error`.
   *
   * @throws {ExtensionError} as `Extension.invoke`; `bad-guest-data` for an output that is none.
   * @throws {TypeError} when JSON has no form for `input`.
   * @throws `options.signal.reason`, untouched, when the signal fires.
   */
  async execute(
    input: ApiqubeInput,
    { onEvent, ...options }: ApiqubeExecuteOptions = {},
  ): Promise<ApiqubeOutput> {
    const text = encodeInput(input);
    const sink = onEvent && await this.#sinkFor(onEvent);
    return parseOutput(
      await this.#extension.invoke("execute", text, sink ? { ...options, onEvent: sink } : options),
    );
  }

  /** Ends the plugin and its extension. A plugin that fails to clean up ends all the same. */
  destroy(): Promise<void> {
    return this.#extension.close();
  }

  /** The same as `destroy`. */
  close(): Promise<void> {
    return this.destroy();
  }

  /** Ends the plugin. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  async #sinkFor(onEvent: (event: ApiqubeEvent) => void): Promise<(event: ExtensionEvent) => void> {
    const { name: plugin } = await this.info();
    return ({ kind, data, declared, problems }) => {
      onEvent(Object.freeze({ plugin, kind, data, declared, problems }));
    };
  }
}

/** The JSON of an input, as plugins expect it: without what is empty, but always with a target. */
function encodeInput(input: ApiqubeInput): string {
  const { method, resource, target = "", headers, timeout, fields } = input;
  return JSON.stringify({
    ...(method ? { method } : {}),
    ...(resource ? { resource } : {}),
    target,
    ...(hasKeys(headers) ? { headers } : {}),
    ...(timeout ? { timeout } : {}),
    ...(hasKeys(fields) ? { fields } : {}),
  });
}

function hasKeys(value: object | undefined): boolean {
  return value !== undefined && value !== null && Object.keys(value).length > 0;
}
