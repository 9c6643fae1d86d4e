/** What goes back to a client: an extension's answer after it was checked, or a plain sentence of the host. @module */

import { notPossible } from "../../capabilities/serving.ts";
import type { HttpAnswer } from "../../capabilities/serving.ts";

/** An answer that can be sent as it is. */
export interface Reply {
  /** From 200 to 599. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array | string | null;
  /** Whether the host had to answer for an extension. */
  readonly ours: boolean;
}

/** Statuses that have no body. */
const EMPTY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Headers that belong to the connection, which is the host's: an extension that sets them could end a
 * message early or begin another in its place. They are left out, as many programs set them dutifully.
 */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Characters of all headers of an answer: more would not be read by any client. */
const HEAD_LIMIT = 64 * 1024;

/**
 * Checks an answer: nothing of it may break out of its place in the message.
 *
 * @throws {OperationError} `not-possible`.
 */
export function checkedReply({ status, headers: pairs, body }: HttpAnswer): Reply {
  const code = status === 0 ? 200 : status;
  if (!Number.isInteger(code) || code < 200 || code > 599) {
    throw notPossible("Cannot answer as the status must be from 200 to 599");
  }
  const headers = new Headers();
  let size = 0;
  for (const [name, value] of pairs) {
    size += name.length + value.length;
    if (size > HEAD_LIMIT) throw notPossible("Cannot answer as the headers are too long");
    if (OF_THE_CONNECTION.has(name.toLowerCase())) continue;
    try {
      headers.append(name, value);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw notPossible("Cannot answer as a header has characters that none may have");
    }
  }
  return { status: code, headers, body: EMPTY_STATUSES.has(code) ? null : body, ours: false };
}

/** One sentence of the host's own. */
export function plainReply(status: number, text: string): Reply {
  const headers = new Headers({ "content-type": "text/plain; charset=utf-8" });
  return { status, headers, body: text, ours: true };
}

/** The response; without a body for a request that wants none. */
export function responseOf({ status, headers, body }: Reply, method: string): Response {
  const content = method === "HEAD" ? null : body;
  return new Response(content as BodyInit | null, { status, headers });
}
