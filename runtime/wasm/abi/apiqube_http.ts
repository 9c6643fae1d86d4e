/** `host_http_request` of ApiQube: the request a plugin writes, and the answer it reads. @module */

import type { HostValue, OperationArgs } from "../../../capabilities/capability.ts";
import { isRecord, own, parseJson } from "./apiqube_json.ts";
import type { Json } from "./contract.ts";
import { answeredHeaders, sendableHeaders } from "./header_names.ts";

/** Redirects that are followed when the plugin says nothing else. */
const DEFAULT_REDIRECTS = 10;

const encoder = new TextEncoder();

/** What is wrong with a request; its message is the guest's to read. */
class Malformed extends Error {
  override readonly name = "Malformed";
}

/**
 * The arguments of `net.fetch` that a plugin's JSON stands for, or the text of the error that it
 * is answered with.
 */
export function parseHttpRequest(bytes: Uint8Array): OperationArgs | string {
  try {
    return fetchArgs(parseJson(bytes));
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError || error instanceof TypeError) {
      return `decode: ${error.message}`;
    }
    throw error;
  }
}

function fetchArgs(request: Json): OperationArgs {
  if (!isRecord(request)) throw new Malformed("the request must be an object");
  const read = <T extends Json>(key: string, fallback: T, type: string): T => {
    const value = own(request, key) ?? fallback;
    if (typeof value !== typeof fallback || Array.isArray(value)) {
      throw new Malformed(`"${key}" must be ${type}`);
    }
    return value as T;
  };
  const body = bytesOf(read("body", "", "a string of base64"));
  const timeoutMs = read("timeout_ms", 0, "a number");
  const maxRedirects = read("max_redirects", 0, "a number");
  const follow = read("follow_redirects", true, "true or false");
  const headers: { readonly [name: string]: Json } = read("headers", {}, "an object");
  if (!hasTextsOnly(headers)) throw new Malformed('"headers" must have strings only');
  return {
    url: read("url", "", "a string"),
    init: {
      method: read("method", "", "a string") || "GET",
      headers: sendableHeaders(headers),
      redirect: follow ? "follow" : "manual",
      maxRedirects: maxRedirects > 0 ? maxRedirects : DEFAULT_REDIRECTS,
      ...(body.length > 0 ? { body } : {}),
      ...(timeoutMs > 0 ? { timeoutMs } : {}),
    },
  };
}

function hasTextsOnly(
  headers: { readonly [name: string]: Json },
): headers is { readonly [name: string]: string } {
  return Object.values(headers).every((value) => typeof value === "string");
}

/** Standard base64 with its padding: what Go's encoder writes. */
function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
  } catch (cause) {
    throw new Malformed('"body" must be standard base64 with padding', { cause });
  }
}

/** The answer of a request that was done; what is empty is left out. */
export function httpAnswer(response: HostValue, durationMs: number): Uint8Array {
  const answer = fieldsOf(response);
  const { status, body } = answer;
  const headers = answeredHeaders(answer);
  return encoder.encode(JSON.stringify({
    status: typeof status === "number" ? status : 0,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(body instanceof Uint8Array && body.length > 0 ? { body: body.toBase64() } : {}),
    duration_ms: Math.floor(durationMs),
  }));
}

/** The answer of a request that could not be done. */
export function httpFailure(error: string, durationMs: number): Uint8Array {
  const duration = Math.floor(durationMs);
  return encoder.encode(JSON.stringify({ status: 0, duration_ms: duration, error }));
}

function fieldsOf(response: HostValue): { readonly [key: string]: HostValue } {
  const isObject = typeof response === "object" && response !== null &&
    !Array.isArray(response) && !(response instanceof Uint8Array);
  return isObject ? response as { readonly [key: string]: HostValue } : {};
}
