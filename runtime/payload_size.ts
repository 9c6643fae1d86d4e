/** How large what goes into a call and comes out of it may be. @module */

import type { Payload } from "./contract.ts";
import { Fault } from "./errors.ts";

const encoder = new TextEncoder();

/**
 * Checks what goes into a call against a limit in bytes.
 *
 * @throws {TypeError} for what is no payload.
 * @throws {Fault} `payload-limit` for one that is too large.
 */
export function checkPayload(payload: unknown, limit: number): asserts payload is Payload {
  // a UTF-16 unit becomes at most three bytes, so most text needs no counting
  const size = payload instanceof Uint8Array
    ? payload.byteLength
    : typeof payload !== "string"
    ? undefined
    : payload.length * 3 <= limit
    ? payload.length
    : encoder.encode(payload).length;
  if (size === undefined) {
    throw new TypeError(
      `Cannot call as a payload is a Uint8Array or a string: current value is a ${typeof payload}`,
    );
  }
  if (size > limit) throw tooLarge("payload", size, limit);
}

/**
 * Gives what came out of a call, if it is within a limit in bytes.
 *
 * @throws {Fault} `payload-limit` for one that is too large.
 */
export function checkResult(result: Uint8Array, limit: number): Uint8Array {
  if (result.byteLength <= limit) return result;
  throw tooLarge("result", result.byteLength, limit);
}

function tooLarge(what: string, size: number, limit: number): Fault {
  return new Fault(
    "payload-limit",
    `the ${what} of ${size} bytes is larger than the limit of ${limit}`,
  );
}
