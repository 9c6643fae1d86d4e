/** An extension as a Pulp cell: initialised once, stepped with events, shut down. @module */

import type { JsonObject } from "../../manifest/manifest.ts";
import { ExtensionError } from "../errors.ts";
import type { InvokeOptions } from "../extension.ts";
import { packConfig } from "../wasm/abi/pulp_config.ts";
import { type Packable, packMsgpack } from "../wasm/abi/pulp_msgpack.ts";
import type { ViewedExtension } from "./view.ts";

/** What a cell is told in one step. Numbers without a fraction become int64, others float64. */
export interface PulpEvent {
  /** `http.request`, `ws.open`, `ws.frame`, `ws.close`, or an embedder's own. */
  readonly kind: string;
  /** What goes with it: null, booleans, numbers, bigints, texts, bytes, lists and records. */
  readonly payload: unknown;
}

/** The numbers that a cell tells of itself; `undefined` where it tells none, or traps. */
export interface PulpProbes {
  /** The `call_number` of the last step that it saw, as it says. */
  readonly lastCall: bigint | undefined;
  /** Something about its configuration, as it says. */
  readonly configMarker: bigint | undefined;
}

/** Codes of a failure that says a cell has no such probe, or that it broke on it. */
const NO_PROBE: ReadonlySet<string> = new Set(["unknown-function", "trap", "bad-guest-data"]);
const NIL = Uint8Array.of(0xc0);
const NOTHING = new Uint8Array(0);

const decoder = new TextDecoder();

/**
 * A Pulp cell. It is one stateful instance: calls wait for each other. A replaced instance is initialised
 * again, with the same configuration, before its next step.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * // (module (memory (export "memory") 1)
 * //   (func (export "pulp_alloc") (param i32) (result i32) i32.const 1024)
 * //   (func (export "pulp_init") (param i32 i32) (result i32) i32.const 0)
 * //   (func (export "pulp_step") (param i32 i32) (result i32) local.get 1)
 * //   (func (export "pulp_shutdown") (result i32) i32.const 0))
 * const bytes = Uint8Array.fromBase64(
 *   "AGFzbQEAAAABEANgAX8Bf2ACf38Bf2AAAX8DBQQAAQECBQMBAAEHPwUGbWVtb3J5AgAKcHVscF9hbGxvYwAACXB1bHBfaW5p" +
 *     "dAABCXB1bHBfc3RlcAACDXB1bHBfc2h1dGRvd24AAwoWBAUAQYAICwQAQQALBAAgAQsEAEEACw==",
 * );
 * const cell = (await host.load({ name: "cell.wasm", bytes })).as("pulp");
 * await cell.init();
 * assertEquals(await cell.step(), 20); // this one answers with the bytes of its envelope
 * await cell.shutdown();
 * ```
 */
export class PulpCell implements AsyncDisposable {
  readonly #extension: ViewedExtension;

  /** Use `extension.as("pulp")`. */
  constructor(extension: ViewedExtension) {
    this.#extension = extension;
  }

  /**
   * Initialises the cell.
   *
   * @param config its configuration, or MessagePack of it; `null` for none, and when it is left out that of
   * the extension: its manifest's, under its operator's.
   * @throws {ExtensionError} as `Extension.invoke`; `guest-error` when the cell refuses.
   * @throws {TypeError} for a configuration that JSON has no form for.
   */
  async init(
    config?: { readonly [key: string]: unknown } | Uint8Array | null,
    options?: InvokeOptions,
  ): Promise<void> {
    await this.#extension.invoke("pulp_init", payloadOf(config), options);
  }

  /**
   * One step.
   *
   * @param event what happened; nothing is a tick. Bytes are the event's MessagePack.
   * @returns the handle that the cell returned: its own number.
   * @throws {ExtensionError} as `Extension.invoke`.
   */
  async step(event?: PulpEvent | Uint8Array, options?: InvokeOptions): Promise<number> {
    const payload = event === undefined || event instanceof Uint8Array
      ? event ?? NOTHING
      : packMsgpack({ kind: event.kind, payload: event.payload as Packable });
    return Number(decoder.decode(await this.#extension.invoke("pulp_step", payload, options)));
  }

  /**
   * Lets the cell end in order. It stays loaded.
   *
   * @throws {ExtensionError} as `Extension.invoke`; `guest-error` when the cell could not.
   */
  async shutdown(options?: InvokeOptions): Promise<void> {
    await this.#extension.invoke("pulp_shutdown", NOTHING, options);
  }

  /**
   * What the cell tells of itself. A cell that traps on it is replaced as after every trap.
   *
   * @throws {ExtensionError} as `Extension.invoke`, for anything but a missing or broken probe.
   */
  async probes(options?: InvokeOptions): Promise<PulpProbes> {
    return {
      lastCall: await this.#probe("probe_last_call", options),
      configMarker: await this.#probe("probe_config_marker", options),
    };
  }

  async #probe(name: string, options: InvokeOptions | undefined): Promise<bigint | undefined> {
    try {
      return BigInt(decoder.decode(await this.#extension.invoke(name, NOTHING, options)));
    } catch (error) {
      if (error instanceof ExtensionError && NO_PROBE.has(error.code)) return undefined;
      throw error;
    }
  }

  /** Ends the cell, without its shutdown. */
  close(): Promise<void> {
    return this.#extension.close();
  }

  /** Ends the cell. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function payloadOf(
  config: { readonly [key: string]: unknown } | Uint8Array | null | undefined,
): Uint8Array {
  if (config === undefined) return NOTHING;
  if (config === null) return NIL;
  if (config instanceof Uint8Array) return config.length === 0 ? NIL : config;
  const plain: JsonObject = JSON.parse(JSON.stringify(config));
  const bytes = packConfig(plain);
  return bytes.length === 0 ? NIL : bytes;
}
