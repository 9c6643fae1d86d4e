/** Guests that call functions of the embedder by name, and how they are told to. @module */

import type { Extension } from "../../mod.ts";
import { text } from "./abi_suite.ts";

/** One guest, and how it is told to call the host. */
export interface AskingGuest {
  /** Convention and language, for the tests' names. */
  readonly title: string;
  readonly module: URL;
  /** What the guest names beside the operation; empty where its convention has no such thing. */
  readonly namespace: string;
  readonly binding: string;
  /**
   * Its operation that takes `<operation>\0<payload>`, asks the host, and answers with the host's
   * response or fails with the host's error.
   */
  readonly ask: string;
  /** The same twice in one call; both answers, one after the other. */
  readonly askTwice: string;
  /** An operation that counts its calls, to see that the instance stays the same. */
  readonly count: string;
}

/** Tells a guest to ask its host. */
export class Asking {
  readonly extension: Extension;
  readonly #guest: AskingGuest;

  constructor(guest: AskingGuest, extension: Extension) {
    this.#guest = guest;
    this.extension = extension;
  }

  get name(): string {
    return this.extension.name;
  }

  get restarts(): number {
    return this.extension.stats().restarts;
  }

  ask(
    operation: string,
    payload: string,
    options?: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<string> {
    return text(this.extension.invoke(this.#guest.ask, `${operation}\0${payload}`, options));
  }

  askTwice(operation: string, payload: string): Promise<string> {
    return text(this.extension.invoke(this.#guest.askTwice, `${operation}\0${payload}`));
  }

  /** Without waiting, where the guest can be called so. */
  askNow(operation: string, payload: string): string | Promise<string> {
    return this.extension.isolation === "inline"
      ? this.askSync(operation, payload)
      : this.ask(operation, payload);
  }

  askSync(operation: string, payload: string): string {
    const result = this.extension.invokeSync(this.#guest.ask, `${operation}\0${payload}`);
    return new TextDecoder().decode(result);
  }

  bytes(operation: string, payload: Uint8Array): Promise<Uint8Array> {
    const name = new TextEncoder().encode(`${operation}\0`);
    return this.extension.invoke(this.#guest.ask, Uint8Array.of(...name, ...payload));
  }

  count(): Promise<string> {
    return text(this.extension.invoke(this.#guest.count));
  }
}
