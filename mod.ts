/**
 * Airlock runs other people's code inside a Deno program with exactly the powers its operator
 * grants, and, where the tier is marked hard, always stops it.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * const ext = await host.load({ name: "greet.js", bytes: "function hi(who) { return `Hi ${who}` }" }, {
 *   runtime: "quickjs",
 * });
 * assertEquals(await ext.call("hi", "Ada"), "Hi Ada");
 * ```
 *
 * @module
 */

export * from "./capabilities/mod.ts";
export * from "./manifest/mod.ts";
export * from "./runtime/mod.ts";
