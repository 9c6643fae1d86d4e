/**
 * The host calls of GoatKit plugins: what each is asked with and answered with, as JSON. Whoever
 * answers them, capabilities or an embedder, reads and writes them by this table.
 *
 * @module
 */

import type { Json } from "./contract.ts";
import { type Fields, isFields, own } from "./gk_reader.ts";

/** `db_query` and `db_exec`. */
export interface GkStatement {
  /** The SQL. */
  readonly query: string;
  /** Values for its `?`. */
  readonly args: readonly Json[];
}

/** `cache_set`. */
export interface GkCacheEntry {
  /** Where it is kept. */
  readonly key: string;
  /** What is kept. */
  readonly value: Uint8Array;
  /** Seconds it is kept; 0 = for good. */
  readonly ttl: number;
}

/** `http_request`. */
export interface GkHttpRequest {
  /** The method; `GET` where the plugin names none. */
  readonly method: string;
  /** Where to. */
  readonly url: string;
  /** Headers by name. */
  readonly headers: { readonly [name: string]: string };
  /** The body; empty where there is none. */
  readonly body: Uint8Array;
}

/** `send_email`. */
export interface GkEmail {
  /** The receiver. */
  readonly to: string;
  /** The subject. */
  readonly subject: string;
  /** The text. */
  readonly body: string;
  /** Whether the text is HTML. */
  readonly html: boolean;
}

/** `translate`. */
export interface GkPhrase {
  /** The key of the text. */
  readonly key: string;
  /** What is put into it. */
  readonly args: readonly Json[] | { readonly [name: string]: Json };
}

/** `plugin_call`. */
export interface GkPluginCall {
  /** Name of the extension. */
  readonly plugin: string;
  /** Its function. */
  readonly function: string;
  /** Its arguments; `undefined` for none. */
  readonly args: Json | undefined;
}

/** What each host call is asked with. */
export interface GkRequests {
  /** Reads rows. */
  readonly db_query: GkStatement;
  /** Changes rows. */
  readonly db_exec: GkStatement;
  /** Reads from the cache. */
  readonly cache_get: { readonly key: string };
  /** Writes to the cache. */
  readonly cache_set: GkCacheEntry;
  /** Removes from the cache. */
  readonly cache_delete: { readonly key: string };
  /** Sends an HTTP request. */
  readonly http_request: GkHttpRequest;
  /** Sends an e-mail. */
  readonly send_email: GkEmail;
  /** Reads the configuration. */
  readonly config_get: { readonly key: string };
  /** Translates a text. */
  readonly translate: GkPhrase;
  /** Calls another plugin. */
  readonly plugin_call: GkPluginCall;
}

/** Names of the host calls. */
export type GkCallName = keyof GkRequests;

