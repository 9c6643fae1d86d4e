/** Host functions over the very handles and numbers of Extism plugins. @module */

import type { ExtismAnswer, ExtismBlocksOfCall, HostFunction } from "./contract.ts";
import { hostFunction } from "./host_functions.ts";

/** Options of {@linkcode extismFunction}. */
export interface ExtismFunctionOptions {
  /** Whether the function answers with a promise; default: whether it is an `async function`. */
  readonly async?: boolean;
}

/** A function of this program that an Extism plugin imports. */
export type ExtismFunction = (
  blocks: ExtismBlocksOfCall,
  ...args: (bigint | number)[]
) => ExtismAnswer | Promise<ExtismAnswer>;

/**
 * A function that Extism plugins import, over the numbers and handles that they pass. Where one block
 * goes in and one comes out {@linkcode hostFunction} is simpler, and works for such plugins too.
 *
 * @param name Its name in `extism:host/user`, or `module/name`.
 * @param fn Gets the plugin's blocks, for as long as it works, and the arguments: handles as `bigint`,
 * other numbers as they are. Bytes and text that it gives become a new block.
 * @throws {TypeError} for a `fn` that is no function.
 *
 * @example
 * ```ts
 * import { extismFunction } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const repeat = extismFunction("text/repeat", (blocks, text, times) =>
 *   blocks.text(BigInt(text)).repeat(Number(times)));
 * assertEquals([repeat.name, repeat.waits], ["text/repeat", false]);
 * // host.load("plugin.wasm", { hostFunctions: [repeat] })
 * ```
 */
export function extismFunction(
  name: string,
  fn: ExtismFunction,
  options: ExtismFunctionOptions = {},
): HostFunction {
  const { waits } = hostFunction(name, fn as unknown as (input: Uint8Array) => void, options);
  return Object.freeze<HostFunction>({
    name,
    waits,
    run() {
      throw new TypeError(`host function '${name}' is for Extism plugins only`);
    },
    extism: (blocks, args) => fn(blocks, ...args),
  });
}
