/** One request from its first hop to the last byte of its answer, each hop checked before it is sent. @module */

import type { HostValue } from "./capability.ts";
import { abortable } from "./abortable.ts";
import { type BytesInFlight, readBody } from "./net_body.ts";
import type { NetRequest } from "./net_request.ts";
import { targetOf } from "./net_match.ts";
import type { NetRoute } from "./net_route.ts";

/** What an exchange works with. */
export interface ExchangeTools {
  /** Sends one hop, if it may be sent. */
  readonly route: Pick<NetRoute, "send">;
  readonly inFlight: BytesInFlight;
  /** Stops it. */
  readonly signal: AbortSignal | undefined;
}

/** A hop that is about to be sent. */
interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Headers that prove who asks: another origin must not learn them. */
const CREDENTIALS: readonly string[] = ["authorization", "cookie"];
/** Headers about a body that is no longer sent. */
const BODY_HEADERS: readonly string[] = [
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
];

/** Fetches `request`. */
export async function exchange(request: NetRequest, tools: ExchangeTools): Promise<HostValue> {
  const ended = new AbortController();
  const { signal } = tools;
  const sent = request.body?.length ?? 0;
  tools.inFlight.take(sent);
  const stop = () => ended.abort(signal?.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => {
    const message = `Cannot fetch within ${request.timeoutMs} ms`;
    ended.abort(new DOMException(message, "TimeoutError"));
  }, request.timeoutMs);
  try {
    return await follow(request, tools, ended.signal);
  } catch (error) {
    // why it was stopped, instead of what breaks when it is
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    tools.inFlight.give(sent);
    // nothing of an answer that was not read stays open
    ended.abort();
  }
}

async function follow(
  request: NetRequest,
  { route, inFlight }: ExchangeTools,
  signal: AbortSignal,
): Promise<HostValue> {
  let hop: Hop = request;
  for (let redirects = 0;; redirects++) {
    const { url, method, headers, body } = hop;
    const target = targetOf(url);
    const init = { method, headers, body: body ?? null, redirect: "manual", signal } as const;
    const response = await abortable(route.send(url, target, init, signal), signal);
    const next = request.follow ? nextHop(hop, response) : undefined;
    if (!next) return await answerOf(response, url, redirects, request, inFlight);
    await response.body?.cancel();
    if (redirects >= request.maxRedirects) {
      throw new TypeError(`Cannot fetch as there are more than ${request.maxRedirects} redirects`);
    }
    hop = next;
  }
}

/** Where a redirect leads, by the rules of the fetch standard; `undefined` when the answer is none. */
function nextHop(hop: Hop, { status, headers: answer }: Response): Hop | undefined {
  const location = answer.get("location");
  if (!REDIRECTS.has(status) || location === null) return undefined;
  const url = URL.parse(location, hop.url.href);
  if (!url) throw new TypeError("Cannot fetch as a redirect leads to no URL");
  const headers = new Headers(hop.headers);
  if (url.origin !== hop.url.origin) { for (const name of CREDENTIALS) headers.delete(name); }
  const becomesGet = status === 303
    ? hop.method !== "GET" && hop.method !== "HEAD"
    : (status === 301 || status === 302) && hop.method === "POST";
  if (!becomesGet) return { url, method: hop.method, headers, body: hop.body };
  for (const name of BODY_HEADERS) headers.delete(name);
  return { url, method: "GET", headers, body: undefined };
}

async function answerOf(
  response: Response,
  url: URL,
  redirects: number,
  { responseBytes }: NetRequest,
  inFlight: BytesInFlight,
): Promise<HostValue> {
  const body = await readBody(response, responseBytes, inFlight);
  const shown = new URL(url);
  shown.hash = "";
  return {
    status: response.status,
    statusText: response.statusText,
    url: shown.href,
    redirected: redirects > 0,
    headers: headersOf(response.headers),
    setCookies: response.headers.getSetCookie(),
    body,
  };
}

function headersOf(headers: Headers): { readonly [name: string]: string } {
  const joined = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  // own members even where a server names one "__proto__"
  return Object.fromEntries(joined);
}
