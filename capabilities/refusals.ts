/** Every refusal of one extension, in its words; the lasting ones are made once. @module */

import {
  type CapabilityError,
  type CapabilityErrorCode,
  type Refusal,
  refusalError,
} from "./errors.ts";
import { excerpt } from "./escape.ts";

/** Longest name that a message repeats: it may be a guest's own words. */
const NAME_LIMIT = 64;

/** Refusals whose errors are kept: a guest can think of any number of arguments. */
const ERRORS_KEPT = 100;

/** Makes and finds the refusals of one extension. */
export class Refusals {
  readonly #extension: string;
  readonly #ungranted: readonly Refusal[];
  /** What was thrown before: `undefined` once, then the error that is thrown from there on. */
  readonly #errors = new Map<string, CapabilityError | undefined>();

  /** `ungranted` are the capabilities that the host has and the extension has not. */
  constructor(extension: string, ungranted: readonly Refusal[]) {
    this.#extension = extension;
    this.#ungranted = ungranted;
  }

  /** Why `operation` is refused that is not bound: its capability was not granted, or it does not exist. */
  unbound(operation: string): Refusal {
    const capability = operation.slice(0, Math.max(operation.lastIndexOf("."), 0));
    // not kept: a guest can think of any number of names
    return this.#ungranted.find((refusal) => refusal.capability === capability) ??
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

  /**
   * The error to throw for a refusal. The first of a kind tells where it was thrown; a guest that goes on
   * asking for the same gets one frozen error without a stack, which costs a tenth.
   */
  error(refusal: Refusal): CapabilityError {
    const { code, capability, grant, reason = "" } = refusal;
    const key = `${code}\n${capability}\n${grant}\n${reason}`;
    const kept = this.#errors.get(key);
    if (kept) return kept;
    const error = refusalError(refusal);
    if (this.#errors.has(key)) {
      Object.defineProperty(error, "stack", { value: `${error.name}: ${error.message}` });
      this.#errors.set(key, Object.freeze(error));
    } else if (this.#errors.size < ERRORS_KEPT) this.#errors.set(key, undefined);
    return error;
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
