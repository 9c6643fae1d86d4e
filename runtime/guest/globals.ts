/** The globals that JavaScript guests have beside those of the language: types only. @module */

import type { Airlock } from "./airlock.ts";

/** Writes lines to the extension's log. */
export interface GuestConsole {
  /** At level `debug`. */
  debug(...values: unknown[]): void;
  /** At level `info`. */
  info(...values: unknown[]): void;
  /** At level `info`. */
  log(...values: unknown[]): void;
  /** At level `warn`. */
  warn(...values: unknown[]): void;
  /** At level `error`. */
  error(...values: unknown[]): void;
  /** At level `debug`, without a stack. */
  trace(...values: unknown[]): void;
  /** At level `error`, unless the condition holds. */
  assert(condition: unknown, ...values: unknown[]): void;
}

/** Randomness; there is no `subtle`. */
export interface GuestCrypto {
  /** Fills at most 65,536 bytes. */
  getRandomValues<View extends ArrayBufferView>(view: View): View;
  /** A version 4 UUID. */
  randomUUID(): string;
}

/** Makes UTF-8 of text. */
export interface GuestTextEncoder {
  /** Always `utf-8`. */
  readonly encoding: string;
  /** The bytes of a text. */
  encode(text?: string): Uint8Array<ArrayBuffer>;
  /** Fills bytes as far as whole characters fit. */
  encodeInto(text: string, target: Uint8Array): { readonly read: number; readonly written: number };
}

/** Makes text of bytes: UTF-8, UTF-16 and Latin-1. */
export interface GuestTextDecoder {
  /** Canonical name of the encoding. */
  readonly encoding: string;
  /** Whether wrong bytes throw. */
  readonly fatal: boolean;
  /** Whether a byte order mark is kept. */
  readonly ignoreBOM: boolean;
  /** The text of bytes; with `stream` it may go on in the next ones. */
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string;
}

/** The query of a URL. */
export interface GuestUrlSearchParams extends Iterable<[string, string]> {
  /** How many there are. */
  readonly size: number;
  /** Adds one. */
  append(name: string, value: string): void;
  /** Removes those of a name, or of a name and value. */
  delete(name: string, value?: string): void;
  /** The first of a name. */
  get(name: string): string | null;
  /** All of a name. */
  getAll(name: string): string[];
  /** Whether there is one. */
  has(name: string, value?: string): boolean;
  /** Makes it the only one of its name. */
  set(name: string, value: string): void;
  /** Sorts by name. */
  sort(): void;
  /** Calls `fn` with each. */
  forEach(fn: (value: string, name: string, params: GuestUrlSearchParams) => void): void;
  /** Names and values. */
  entries(): IterableIterator<[string, string]>;
  /** Names. */
  keys(): IterableIterator<string>;
  /** Values. */
  values(): IterableIterator<string>;
  /** As in a URL, without the question mark. */
  toString(): string;
}

/** A URL. */
export interface GuestUrl {
  /** The whole URL. */
  href: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** The scheme, with its colon. */
  protocol: string;
  /** The user before the host. */
  username: string;
  /** Its password. */
  password: string;
  /** Host and port. */
  host: string;
  /** Host without port. */
  hostname: string;
  /** The port; empty for the usual one. */
  port: string;
  /** The path. */
  pathname: string;
  /** The query, with its question mark. */
  search: string;
  /** The fragment, with its hash sign. */
  hash: string;
  /** The query, part by part. */
  readonly searchParams: GuestUrlSearchParams;
  /** The whole URL. */
  toString(): string;
  /** The whole URL. */
  toJSON(): string;
}

/** What every guest finds, whatever it was granted; `fetch`, `Deno` and `process` are not among it. */
export interface GuestGlobals {
  /** What the host granted; `airlock:host` gives the same. */
  readonly airlock: Airlock;
  /** Lines for the log. */
  readonly console: GuestConsole;
  /** Random values. */
  readonly crypto: GuestCrypto;
  /** Time since the guest began, in milliseconds. */
  readonly performance: { now(): number };
  /** Text to UTF-8. */
  readonly TextEncoder: { new (): GuestTextEncoder };
  /** Bytes to text. */
  readonly TextDecoder: {
    new (
      label?: string,
      options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
    ): GuestTextDecoder;
  };
  /** URLs. */
  readonly URL: {
    new (url: string | GuestUrl, base?: string | GuestUrl): GuestUrl;
    canParse(url: string, base?: string): boolean;
  };
  /** Queries. */
  readonly URLSearchParams: {
    new (
      init?:
        | string
        | Iterable<readonly [string, string]>
        | { readonly [name: string]: string },
    ): GuestUrlSearchParams;
  };
  /** Calls once after `ms`; runs down only during calls. */
  setTimeout<Args extends unknown[]>(
    fn: (...args: Args) => void,
    ms?: number,
    ...args: Args
  ): number;
  /** Calls every `ms`; runs down only during calls. */
  setInterval<Args extends unknown[]>(
    fn: (...args: Args) => void,
    ms?: number,
    ...args: Args
  ): number;
  /** Stops a timer. */
  clearTimeout(id?: number): void;
  /** Stops a timer. */
  clearInterval(id?: number): void;
  /** Calls after what runs now. */
  queueMicrotask(fn: () => void): void;
  /** A deep copy. */
  structuredClone<Value>(value: Value): Value;
  /** Bytes, as characters, of base64. */
  atob(text: string): string;
  /** Base64 of characters up to U+00FF. */
  btoa(text: string): string;
}
