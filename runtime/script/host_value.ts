/** Arguments and results of host operations as text: JSON in which bytes are marked. Host side. @module */

import type { HostValue, OperationArgs } from "../../capabilities/capability.ts";
import { Fault } from "../errors.ts";

/** Nesting of a value: a deeper one would exhaust the stack of whoever walks it. */
const DEPTH_LIMIT = 256;

/**
 * Values in one text: millions of empty lists in a payload's sixteen megabytes would hold the host's
 * thread for more than a second [measured], again with each operation.
 */
const VALUES_LIMIT = 500_000;

/** Text for a realm: bytes become `{"$bytes": base64}`; `undefined` is empty text. */
export function encodeHostValue(value: HostValue): string {
  return JSON.stringify(mark(value, 0)) ?? "";
}

function mark(value: HostValue, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEPTH_LIMIT) throw new Fault("bad-guest-data", "a value is nested too deeply");
  if (value instanceof Uint8Array) return { $bytes: value.toBase64() };
  if (Array.isArray(value)) return value.map((item: HostValue) => mark(item, depth + 1) ?? null);
  const out = Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, mark(member, depth + 1)]),
  );
  return "$bytes" in out || "$object" in out ? { $object: out } : out;
}

/**
 * The value that text of a realm stands for.
 *
 * @throws {Fault} `bad-guest-data` when it is malformed.
 */
export function decodeHostValue(text: string): HostValue {
  if (text === "") return undefined;
  if (text.length > VALUES_LIMIT && countValues(text) > VALUES_LIMIT) {
    throw new Fault("bad-guest-data", `a value consists of more than ${VALUES_LIMIT} others`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new Fault("bad-guest-data", "a value is not JSON", { cause });
  }
  return unmark(parsed, 0);
}

/** Values in a text of JSON, without making any: what opens one, and what stands before the next. */
function countValues(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) {
          if (text.charCodeAt(at) === 0x5c) at++;
        }
        break;
      case 0x2c: // ,
      case 0x5b: // [
      case 0x7b: // {
        count++;
    }
  }
  return count;
}

function unmark(value: unknown, depth: number): HostValue {
  if (typeof value !== "object" || value === null) return value as HostValue;
  if (depth > DEPTH_LIMIT) throw new Fault("bad-guest-data", "a value is nested too deeply");
  if (Array.isArray(value)) return value.map((item: unknown) => unmark(item, depth + 1));
  const record = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(record, "$bytes")) return bytesOf(record.$bytes);
  const inner = Object.hasOwn(record, "$object") ? record.$object : record;
  if (typeof inner !== "object" || inner === null) {
    throw new Fault("bad-guest-data", "a value is marked wrongly");
  }
  // fromEntries makes own properties, "__proto__" included.
  return Object.fromEntries(
    Object.entries(inner).map(([key, member]) => [key, unmark(member, depth + 1)]),
  );
}

function bytesOf(base64: unknown): Uint8Array {
  try {
    if (typeof base64 === "string") return Uint8Array.fromBase64(base64);
  } catch { /* said below */ }
  throw new Fault("bad-guest-data", "bytes are not base64");
}

/**
 * The named arguments that text of a realm stands for.
 *
 * @throws {Fault} `bad-guest-data` when it is malformed.
 */
export function decodeArguments(text: string): OperationArgs {
  const args = decodeHostValue(text);
  if (
    typeof args === "object" && args !== null && !Array.isArray(args) &&
    !(args instanceof Uint8Array)
  ) return args as OperationArgs;
  throw new Fault("bad-guest-data", "the arguments of an operation are no record");
}
