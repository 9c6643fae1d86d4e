/** Fetches a module, with limits on its size and on every wait. @module */

import { powers } from "../capabilities/powers.ts";
import { withDeadline } from "./deadline.ts";
import { Fault } from "./errors.ts";

/** Milliseconds a server may take to answer: one that never does must not hold a load for ever. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Milliseconds a body may take: a server that stops sending must not hold a load for ever. */
const BODY_TIMEOUT_MS = 60_000;

/**
 * What the server of `url` answers.
 *
 * @throws {Fault} `unsupported` when it cannot be reached, `timeout` when it does not answer.
 */
export async function request(
  url: URL,
  signal: AbortSignal | undefined,
  timeoutMs: number = ANSWER_TIMEOUT_MS,
): Promise<Response> {
  const connection = new AbortController();
  const limit = { deadline: performance.now() + timeoutMs, signal };
  try {
    return await withDeadline(
      powers.fetch(url, { signal: connection.signal }),
      limit,
      (reason) => connection.abort(reason),
    );
  } catch (cause) {
    // what fetch throws for a connection that fails; a missing permission is another error
    if (cause instanceof TypeError) {
      throw new Fault("unsupported", "it cannot be fetched", { cause });
    }
    throw cause;
  }
}

/**
 * The bytes of `response`.
 *
 * @throws {Fault} `unsupported` when it is no success, was read before, or has more than `limit`
 * bytes; `timeout` when it takes longer than a minute.
 */
export async function download(
  response: Response,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (!response.ok) {
    // unread, it would hold its connection
    await response.body?.cancel().catch(() => {});
    throw new Fault("unsupported", `the server answered ${response.status}`);
  }
  if (!response.body || response.bodyUsed) {
    throw new Fault("unsupported", "the response has no body, or it was read before");
  }
  const end = AbortSignal.timeout(BODY_TIMEOUT_MS);
  const stop = signal ? AbortSignal.any([signal, end]) : end;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    // piping takes a signal; reading in a loop does not
    await response.body.pipeTo(
      new WritableStream({
        write(chunk: Uint8Array<ArrayBuffer>) {
          size += chunk.length;
          if (size > limit) {
            throw new Fault("unsupported", `the response is larger than ${limit} bytes`);
          }
          chunks.push(chunk);
        },
      }),
      { signal: stop },
    );
  } catch (error) {
    if (end.aborted && error === end.reason) throw new Fault("timeout", "", { cause: error });
    throw error;
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