/** A request that is none; its message says why. */
export class GkRequestError extends TypeError {
  override readonly name = "GkRequestError";
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The fields of a request; none at all for no bytes.
 *
 * @throws {GkRequestError} for anything but a JSON object.
 */
export function requestFields(bytes: Uint8Array): Fields {
  if (bytes.length === 0) return {};
  let value: Json;
  try {
    value = JSON.parse(decoder.decode(bytes)) as Json;
  } catch (cause) {
    throw new GkRequestError("its arguments must be JSON in UTF-8", { cause });
  }
  if (value === null) return {};
  if (!isFields(value)) throw new GkRequestError("its arguments must be an object");
  return value;
}

/** How each request is read; a {@linkcode GkRequestError} says what is wrong. */
export const GK_REQUESTS: {
  readonly [Name in GkCallName]: (fields: Fields) => GkRequests[Name];
} = Object.freeze({
  db_query: statementIn,
  db_exec: statementIn,
  cache_get: keyIn,
  cache_set: (fields) => ({
    ...keyIn(fields),
    value: bytesIn(fields, "value"),
    ttl: numberIn(fields, "ttl"),
  }),
  cache_delete: keyIn,
  http_request: (fields) => ({
    method: textIn(fields, "method").toUpperCase() || "GET",
    url: textIn(fields, "url"),
    headers: headersIn(fields),
    body: bytesIn(fields, "body"),
  }),
  send_email: (fields) => ({
    to: textIn(fields, "to"),
    subject: textIn(fields, "subject"),
    body: textIn(fields, "body"),
    html: flagIn(fields, "html"),
  }),
  config_get: keyIn,
  translate: (fields) => ({ ...keyIn(fields), args: phraseArgsIn(fields) }),
  plugin_call: (fields) => ({
    plugin: textIn(fields, "plugin"),
    function: textIn(fields, "function"),
    args: own(fields, "args"),
  }),
});

/** Whether there is a host call of that name. */
export function isGkCall(name: string): name is GkCallName {
  return Object.hasOwn(GK_REQUESTS, name);
}

const encoder = new TextEncoder();

/** The bytes of an answer. */
export function answerBytes(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** The answer to `cache_get`. */
export function cacheAnswer(value: Uint8Array | null | undefined): Json {
  return { value: value?.toBase64() ?? null, found: value !== null && value !== undefined };
}

/** The answer to `http_request`. */
export function httpAnswer(status: number, body: Uint8Array): Json {
  return { status, body: body.toBase64() };
}

/** A value of the configuration as plugins read it: they take strings only. */
export function configAnswer(value: unknown): Json {
  if (value === undefined || value === null) return { value: "" };
  return { value: typeof value === "string" ? value : JSON.stringify(value) };
}

function textIn(fields: Fields, key: string): string {
  const value = own(fields, key) ?? "";
  if (typeof value === "string") return value;
  throw new GkRequestError(`"${key}" must be a string`);
}

function keyIn(fields: Fields): { readonly key: string } {
  return { key: textIn(fields, "key") };
}

function numberIn(fields: Fields, key: string): number {
  const value = own(fields, key) ?? 0;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new GkRequestError(`"${key}" must be a number`);
}

function flagIn(fields: Fields, key: string): boolean {
  const value = own(fields, key) ?? false;
  if (typeof value === "boolean") return value;
  throw new GkRequestError(`"${key}" must be true or false`);
}

function listIn(fields: Fields, key: string): readonly Json[] {
  const value = own(fields, key) ?? [];
  if (Array.isArray(value)) return value;
  throw new GkRequestError(`"${key}" must be an array`);
}

/** Standard base64 with its padding: what Go's encoder writes. */
function bytesIn(fields: Fields, key: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(textIn(fields, key), { lastChunkHandling: "strict" });
  } catch (cause) {
    if (cause instanceof GkRequestError) throw cause;
    throw new GkRequestError(`"${key}" must be standard base64 with padding`, { cause });
  }
}

function headersIn(fields: Fields): { readonly [name: string]: string } {
  const value = own(fields, "headers") ?? {};
  if (!isFields(value)) throw new GkRequestError('"headers" must be an object');
  for (const each of Object.values(value)) {
    if (typeof each !== "string") throw new GkRequestError('"headers" must have strings only');
  }
  return value as { readonly [name: string]: string };
}

/** Beyond this no 64-bit integer is meant. */
const INTEGERS_END = 2 ** 63;

/** A silently rounded key is another row's. */
function isRounded(value: Json): boolean {
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) &&
    Math.abs(value) < INTEGERS_END;
}

function statementIn(fields: Fields): GkStatement {
  const args = listIn(fields, "args");
  if (args.some(isRounded)) {
    throw new GkRequestError('"args" has an integer that is no exact number: pass it as text');
  }
  return { query: textIn(fields, "query"), args };
}

function phraseArgsIn(fields: Fields): GkPhrase["args"] {
  const value = own(fields, "args") ?? [];
  if (Array.isArray(value) || isFields(value)) return value;
  throw new GkRequestError('"args" must be an array or an object');
}
