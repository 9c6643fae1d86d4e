/** The version of this package, which manifests ask about. @module */

/**
 * The version of this package, the same as in its `deno.json`.
 *
 * @example
 * ```ts
 * import { VERSION } from "@airlock/host/manifest";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(VERSION, /^\d+\.\d+\.\d+/);
 * ```
 */
export const VERSION = "0.1.0";
