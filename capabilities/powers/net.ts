/** The power to reach the network; nothing here ever asks on the terminal. @module */

import { lookup } from "node:dns/promises";
import { openPinnedClient, type PinnedClient } from "./pinned_client.ts";

export type { PinnedClient } from "./pinned_client.ts";

/** Connecting, as far as this process may. */
export interface NetPower {
  /** Whether this process may connect to `host`, a name or an address, at `port`; without one: at every port. */
  mayConnect(host: string, port?: number): boolean;
  /** Whether it may connect everywhere: only then can it choose the address that a name means. */
  mayConnectAnywhere(): boolean;
  /**
   * Addresses of a name, in the order to try them.
   *
   * @throws {Error} when there are none, or this process may not ask.
   */
  resolve(host: string): Promise<readonly string[]>;
  /** Opens a client that connects to addresses it is told; only where `mayConnectAnywhere`. */
  openPinnedClient(): PinnedClient;
}

/** The network of this process. */
export const net: NetPower = Object.freeze<NetPower>({
  mayConnect(host, port) {
    const name = host.includes(":") ? `[${host}]` : host;
    const asked = port === undefined ? name : `${name}:${port}`;
    return Deno.permissions.querySync({ name: "net", host: asked }).state === "granted";
  },
  mayConnectAnywhere() {
    const { state, partial } = Deno.permissions.querySync({ name: "net" });
    return state === "granted" && !partial;
  },
  async resolve(host) {
    // asking for a name that is not permitted would prompt
    if (!net.mayConnect(host)) {
      throw new Deno.errors.NotCapable(
        `Cannot resolve "${host}" as this process may not: start it with --allow-net=${host}`,
      );
    }
    const found = await lookup(host, { all: true, verbatim: true });
    return found.map(({ address }) => address);
  },
  openPinnedClient,
});
