/** What a guest wants fetched, checked before anything is sent. @module */

import type { HostValue, OperationArgs } from "./capability.ts";

/** One request, and how far it may go. */
export interface NetRequest {
  readonly url: URL;
  /** In upper case. */
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  /** Whether redirects are followed; else they are the answer. */
  readonly follow: boolean;
  readonly maxRedirects: number;
  /** For everything, redirects and body included. */
  readonly timeoutMs: number;
  /** Of the answer's body, decompressed. */
  readonly responseBytes: number;
}

/** Each default and cap. The comment names the attack it stops. */
const LIMITS = Object.freeze({
  // a chain of redirects that never ends
  maxRedirects: { standard: 10, most: 50 },
  // an answer that trickles
  timeoutMs: { standard: 30_000, most: 600_000 },
  // an answer that fills the memory, or unpacks to one that does
  responseBytes: { standard: 16 * 1024 * 1024, most: 64 * 1024 * 1024 },
});
/** Bytes of all names and values: a server is not to be drowned in them. */
const HEADER_BYTES = 64 * 1024;

const METHOD = /^[A-Z0-9!#$%&'*+.^_`|~-]{1,32}$/;
/** Methods that open a tunnel or mirror credentials. */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);
/** Headers that belong to the connection, or say where it goes: the host writes them. */
const FORBIDDEN_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** Bytes as HTTP/1.1 has them, without those that end a header. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const INIT_KEYS: ReadonlySet<string> = new Set([
  "method",
  "headers",
  "body",
  "redirect",
  ...Object.keys(LIMITS),
]);

/**
 * Reads the arguments of `net.fetch`.
 *
 * @throws {TypeError} saying which of them is wrong.
 */
export function parseNetRequest({ url, init }: OperationArgs): NetRequest {
  const options = recordOf(init ?? {}, "init");
  for (const key of Object.keys(options)) {
    if (!INIT_KEYS.has(key)) throw wrong(`init has an unknown member "${key.slice(0, 32)}"`);
  }
  const method = methodOf(options["method"]);
  const body = bodyOf(options["body"]);
  if (body && (method === "GET" || method === "HEAD")) {
    throw wrong(`a ${method} request has no body`);
  }
  return {
    url: urlOf(url),
    method,
    headers: headersOf(options["headers"]),
    body,
    follow: followsOf(options["redirect"]),
    maxRedirects: countOf(options, "maxRedirects", 0),
    timeoutMs: countOf(options, "timeoutMs", 1),
    responseBytes: countOf(options, "responseBytes", 0),
  };
}

/** A method in upper case; `undefined` when it is none, or one that is never allowed. */
export function canonicalMethod(text: string): string | undefined {
  const method = text.toUpperCase();
  return METHOD.test(method) && !FORBIDDEN_METHODS.has(method) ? method : undefined;
}

function urlOf(value: HostValue): URL {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (!url) throw wrong("its url must be an absolute URL");
  return url;
}

function methodOf(value: HostValue): string {
  if (value === undefined || value === null) return "GET";
  const method = typeof value === "string" ? canonicalMethod(value) : undefined;
  if (method === undefined) throw wrong("its method must be a word, and not one for proxies");
  return method;
}

function headersOf(value: HostValue): Headers {
  const headers = new Headers();
  let size = 0;
  for (const [name, content] of Object.entries(recordOf(value ?? {}, "init.headers"))) {
    if (!HEADER_NAME.test(name)) throw wrong("the name of a header must be a word");
    const lower = name.toLowerCase();
    if (FORBIDDEN_HEADERS.has(lower) || lower.startsWith("proxy-")) {
      throw wrong(`the header "${lower}" is the host's to write`);
    }
    if (typeof content !== "string" || !HEADER_VALUE.test(content)) {
      throw wrong(`the header "${lower}" must be text on one line`);
    }
    size += name.length + content.length;
    if (size > HEADER_BYTES) throw wrong(`its headers must be under ${HEADER_BYTES} bytes`);
    headers.append(lower, content);
  }
  return headers;
}

function bodyOf(value: HostValue): Uint8Array<ArrayBuffer> | undefined {
  if (value === undefined || value === null) return undefined;
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) throw wrong("its body must be bytes or text");
  // a copy: what is sent later must be what was there now
  return bytes.length === 0 ? undefined : new Uint8Array(bytes);
}

function followsOf(value: HostValue): boolean {
  if (value === undefined || value === null || value === "follow") return true;
  if (value === "manual") return false;
  throw wrong('its redirect must be "follow" or "manual"');
}

function countOf(
  options: { readonly [key: string]: HostValue },
  name: keyof typeof LIMITS,
  least: number,
): number {
  const value = options[name];
  const { standard, most } = LIMITS[name];
  if (value === undefined || value === null) return standard;
  if (Number.isSafeInteger(value) && (value as number) >= least) {
    return Math.min(value as number, most);
  }
  throw wrong(`its ${name} must be a whole number from ${least}`);
}

function recordOf(value: HostValue, what: string): { readonly [key: string]: HostValue } {
  if (
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  ) return value as { readonly [key: string]: HostValue };
  throw wrong(`${what} must be an object`);
}

function wrong(why: string): TypeError {
  return new TypeError(`Cannot fetch as ${why}`);
}
