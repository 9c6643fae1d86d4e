/** Host calls of GoatKit plugins that an embedder answers itself, each typed. @module */

import type { HostFunction, HostFunctionContext } from "./contract.ts";
import { hostFunction } from "./host_functions.ts";
import {
  answerBytes,
  cacheAnswer,
  configAnswer,
  GK_REQUESTS,
  type GkCacheEntry,
  type GkCallName,
  type GkEmail,
  type GkHttpRequest,
  type GkPhrase,
  type GkPluginCall,
  type GkRequests,
  type GkStatement,
  httpAnswer,
  requestFields,
} from "./wasm/abi/gk_calls_json.ts";

/**
 * The host of GoatKit plugins, as an embedder provides it: any part of it. What is left out is answered
 * by capabilities. An exception fails the plugin's call; its message goes to the log.
 */
export interface GoatHost {
  /** `db_query`: rows by column; the plugin gets `null` for none. */
  readonly dbQuery?: (
    statement: GkStatement,
    context: HostFunctionContext,
  ) =>
    | readonly { readonly [column: string]: unknown }[]
    | null
    | Promise<readonly { readonly [column: string]: unknown }[] | null>;
  /** `db_exec`: how many rows were changed. */
  readonly dbExec?: (
    statement: GkStatement,
    context: HostFunctionContext,
  ) => number | Promise<number>;
  /** `cache_get`: the value, or nothing. */
  readonly cacheGet?: (
    key: string,
    context: HostFunctionContext,
  ) => Uint8Array | null | undefined | Promise<Uint8Array | null | undefined>;
  /** `cache_set`. */
  readonly cacheSet?: (entry: GkCacheEntry, context: HostFunctionContext) => void | Promise<void>;
  /** `cache_delete`. */
  readonly cacheDelete?: (key: string, context: HostFunctionContext) => unknown;
  /** `http_request`. */
  readonly httpRequest?: (
    request: GkHttpRequest,
    context: HostFunctionContext,
  ) =>
    | { readonly status: number; readonly body: Uint8Array }
    | Promise<{ readonly status: number; readonly body: Uint8Array }>;
  /** `send_email`. */
  readonly sendEmail?: (email: GkEmail, context: HostFunctionContext) => void | Promise<void>;
  /** `config_get`: what is no string reaches the plugin as its JSON, nothing as the empty string. */
  readonly configGet?: (key: string, context: HostFunctionContext) => unknown;
  /** `translate`; `undefined` leaves the key as it is. */
  readonly translate?: (
    phrase: GkPhrase,
    context: HostFunctionContext,
  ) => string | undefined | Promise<string | undefined>;
  /** `plugin_call`: what JSON can say; `undefined` for no result. */
  readonly pluginCall?: (call: GkPluginCall, context: HostFunctionContext) => unknown;
}

type Answering = {
  readonly [Name in GkCallName]: (
    host: GoatHost,
  ) => ((request: GkRequests[Name], context: HostFunctionContext) => Promise<unknown>) | undefined;
};

const DONE = Object.freeze({ ok: true });

/** How each host call is answered by its function. A method may need its object, so it is called on it. */
const ANSWERING: Answering = {
  db_query: (host) =>
    host.dbQuery && (async (statement, context) => {
      const rows = await host.dbQuery?.(statement, context);
      return rows === undefined || rows?.length === 0 ? null : rows;
    }),
  db_exec: (host) =>
    host.dbExec && (async (statement, context) => ({
      affected: await host.dbExec?.(statement, context),
    })),
  cache_get: (host) =>
    host.cacheGet &&
    (async ({ key }, context) => cacheAnswer(await host.cacheGet?.(key, context))),
  cache_set: (host) =>
    host.cacheSet &&
    (async (entry, context) => (await host.cacheSet?.(entry, context), DONE)),
  cache_delete: (host) =>
    host.cacheDelete &&
    (async ({ key }, context) => (await host.cacheDelete?.(key, context), DONE)),
  http_request: (host) =>
    host.httpRequest && (async (request, context) => {
      const response = await host.httpRequest?.(request, context);
      return httpAnswer(response?.status ?? 0, response?.body ?? new Uint8Array(0));
    }),
  send_email: (host) =>
    host.sendEmail &&
    (async (email, context) => (await host.sendEmail?.(email, context), DONE)),
  config_get: (host) =>
    host.configGet &&
    (async ({ key }, context) => configAnswer(await host.configGet?.(key, context))),
  translate: (host) =>
    host.translate && (async (phrase, context) => ({
      value: await host.translate?.(phrase, context) ?? phrase.key,
    })),
  plugin_call: (host) =>
    host.pluginCall && ((call, context) => Promise.resolve(host.pluginCall?.(call, context))),
};

/**
 * The functions of `host` as `hostFunctions` of a load. What a plugin's permissions do not allow it
 * cannot reach here either; what is answered here needs no grant.
 *
 * @throws {TypeError} for a member that is no function.
 *
 * @example
 * ```ts
 * import { goatHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const functions = goatHost({
 *   configGet: (key) => key === "motto" ? "be kind" : undefined,
 *   async sendEmail({ to, subject }) {
 *     await Promise.resolve(`${to}: ${subject}`);
 *   },
 * });
 * assertEquals(functions.map(({ name }) => name), ["send_email", "config_get"]);
 * // host.load("plugin.wasm", { hostFunctions: functions })
 * ```
 */
export function goatHost(host: GoatHost): readonly HostFunction[] {
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || typeof value === "function") continue;
    throw new TypeError(
      `Cannot take the host's "${name}" as it must be a function: current value is a ${typeof value}`,
    );
  }
  return Object.freeze((Object.keys(ANSWERING) as GkCallName[]).flatMap((name) => {
    // Each entry of one table takes what the entry of its name in the other gives.
    const answer = ANSWERING[name](host) as
      | ((request: unknown, context: HostFunctionContext) => Promise<unknown>)
      | undefined;
    if (answer === undefined) return [];
    const run = async (payload: Uint8Array, context: HostFunctionContext) => {
      const value = await answer(GK_REQUESTS[name](requestFields(payload)), context);
      return value === undefined ? undefined : answerBytes(value);
    };
    return [hostFunction(name, run, { async: true })];
  }));
}
