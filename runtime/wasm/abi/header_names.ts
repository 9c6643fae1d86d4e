/**
 * HTTP headers in the form that guests made with Go expect: their maps are indexed by canonical
 * names (`Content-Type`) and hold one value each, while a host hands out lower case and joins.
 *
 * @module
 */

import type { HostValue } from "../../../capabilities/capability.ts";

/** What a header's name may consist of; any other name stays as it is. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A header's name with each word capitalised: `x-trace-id` → `X-Trace-Id`. */
export function canonicalHeader(name: string): string {
  if (!TOKEN.test(name)) return name;
  return name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

/**
 * Headers under their canonical names, the first value of each only. `headers` is a list of
 * `[name, value]` pairs, or a record of values or lists of them; anything else in it is left out.
 */
export function firstValues(headers: HostValue): { readonly [name: string]: string } {
  const found = new Map<string, string>();
  for (const [name, value] of pairsOf(headers)) {
    const canonical = canonicalHeader(name);
    const first = Array.isArray(value) ? value[0] : value;
    if (typeof first === "string" && !found.has(canonical)) found.set(canonical, first);
  }
  // Own members even where somebody names one "__proto__".
  return Object.fromEntries(found);
}

/**
 * The headers of an answer of `net.fetch`. Of several cookies it is the first one; several values
 * of another header come joined by commas, as the host's own fetch gives nothing else.
 */
export function answeredHeaders(
  { headers, setCookies }: { readonly [key: string]: HostValue },
): { readonly [name: string]: string } {
  const [cookie] = Array.isArray(setCookies) ? setCookies : [];
  return { ...firstValues(headers), ...(typeof cookie === "string" ? { [COOKIE]: cookie } : {}) };
}

const COOKIE = "Set-Cookie";

const OF_CONNECTION: ReadonlySet<string> = new Set([
  ...["connection", "content-length", "expect", "host", "http2-settings", "keep-alive"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);

/** Whether a header belongs to the connection, which is the host's: guests write it without effect. */
export function isOfConnection(name: string): boolean {
  return OF_CONNECTION.has(name.toLowerCase());
}

/**
 * The headers of a guest's request that can be sent: Go's own client writes those that belong to
 * the connection itself, so guests made for it may set them without effect.
 */
export function sendableHeaders(
  headers: { readonly [name: string]: string },
): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !isOfConnection(name)),
  );
}

function pairsOf(headers: HostValue): readonly (readonly [string, unknown])[] {
  if (Array.isArray(headers)) return headers.filter(isPair);
  return typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
}

function isPair(value: unknown): value is readonly [string, unknown] {
  return Array.isArray(value) && typeof value[0] === "string";
}
