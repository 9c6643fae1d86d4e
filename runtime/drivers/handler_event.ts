/** Events as JSON for functions that handle them, and what such a function gives back. Pure. @module */

import type { HttpAnswer } from "../../capabilities/serving.ts";
import { notPossible } from "../../capabilities/serving.ts";
import type { Json } from "../../manifest/manifest.ts";
import type { Pairs, ServingEvent } from "./driver.ts";

/** What a handler does with a connection. */
export interface SocketAnswer {
  /** Text or bytes to send; `undefined` = nothing. */
  readonly send: { readonly opcode: 1 | 2; readonly payload: Uint8Array } | undefined;
  /** How to close it; `undefined` = it stays. */
  readonly close: { readonly code: number; readonly reason: string } | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The event as a handler gets it. */
export function eventJson(event: ServingEvent): string {
  return JSON.stringify(plainEvent(event));
}

function plainEvent(event: ServingEvent): { readonly [name: string]: unknown } {
  switch (event.kind) {
    case "http.request": {
      const { kind, id, method, path, params, query, headers, body } = event;
      const content = textOrBase64("body", body);
      const [asked, named] = [byName(query), joined(headers)];
      return { kind, id, method, path, params, query: asked, headers: named, ...content };
    }
    case "ws.open": {
      const { kind, connId, path, params, query, headers } = event;
      return { kind, connId, path, params, query: byName(query), headers: joined(headers) };
    }
    case "ws.frame": {
      const { kind, connId, opcode, payload } = event;
      return { kind, connId, opcode, ...textOrBase64("payload", payload) };
    }
    case "ws.close": {
      const { kind, connId, code, reason } = event;
      return { kind, connId, code, reason };
    }
  }
}

/** `name` as text, or `nameBase64` where the bytes are no text. */
function textOrBase64(name: string, bytes: Uint8Array): { readonly [name: string]: string } {
  try {
    return { [name]: decoder.decode(bytes) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { [name]: "", [`${name}Base64`]: bytes.toBase64() };
  }
}

/** A name that comes more than once has a list of values. */
function byName(pairs: Pairs): { readonly [name: string]: string | readonly string[] } {
  const found: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    const before = found[name];
    if (before === undefined) found[name] = value;
    else if (typeof before === "string") found[name] = [before, value];
    else before.push(value);
  }
  return found;
}

/** A header that comes more than once is one with commas, as HTTP has it. */
function joined(pairs: Pairs): { readonly [name: string]: string } {
  const found: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) {
    found[name] = found[name] === undefined ? value : `${found[name]}, ${value}`;
  }
  return found;
}

/**
 * What a handler answers a request with; `undefined` when it gave nothing.
 *
 * @throws {OperationError} `not-possible` for something else than an answer.
 */
export function httpAnswer(result: Uint8Array): HttpAnswer | undefined {
  const value = valueOf(result);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return { status: 200, headers: [TEXT], body: value };
  const { status = 0, headers = {}, body, bodyBase64, ...rest } = recordOf(value, ANSWER);
  refuseOthers(rest, ANSWER);
  if (typeof status !== "number") throw notPossible(`Cannot answer as ${ANSWER}`);
  const given = headerPairs(headers);
  const typed = given.some(([name]) => name.toLowerCase() === "content-type");
  if (bodyBase64 !== undefined) {
    return { status, headers: given, body: bytesOf(bodyBase64) };
  }
  if (body === undefined || typeof body === "string") {
    return { status, headers: typed ? given : [...given, TEXT], body: body ?? "" };
  }
  return { status, headers: typed ? given : [...given, JSON_TYPE], body: JSON.stringify(body) };
}

/**
 * What a handler does with the connection of its event.
 *
 * @throws {OperationError} `not-possible` for something else.
 */
export function socketAnswer(result: Uint8Array): SocketAnswer {
  const value = valueOf(result);
  if (value === undefined || value === null) return { send: undefined, close: undefined };
  if (typeof value === "string") {
    return { send: { opcode: 1, payload: encoder.encode(value) }, close: undefined };
  }
  const { payload, payloadBase64, close, ...rest } = recordOf(value, SOCKET_ANSWER);
  refuseOthers(rest, SOCKET_ANSWER);
  return {
    send: payloadBase64 !== undefined
      ? { opcode: 2, payload: bytesOf(payloadBase64) }
      : payload === undefined
      ? undefined
      : { opcode: 1, payload: encoder.encode(textOf(payload)) },
    close: close === undefined ? undefined : closeOf(close),
  };
}

const TEXT = ["content-type", "text/plain; charset=utf-8"] as const;
const JSON_TYPE = ["content-type", "application/json"] as const;
const ANSWER =
  "a handler gives nothing, text, or an object of status, headers, body and bodyBase64";
const SOCKET_ANSWER =
  "a handler gives nothing, text, or an object of payload, payloadBase64 and close";

function valueOf(result: Uint8Array): Json | undefined {
  if (result.length === 0) return undefined;
  try {
    return JSON.parse(decoder.decode(result));
  } catch {
    throw notPossible("Cannot answer as the handler's result is not JSON");
  }
}

function recordOf(value: Json, rule: string): { readonly [name: string]: Json | undefined } {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as { readonly [name: string]: Json };
  }
  throw notPossible(`Cannot answer as ${rule}`);
}

function refuseOthers(rest: { readonly [name: string]: unknown }, rule: string): void {
  if (Object.keys(rest).length > 0) throw notPossible(`Cannot answer as ${rule}`);
}

function closeOf(close: Json): { readonly code: number; readonly reason: string } {
  if (close === true) return { code: 1_000, reason: "" };
  const { code = 1_000, reason = "", ...rest } = recordOf(close, SOCKET_ANSWER);
  refuseOthers(rest, SOCKET_ANSWER);
  if (typeof code !== "number") throw notPossible(`Cannot answer as ${SOCKET_ANSWER}`);
  return { code, reason: textOf(reason) };
}

function textOf(value: Json): string {
  if (typeof value === "string") return value;
  throw notPossible("Cannot answer as text is expected");
}

function bytesOf(value: Json): Uint8Array {
  try {
    return Uint8Array.fromBase64(textOf(value));
  } catch (error) {
    if (error instanceof SyntaxError) throw notPossible("Cannot answer as that is not base64");
    throw error;
  }
}

function headerPairs(headers: Json): (readonly [string, string])[] {
  return Object.entries(recordOf(headers, ANSWER)).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value as Json]).map((one) => [name, textOf(one)] as const)
  );
}
