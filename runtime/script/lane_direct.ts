/** Operations that a lane does itself, with Deno's own permission for them, where its operator grants that. @module */

import { CapabilityError, OperationError } from "../../capabilities/errors.ts";
import { BytesInFlight } from "../../capabilities/net_body.ts";
import { exchange } from "../../capabilities/net_exchange.ts";
import {
  coversTarget,
  formatTarget,
  type HostPattern,
  type NetTarget,
  parseHostPattern,
} from "../../capabilities/net_match.ts";
import { parseNetRequest } from "../../capabilities/net_request.ts";
import { decodeArguments, encodeHostValue } from "./host_value.ts";
import { refusal, refusalOf } from "./refusal.ts";

/** What the host says of it, in the head of `evaluate`. */
export interface DirectHead {
  readonly extension: string;
  /** Hosts of `net`, where that is direct. */
  readonly hosts?: readonly string[];
}

/** How an operation's outcome gets to the realm. */
export type DirectAnswer = (id: number, ok: boolean, text: string) => void;

/** The direct operations of one lane. */
export class DirectOperations {
  readonly #extension: string;
  readonly #hosts: readonly HostPattern[] | undefined;
  readonly #fetch: typeof fetch;
  readonly #payloadBytes: number;
  readonly #answer: DirectAnswer;
  readonly #inFlight: BytesInFlight;
  readonly #running = new Map<number, { readonly call: number; readonly stop: AbortController }>();

  /** `fetchIt` is the lane's own: what it may reach, Deno decides once more. */
  constructor(
    { extension, hosts }: DirectHead,
    fetchIt: typeof fetch,
    payloadBytes: number,
    answer: DirectAnswer,
  ) {
    this.#extension = extension;
    this.#hosts = hosts?.flatMap((text) => parseHostPattern(text) ?? []);
    this.#fetch = fetchIt;
    this.#payloadBytes = payloadBytes;
    this.#answer = answer;
    this.#inFlight = new BytesInFlight((why) => {
      const detail = { extension, capability: "net", grant: "" };
      const reason = `Cannot do "net.fetch" for extension "${extension}": ${why}`;
      return new CapabilityError("quota", detail, { reason });
    });
  }

  /** Takes the operation, if it is one of these. */
  start(id: number, call: number, operation: string, args: string): boolean {
    if (operation !== "net.fetch" || !this.#hosts) return false;
    const stop = new AbortController();
    this.#running.set(id, { call, stop });
    void this.#fetchFor(id, args, stop.signal, this.#hosts);
    return true;
  }

  /** Stops what a call started. */
  stop(call: number): void {
    for (const [id, running] of this.#running) {
      if (running.call !== call) continue;
      this.#running.delete(id);
      running.stop.abort();
    }
  }

  async #fetchFor(
    id: number,
    args: string,
    signal: AbortSignal,
    hosts: readonly HostPattern[],
  ): Promise<void> {
    let ok = false;
    let text: string;
    // the realm that asks is still running: it is not answered before it has heard the number
    await undefined;
    try {
      const route = {
        send: async (url: URL, target: NetTarget, init: RequestInit) => {
          if (!coversTarget(hosts, target)) throw this.#denied(target);
          return await this.#send(url, target, init);
        },
      };
      const request = parseNetRequest(decodeArguments(args));
      text = encodeHostValue(await exchange(request, { route, inFlight: this.#inFlight, signal }));
      ok = text.length <= this.#payloadBytes;
      if (!ok) text = refusal("quota", "net", "the result is larger than it may be");
    } catch (error) {
      text = refusalOf(error);
    }
    if (this.#running.delete(id)) this.#answer(id, ok, text);
  }

  async #send(url: URL, target: NetTarget, init: RequestInit): Promise<Response> {
    try {
      const send = this.#fetch;
      return await send(url, init);
    } catch (cause) {
      // Deno's own word, where it is narrower than ours
      if (cause instanceof Error && cause.name === "NotCapable") throw this.#denied(target);
      throw new OperationError(
        "unreachable",
        `Cannot fetch from "${formatTarget(target)}" as the connection failed`,
      );
    }
  }

  #denied(target: NetTarget): CapabilityError {
    return new CapabilityError("denied", {
      extension: this.#extension,
      capability: "net",
      grant: `net=${formatTarget(target)}`,
    });
  }
}
