/** How large what goes into a call and comes out of it may be. @module */

import type { Payload } from "./contract.ts";
import { Fault } from "./errors.ts";
import { decodeUtf8 } from "./utf8.ts";

const encoder = new TextEncoder();

/**
 * Checks what goes into a call against a limit in bytes.
 *
 * @throws {TypeError} for what is no payload.
 * @throws {Fault} `payload-limit` for one that is too large.
 */
export function checkPayload(payload: unknown, limit: number): asserts payload is Payload {
  if (!(payload instanceof Uint8Array) && typeof payload !== "string") {
    throw new TypeError(
      `Cannot call as a payload is a Uint8Array or a string: current value is a ${typeof payload}`,
    );
  }
  const size = sizeOf(payload, limit);
  if (size > limit) throw tooLarge("payload", size, limit);
}

/**
 * Gives what came out of a call, if it is within a limit in bytes.
 *
 * @throws {Fault} `payload-limit` for one that is too large.
 */
export function checkResult<Result extends Payload>(result: Result, limit: number): Result {
  const size = sizeOf(result, limit);
  if (size <= limit) return result;
  throw tooLarge("result", size, limit);
}

/** Bytes of a payload; of short text only more than there can be too many of. */
function sizeOf(payload: Payload, limit: number): number {
  if (typeof payload !== "string") return payload.byteLength;
  // a UTF-16 unit becomes at most three bytes, so most text needs no counting
  return payload.length * 3 <= limit ? payload.length : encoder.encode(payload).length;
}

/**
 * Text that came out of a call, or the text of its bytes.
 *
 * @throws {Fault} `bad-guest-data` for bytes that are no UTF-8.
 */
export function textOf(result: Payload): string {
  if (typeof result === "string") return result;
  try {
    return decodeUtf8(result);
  } catch (cause) {
    throw new Fault("bad-guest-data", "its result is not UTF-8", { cause });
  }
}

function tooLarge(what: string, size: number, limit: number): Fault {
  return new Fault(
    "payload-limit",
    `the ${what} of ${size} bytes is larger than the limit of ${limit}`,
  );
}
