/** How one hop reaches its host: covered by the grant, at an address that was checked. @module */

import { abortable } from "./abortable.ts";
import { OperationError } from "./errors.ts";
import { canonicalAddress } from "./ip_address.ts";
import {
  coversTarget,
  formatTarget,
  type HostPattern,
  isLocalName,
  mayReach,
  type NetTarget,
} from "./net_match.ts";
import type { PinnedClient } from "./powers/net.ts";
import type { Powers } from "./powers.ts";

/** What one extension may reach. */
export interface NetGrant {
  readonly hosts: readonly HostPattern[];
  /** In upper case; `undefined` = all. */
  readonly methods: ReadonlySet<string> | undefined;
}

/** Whether the grant covers a request's method and host; its addresses are another question. */
export function covers({ hosts, methods }: NetGrant, target: NetTarget, method: string): boolean {
  return (!methods || methods.has(method)) && coversTarget(hosts, target);
}

/**
 * Sends hops for one extension. Where this process may connect everywhere, the address that was checked
 * is the one connected to. Where it may not, the name is resolved and checked, and then resolved again by
 * the connection: a name server that changes its answer in between wins that race. There a scoped
 * `--allow-net` is what still stands.
 */
export class NetRoute {
  readonly #grant: NetGrant;
  readonly #power: Pick<Powers, "fetch" | "net">;
  readonly #denied: (target: NetTarget, method: string) => Error;
  #client: PinnedClient | undefined;
  #closed = false;

  /** `denied` makes the error of a request that the grant does not cover. */
  constructor(
    grant: NetGrant,
    power: Pick<Powers, "fetch" | "net">,
    denied: (target: NetTarget, method: string) => Error,
  ) {
    this.#grant = grant;
    this.#power = power;
    this.#denied = denied;
  }

  /** Sends `init` to `url`, whose canonical target is `target`. */
  async send(
    url: URL,
    target: NetTarget,
    init: RequestInit & { readonly method: string },
    signal: AbortSignal,
  ): Promise<Response> {
    if (!covers(this.#grant, target, init.method)) throw this.#denied(target, init.method);
    const { net, fetch } = this.#power;
    const anywhere = net.mayConnectAnywhere();
    if (!anywhere) this.#requirePermission(target);
    const addresses = await this.#addressesOf(target, init.method, anywhere, signal);
    // a request that was stopped while its name was resolved must not be sent
    signal.throwIfAborted();
    if (this.#closed) throw unreachable(target, "the extension is closed");
    try {
      if (!anywhere) return await fetch(url, init);
      this.#client ??= net.openPinnedClient();
      return await this.#client.fetch(url, init, target, addresses);
    } catch (cause) {
      // the system's words name addresses of this machine
      throw unreachable(target, "the connection failed", cause);
    }
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  /** Connecting without the permission would make Deno ask on the terminal, in the guest's name. */
  #requirePermission(target: NetTarget): void {
    const { host, port } = target;
    const { net } = this.#power;
    const flag = !net.mayConnect(host, port)
      ? formatTarget(target)
      : resolves(host) && !net.mayConnect(host)
      // Deno resolves a name only for who may connect to all of its ports
      ? host
      : undefined;
    if (flag === undefined) return;
    throw new OperationError(
      "unavailable",
      `Cannot fetch from "${
        formatTarget(target)
      }" as the host process may not: start it with --allow-net=${flag}`,
    );
  }

  async #addressesOf(
    target: NetTarget,
    method: string,
    anywhere: boolean,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { host, port } = target;
    if (canonicalAddress(host) !== undefined) return [host];
    if (!anywhere && !resolves(host)) return [];
    const found = await abortable(this.#power.net.resolve(host), signal).catch((cause) => {
      if (signal.aborted) throw signal.reason;
      throw unreachable(target, "its name has no address", cause);
    });
    for (const address of found) {
      if (mayReach(this.#grant.hosts, target, address)) continue;
      const canonical = canonicalAddress(address);
      throw this.#denied(canonical === undefined ? target : { host: canonical, port }, method);
    }
    return found;
  }
}

/** Whether a host has to be resolved before it is known to be harmless. */
function resolves(host: string): boolean {
  return canonicalAddress(host) === undefined && !isLocalName(host);
}

function unreachable(target: NetTarget, why: string, cause?: unknown): OperationError {
  const message = `Cannot fetch from "${formatTarget(target)}" as ${why}`;
  return new OperationError("unreachable", message, { cause });
}
