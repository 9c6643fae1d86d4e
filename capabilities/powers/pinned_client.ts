/** An HTTP client that connects to addresses it is told, whatever a name resolves to by then. @module */

import { answerSocks, readSocksRequest, type SocksTarget, writeAll } from "./socks.ts";

/**
 * Requests of one extension, each to addresses that were checked before. Certificates are checked
 * against the name in the URL, as ever.
 */
export interface PinnedClient {
  /**
   * Like `fetch`, but connects to one of `addresses` only: the first that answers. `host` and `port`
   * are the URL's. Proxies of the environment are not used.
   */
  fetch(
    url: URL,
    init: RequestInit,
    target: SocksTarget,
    addresses: readonly string[],
  ): Promise<Response>;
  /** Ends every connection. */
  close(): void;
}

/** How long one address may take to answer. */
const CONNECT_MS = 10_000;
/** How long a stranger on this machine may keep a connection that has not shown the password. */
const HANDSHAKE_MS = 5_000;
/**
 * Connections that have not shown the password yet, at most: strangers on this machine, and twice as
 * many requests as one extension can have under way.
 */
const MAX_HANDSHAKES = 2_048;
const PASSWORD_BYTES = 32;
const CHUNK = 65_536;

/** Addresses of one host and port while requests to it are being connected. */
interface Route {
  addresses: readonly string[];
  users: number;
}

/**
 * Opens a client. `fetch` itself cannot be told an address: it connects through a door of this
 * process, on loopback behind a random password, which opens the checked addresses and no other.
 */
export function openPinnedClient(): PinnedClient {
  return new Tunnel();
}

class Tunnel implements PinnedClient {
  readonly #listener: Deno.TcpListener;
  readonly #client: Deno.HttpClient;
  readonly #password: Uint8Array;
  readonly #routes = new Map<string, Route>();
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #closed = new AbortController();
  #handshakes = 0;

  constructor() {
    const secret = crypto.getRandomValues(new Uint8Array(PASSWORD_BYTES)).toHex();
    this.#password = new TextEncoder().encode(secret);
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    // a program that is done ends, whoever forgot to close its host
    this.#listener.unref();
    const { port } = this.#listener.addr;
    this.#client = Deno.createHttpClient({
      proxy: { transport: "socks5", url: `socks5h://airlock:${secret}@127.0.0.1:${port}` },
    });
    this.#serve();
  }

  async fetch(
    url: URL,
    init: RequestInit,
    target: SocksTarget,
    addresses: readonly string[],
  ): Promise<Response> {
    const key = keyOf(target);
    const route = this.#routes.get(key) ?? { addresses, users: 0 };
    route.addresses = addresses;
    route.users++;
    this.#routes.set(key, route);
    try {
      return await fetch(url, { ...init, client: this.#client });
    } finally {
      if (--route.users === 0) this.#routes.delete(key);
    }
  }

  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#client.close();
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
  }

  async #serve(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        if (this.#handshakes >= MAX_HANDSHAKES) close(connection);
        else this.#carry(connection);
      }
    } catch {
      // closed while it waited
    }
  }

  /** Serves one connection to its end. */
  async #carry(inner: Deno.TcpConn): Promise<void> {
    let outer: Deno.TcpConn | undefined;
    this.#connections.add(inner);
    inner.unref();
    try {
      outer = await this.#connect(inner);
      if (!outer || this.#closed.signal.aborted) return;
      this.#connections.add(outer);
      outer.unref();
      await answerSocks(inner, true);
      await splice(inner, outer);
    } catch {
      // either side went away; the request fails, and says so
    } finally {
      for (const each of outer ? [inner, outer] : [inner]) {
        this.#connections.delete(each);
        close(each);
      }
    }
  }

  async #connect(inner: Deno.TcpConn): Promise<Deno.TcpConn | undefined> {
    const late = setTimeout(() => close(inner), HANDSHAKE_MS);
    this.#handshakes++;
    let target: SocksTarget | undefined;
    try {
      target = await readSocksRequest(inner, (password) => this.#accepts(password));
    } finally {
      clearTimeout(late);
      this.#handshakes--;
    }
    if (!target) return undefined;
    const route = this.#routes.get(keyOf(target));
    for (const hostname of route?.addresses ?? []) {
      const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(CONNECT_MS)]);
      try {
        return await Deno.connect({ hostname, port: target.port, signal });
      } catch {
        // the next address may answer
      }
    }
    await answerSocks(inner, false);
    return undefined;
  }

  #accepts(password: Uint8Array): boolean {
    let difference = password.length ^ this.#password.length;
    // the whole of it, so that time does not tell how much was right
    for (const [at, byte] of this.#password.entries()) difference |= byte ^ (password[at] ?? 0);
    return difference === 0;
  }
}

/** Carries bytes both ways until the client has had everything, or one side breaks. */
async function splice(inner: Deno.TcpConn, outer: Deno.TcpConn): Promise<void> {
  const answers = pump(outer, inner).then(() => inner.closeWrite());
  // a client that is gone waits for nothing more: the server must not keep the connection
  const ended = pump(inner, outer);
  await Promise.race([ended, answers.then(() => ended)]);
  close(outer);
  await answers.catch(() => {});
}

async function pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(CHUNK);
  for (;;) {
    const n = await from.read(buffer);
    if (n === null) return;
    await writeAll(to, buffer.subarray(0, n));
  }
}

function keyOf({ host, port }: SocksTarget): string {
  return `${host} ${port}`;
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // closed already
  }
}
