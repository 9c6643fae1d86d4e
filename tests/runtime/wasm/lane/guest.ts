/** Guests for the tests of lanes, written as WebAssembly text and loaded through a host. @module */

import {
  type Extension,
  ExtensionHost,
  type HostOptions,
  type LoadOptions,
} from "../../../../mod.ts";
import { wat } from "../rewrite/wat.ts";

/** One guest at work. */
export interface LaneGuest extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;
}

/** What a guest is made of beside its functions, and how it is loaded. */
export interface GuestWishes extends LoadOptions {
  /** Declarations of the module. */
  readonly more?: string;
  readonly hostOptions?: HostOptions;
}

/** A module of the base convention; bodies of functions `(i32, i32) -> i64` by name. */
export function baseModule(
  bodies: Readonly<Record<string, string>>,
  more = "",
): Uint8Array<ArrayBuffer> {
  const functions = Object.entries(bodies).map(([name, code]) =>
    `(func (export "${name}") (param i32 i32) (result i64) ${code} (i64.const 0))`
  );
  return wat(`(module ${more} (memory (export "memory") 1)
    (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "__base_free") (param i32 i32))
    ${functions.join(" ")})`);
}

/** Loads one; in a worker, unless told otherwise. */
export async function loadGuest(
  bodies: Readonly<Record<string, string>> | Uint8Array,
  { more, hostOptions, ...options }: GuestWishes = {},
): Promise<LaneGuest> {
  const host = new ExtensionHost({ log: () => {}, ...hostOptions });
  const bytes = bodies instanceof Uint8Array ? bodies : baseModule(bodies, more);
  try {
    const extension = await host.load({ name: "guest.wasm", bytes }, {
      isolation: "worker",
      ...options,
    });
    return { host, extension, [Symbol.asyncDispose]: () => host.close() };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** Lets time pass. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
