/** Opens the one listener of a host, and ends it. @module */

import {
  addressOf,
  isInUse,
  lackingListenFlag,
  listen,
} from "../../capabilities/powers/listener.ts";
import { Fault } from "../errors.ts";
import { translate } from "../translate.ts";
import { plainReply, responseOf } from "./reply.ts";
import type { ServedExtension, Site } from "./site.ts";

/** Where a host serves. */
export interface ServeOptions {
  /** Default: 8000; 0 takes any free one. */
  readonly port?: number;
  /** Default: `127.0.0.1`, which only this machine reaches. */
  readonly hostname?: string;
  /** Certificate chain in PEM, for HTTPS; with `key`. */
  readonly cert?: string;
  /** Private key in PEM; with `cert`. */
  readonly key?: string;
  /**
   * Names that requests may call this host by, without a port: others get 421. A web page whose name
   * was pointed at this machine has another one. Default: any.
   */
  readonly hosts?: readonly string[];
  /** Ends serving. */
  readonly signal?: AbortSignal;
}

/**
 * A host that serves.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * await using served = await host.serve({ port: 0 });
 * const response = await fetch(`${served.url}nobody/serves/this`);
 * assertEquals([response.status, await response.text()], [404, "not found"]);
 * ```
 */
export interface Served extends AsyncDisposable {
  /** Where it listens. */
  readonly addr: { readonly hostname: string; readonly port: number };
  /** The same as a URL. */
  readonly url: string;
  /** Settles when serving has ended. */
  readonly finished: Promise<void>;
  /** What each extension does now. */
  status(): readonly ServedExtension[];
  /**
   * Ends serving: no new requests; what is under way has 5 s; extensions shut down; connections end.
   * The extensions stay loaded. Idempotent.
   */
  close(): Promise<void>;
}

/** Port and address where nobody says otherwise. */
export const DEFAULT_PORT = 8000;
export const DEFAULT_HOSTNAME = "127.0.0.1";

/**
 * Starts every extension that may serve, then listens.
 *
 * @throws {ExtensionError} `unavailable` when this process may not listen there, or somebody else does;
 * `duplicate` when this host serves already; `closed`; `unsupported` for a certificate that cannot be used.
 */
export async function serveSite(site: Site, options: ServeOptions): Promise<Served> {
  const { port = DEFAULT_PORT, hostname = DEFAULT_HOSTNAME, cert, key, signal } = options;
  signal?.throwIfAborted();
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(
      `Cannot serve as the port must be from 0 to 65535: current value is ${port}`,
    );
  }
  try {
    if ((cert === undefined) !== (key === undefined)) {
      throw new Fault("unsupported", "a certificate and its key come together");
    }
    site.checkFree();
    const flag = lackingListenFlag({ port, hostname });
    if (flag !== undefined) {
      throw new Fault("unavailable", `this process may not listen: start it with ${flag}`);
    }
    await site.begin();
    signal?.throwIfAborted();
    site.checkFree();
    const hosts = options.hosts && new Set(options.hosts.map((name) => name.toLowerCase()));
    return open(site, { port, hostname, cert, key, signal, hosts });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw translate(error, "host", "serve");
  }
}

interface Opening {
  readonly port: number;
  readonly hostname: string;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly hosts: ReadonlySet<string> | undefined;
}

function open(site: Site, opening: Opening): Served {
  const { port, hostname, cert, key, signal, hosts } = opening;
  let listener: ReturnType<typeof listen>;
  try {
    listener = listen(
      { port, hostname, cert, key },
      (request) =>
        hosts && !namesOf(request).every((name) => hosts.has(name))
          ? Promise.resolve(responseOf(plainReply(421, "misdirected request"), request.method))
          : site.handle(request),
    );
  } catch (error) {
    if (isInUse(error)) {
      throw new Fault("unavailable", `somebody else listens at ${addressOf(hostname, port)}`);
    }
    if (cert !== undefined && error instanceof Error) {
      throw new Fault("unsupported", "the certificate or its key cannot be used", { cause: error });
    }
    throw error;
  }
  const { addr } = listener;
  site.attach(listener);
  const close = () => site.close();
  // whoever waits for the end hears of a failure
  const onAbort = () => void close().catch(() => {});
  signal?.addEventListener("abort", onAbort, { once: true });
  const finished = site.ended.finally(() => signal?.removeEventListener("abort", onAbort));
  finished.catch(() => {});
  return Object.freeze<Served>({
    addr,
    url: `${cert === undefined ? "http" : "https"}://${addressOf(addr.hostname, addr.port)}/`,
    finished,
    status: () => site.status(),
    close,
    [Symbol.asyncDispose]: close,
  });
}

/** Names that a request calls this host by, without the port: a target may name it once more. */
function namesOf(request: Request): readonly string[] {
  const host = (request.headers.get("host") ?? "").replace(/:\d*$/, "").toLowerCase();
  return URL.canParse(request.url) ? [host, new URL(request.url).hostname] : [host];
}
