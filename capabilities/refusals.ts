/** Every refusal of one extension, in its words; the lasting ones are made once. @module */

import type { CapabilityErrorCode, Refusal } from "./errors.ts";
import { excerpt } from "./escape.ts";

/** Longest name that a message repeats: it may be a guest's own words. */
const NAME_LIMIT = 64;

/** Makes and finds the refusals of one extension. */
export class Refusals {
  readonly #extension: string;
  readonly #ungranted: ReadonlyMap<string, Refusal>;

  /** `ungranted` are the capabilities that the host has and the extension has not. */
  constructor(extension: string, ungranted: readonly Refusal[]) {
    this.#extension = extension;
    this.#ungranted = new Map(ungranted.map((refusal) => [refusal.capability, refusal]));
  }

  /** Why `operation` is refused that is not bound: its capability was not granted, or it does not exist. */
  unbound(operation: string): Refusal {
    const capability = operation.slice(0, Math.max(operation.lastIndexOf("."), 0));
    // not kept: a guest can think of any number of names
    return this.#ungranted.get(capability) ??
      this.#make(
        "missing-capability",
        excerpt(capability, NAME_LIMIT),
        `Cannot do "${
          excerpt(operation, NAME_LIMIT)
        }" for ${this.who()}: there is no such operation`,
      );
  }

  revoked(capability: string): Refusal {
    return this.#make("revoked", capability);
  }

  closed(capability: string): Refusal {
    const reason = `Cannot use capability "${capability}" in ${this.who()}: it is closed`;
    return this.#make("revoked", capability, reason);
  }

  /** `grant` would have covered the call. */
  outside(capability: string, grant: string): Refusal {
    return this.#make("denied", capability, undefined, grant);
  }

  overQuota(capability: string, operation: string, why: string): Refusal {
    const reason = `Cannot do "${operation}" for ${this.who()}: ${why}`;
    return this.#make("quota", capability, reason);
  }

  /** The extension, as messages name it. */
  who(): string {
    return `extension "${excerpt(this.#extension, NAME_LIMIT)}"`;
  }

  #make(
    code: CapabilityErrorCode,
    capability: string,
    reason: string | undefined = undefined,
    grant: string = "",
  ): Refusal {
    return Object.freeze({ code, extension: this.#extension, capability, grant, reason });
  }
}
