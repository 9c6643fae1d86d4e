/** Reads a request: where it goes, what it says, and its body within limits. @module */

import { joinChunks } from "../../capabilities/join_chunks.ts";
import type { Pairs } from "../drivers/driver.ts";
import { plainReply, type Reply } from "./reply.ts";

/** Where a request goes, decoded. */
export interface Target {
  readonly path: string;
  readonly segments: readonly string[];
  readonly query: Pairs;
}

/** Most parameters of a query: each becomes a value in the guest. */
const QUERY_LIMIT = 1_000;

/** The target of a request; a reply where it makes no sense. */
export function targetOf(url: string, headChars: number): Target | Reply {
  if (url.length > headChars) return plainReply(414, "target too long");
  let parsed: URL;
  const segments: string[] = [];
  try {
    parsed = new URL(url);
    for (const part of parsed.pathname.slice(1).split("/")) {
      const segment = decodeURIComponent(part);
      if (segment.includes("\0")) return plainReply(400, "bad path");
      segments.push(segment);
    }
  } catch (error) {
    if (error instanceof URIError || error instanceof TypeError) return plainReply(400, "bad path");
    throw error;
  }
  const query: (readonly [string, string])[] = [];
  for (const pair of parsed.searchParams) {
    if (query.length >= QUERY_LIMIT) return plainReply(400, "query too long");
    query.push(pair);
  }
  return { path: `/${segments.join("/")}`, segments, query };
}

/** Headers in the order they came, but for the host's own name; a reply where they are too long. */
export function headersOf(headers: Headers, headChars: number): Pairs | Reply {
  const pairs: (readonly [string, string])[] = [];
  let size = 0;
  for (const [name, value] of headers) {
    size += name.length + value.length;
    if (size > headChars) return plainReply(431, "headers too long");
    if (name !== "host") pairs.push([name, value]);
  }
  return pairs;
}

/** Bytes of clients that may be held at a time: by the whole host, or by one extension, which counts for both. */
export class HeldBytes {
  readonly #limit: number;
  readonly #all: HeldBytes | undefined;
  #held = 0;

  constructor(limit: number, all?: HeldBytes) {
    this.#limit = limit;
    this.#all = all;
  }

  /** Takes `size` more, if they are to be had. */
  take(size: number): boolean {
    if (this.#held + size > this.#limit || this.#all?.take(size) === false) return false;
    this.#held += size;
    return true;
  }

  give(size: number): void {
    this.#held -= size;
    this.#all?.give(size);
  }
}

/** How a body is read. */
export interface BodyLimits {
  readonly bodyBytes: number;
  readonly bodyMs: number;
}

const EMPTY = new Uint8Array();

/**
 * All of a request's body. What it took of `held` is the caller's to give back: `held.give(body.length)`.
 * A reply where it is too large, too slow, or broken off; then nothing is held.
 */
export async function bodyOf(
  request: Request,
  { bodyBytes, bodyMs }: BodyLimits,
  held: HeldBytes,
): Promise<Uint8Array | Reply> {
  if (!request.body) return EMPTY;
  if (Number(request.headers.get("content-length") ?? 0) > bodyBytes) {
    return plainReply(413, "body too large");
  }
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {}); // the client may be gone already
  }, bodyMs);
  let failure: Reply | undefined;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (size + value.length > bodyBytes) failure = plainReply(413, "body too large");
      else if (!held.take(value.length)) failure = plainReply(503, "too many bodies");
      if (failure) break;
      size += value.length;
      chunks.push(value);
    }
  } catch {
    failure = plainReply(400, "body broken off");
  } finally {
    clearTimeout(timer);
  }
  if (late) failure = plainReply(408, "body too slow");
  if (failure) {
    held.give(size);
    reader.cancel().catch(() => {}); // nobody reads the rest
    return failure;
  }
  return joinChunks(chunks, size);
}
