/** The power to listen: the only place where this program takes connections. @module */

import { writeFlag } from "../permission_flags.ts";
import { lackingFlags } from "./permissions.ts";

/** Where to listen, and how. */
export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly hostname: string;
  /** Certificate chain and private key in PEM; both or none. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A listener that is open. */
export interface Listener {
  /** Where it really listens. */
  readonly addr: { readonly hostname: string; readonly port: number };
  /** Waits at most `ms` until every response is sent, then ends every connection. Idempotent. */
  close(ms: number): Promise<void>;
}

/** `host:port` as flags and URLs have it. */
export function addressOf(hostname: string, port: number): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** Milliseconds that the last bytes of a response have to leave [measured: with 0.3 one in six is cut off]. */
const FLUSH_MS = 20;

/** Milliseconds between two attempts to listen again. */
const REOPEN_MS = 100;

/** The flag that this process would have to be started with to listen there; `undefined` when it has it. */
export function lackingListenFlag({ hostname, port }: ListenOptions): string | undefined {
  const [flag] = lackingFlags([writeFlag("net", addressOf(hostname, port))]);
  return flag;
}

/**
 * Opens a listener; `handler` must answer every request.
 *
 * @throws {Deno.errors.AddrInUse} and whatever else keeps it from listening.
 */
export function listen(
  { port, hostname, cert, key }: ListenOptions,
  handler: (request: Request) => Promise<Response>,
): Listener {
  const abort = new AbortController();
  /** Responses that are not wholly sent. */
  const sending = new Set<Promise<void>>();
  let lastSent = -Infinity;
  const open = (port: number) =>
    Deno.serve({
      port,
      hostname,
      signal: abort.signal,
      onListen() {},
      onError: () => new Response("host failure", { status: 500 }),
      ...cert !== undefined && key !== undefined ? { cert, key } : {},
    }, (request, { completed }) => {
      const sent: Promise<void> = completed.catch(() => {}).finally(() => {
        lastSent = performance.now();
        sending.delete(sent);
      });
      sending.add(sent);
      return handler(request);
    });
  const server = open(port);
  const finished = keepOpen(server, () => open(server.addr.port), abort.signal);
  let closing: Promise<void> | undefined;
  // Deno's own graceful end has no limit, and cannot be cut short once it has begun
  const close = async (ms: number) => {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, ms);
    const drained = async () => {
      while (sending.size > 0) await Promise.all(sending);
      // Deno says that a response is complete before its last bytes have left
      const left = lastSent + FLUSH_MS - performance.now();
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    };
    try {
      await Promise.race([drained(), late.promise]);
    } finally {
      clearTimeout(timer);
      abort.abort();
      await finished;
    }
  };
  return {
    addr: { hostname: server.addr.hostname, port: server.addr.port },
    close: (ms) => closing ??= close(ms),
  };
}

/**
 * Settles when a server has ended as `signal` told it to. One that ends by itself found no descriptor for a
 * connection: who was connected still is, and it is opened again as soon as that can be done.
 */
async function keepOpen(
  first: Deno.HttpServer<Deno.NetAddr>,
  open: () => Deno.HttpServer<Deno.NetAddr>,
  signal: AbortSignal,
): Promise<void> {
  let server: Deno.HttpServer<Deno.NetAddr> | undefined = first;
  for (;;) {
    try {
      await server?.finished;
      if (server) return;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
    if (signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
    if (signal.aborted) return;
    try {
      server = open();
    } catch (error) {
      // there is still none, or somebody else listens there for now
      if (!(error instanceof Error)) throw error;
      server = undefined;
    }
  }
}

/** Whether nobody else may have this address: another program listens there already. */
export function isInUse(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse;
}

/**
 * Makes a WebSocket of a request that asks for one.
 *
 * @throws {TypeError} when it does not ask as it should.
 */
export function upgrade(
  request: Request,
): { readonly socket: WebSocket; readonly response: Response } {
  return Deno.upgradeWebSocket(request);
}
