/** What a protocol registry holds: plugins of any make behind one interface: types only. @module */

import type { ApiqubeEvent, ApiqubeInput } from "../views/apiqube.ts";
import type { ApiqubeFieldError, ApiqubeInfo, ApiqubeOutput } from "../wasm/abi/apiqube_json.ts";

/** How one test is executed. */
export interface ProtocolExecuteOptions {
  /** Takes events while the test is executed. */
  readonly onEvent?: (event: ApiqubeEvent) => void;
  /** Ends the test. */
  readonly signal?: AbortSignal;
  /** Milliseconds it may take. */
  readonly timeoutMs?: number;
}

/** What a built-in plugin may leave out of its info. */
export type ProtocolInfo = Pick<ApiqubeInfo, "name"> & Partial<ApiqubeInfo>;

/** A plugin: a loaded ApiQube module's view, or any object of the host program. */
export interface ProtocolPlugin {
  /** What it says of itself; asked once, when it is registered. */
  info(): ProtocolInfo | Promise<ProtocolInfo>;
  /** Takes its configuration, where there is one. */
  init(config?: { readonly [key: string]: unknown } | null): unknown;
  /** What is wrong with an input; empty when nothing is. */
  validate(
    input: ApiqubeInput,
  ): readonly ApiqubeFieldError[] | Promise<readonly ApiqubeFieldError[]>;
  /** Executes one test. */
  execute(
    input: ApiqubeInput,
    options?: ProtocolExecuteOptions,
  ): Partial<ApiqubeOutput> | Promise<Partial<ApiqubeOutput>>;
  /** Ends it. */
  close(): unknown;
}
