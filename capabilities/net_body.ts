/** Bodies of answers: read whole, but never beyond what one request and one extension may hold. @module */

import { joinChunks } from "./join_chunks.ts";

/** How many bytes one extension may have under way at once: a hundred large answers are one giant one. */
export const IN_FLIGHT_BYTES: number = 64 * 1024 * 1024;

/** Counts the bytes of all bodies of one extension that are being sent or received. */
export class BytesInFlight {
  readonly #over: (why: string) => Error;
  #left = IN_FLIGHT_BYTES;

  /** `over` makes the error of a body that is too much. */
  constructor(over: (why: string) => Error) {
    this.#over = over;
  }

  /** Counts `bytes` more; throws and counts nothing when that is too much. */
  take(bytes: number): void {
    if (bytes > this.#left) {
      throw this.#over(`more than ${IN_FLIGHT_BYTES} bytes would be under way`);
    }
    this.#left -= bytes;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.#left += bytes;
  }

  /** The error of an answer over `limit` bytes. */
  tooLarge(limit: number): Error {
    return this.#over(`the answer is larger than ${limit} bytes`);
  }
}

/** Reads the body of `response`, decompressed, of at most `limit` bytes. */
export async function readBody(
  response: Response,
  limit: number,
  inFlight: BytesInFlight,
): Promise<Uint8Array> {
  const { body, headers } = response;
  if (!body) return new Uint8Array(0);
  const announced = headers.has("content-encoding") ? NaN : Number(headers.get("content-length"));
  const reader = body.getReader();
  let size = 0;
  let whole = false;
  try {
    if (announced > limit) throw inFlight.tooLarge(limit);
    const chunks: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      inFlight.take(value.length);
      size += value.length;
      if (size > limit) throw inFlight.tooLarge(limit);
      chunks.push(value);
    }
    whole = true;
    return joinChunks(chunks, size);
  } finally {
    inFlight.give(size);
    // a server that goes on sending is cut off
    if (!whole) await reader.cancel().catch(() => {});
  }
}
