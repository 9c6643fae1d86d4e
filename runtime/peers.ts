/** How one extension of a host calls another: found by name, within the chain and the time of its caller. @module */

import { OperationError } from "../capabilities/errors.ts";
import type { Peers } from "../capabilities/services.ts";
import type { Extension } from "./extension.ts";
import { ExtensionError, Fault } from "./errors.ts";

/** Extensions in one chain of calls, the first caller included: a chain only grows, and each holds an instance. */
const MAX_CHAIN = 8;

/** What a host knows about a name. */
export type PeerLookup = (name: string) => Extension | "disabled" | undefined;

/**
 * The chain of a call of `name` that came through `chain`.
 *
 * @throws {Fault} `cycle` when it is in there already, `too-deep` when it would be longer than {@linkcode MAX_CHAIN}.
 */
export function chainOf(chain: readonly string[], name: string): readonly string[] {
  const path = () => [...chain, name].map((each) => `"${each}"`).join(" → ");
  if (chain.includes(name)) throw new Fault("cycle", `it is part of this chain already: ${path()}`);
  if (chain.length >= MAX_CHAIN) {
    throw new Fault("too-deep", `a chain has at most ${MAX_CHAIN} extensions: ${path()}`);
  }
  return Object.freeze([...chain, name]);
}

/** The extensions of one host, for calls between them. */
export function peersOf(find: PeerLookup): Peers {
  return Object.freeze<Peers>({
    async call(name, fn, payload, { caller, chain, deadline, signal, onEvent }) {
      const found = find(name);
      if (found === undefined) {
        throw new OperationError(
          "missing-extension",
          `Cannot call "${name}" for extension "${caller}" as no extension of that name is loaded`,
        );
      }
      if (found === "disabled") throw disabled(name, caller);
      const left = deadline - performance.now();
      try {
        return await found.invoke(fn, payload, {
          chain,
          ...signal ? { signal } : {},
          ...onEvent ? { onEvent } : {},
          ...left === Infinity ? {} : { timeoutMs: Math.max(left, SHORTEST_MS) },
        });
      } catch (error) {
        if (error instanceof ExtensionError && error.code === "closed") {
          throw disabled(name, caller, error);
        }
        throw error;
      }
    },
  });
}

/** A caller that is out of time is told so by its own deadline. */
const SHORTEST_MS = 0.001;

function disabled(name: string, caller: string, cause?: unknown): OperationError {
  return new OperationError(
    "disabled-extension",
    `Cannot call "${name}" for extension "${caller}" as it is not running`,
    cause === undefined ? {} : { cause },
  );
}
