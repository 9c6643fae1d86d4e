/**
 * What authors of JavaScript and TypeScript extensions import: types, and an `airlock` for their tests.
 *
 * Inside an extension only `import type` from here is possible, and `import airlock from "airlock:host"`.
 * For editors and tests, map that in the extension's own `deno.json`:
 * `"imports": { "airlock:host": "jsr:@airlock/host/guest" }`.
 *
 * @module
 */

import type { Airlock } from "./airlock.ts";

export type * from "./airlock.ts";
export type * from "./globals.ts";

const scope = globalThis as unknown as { airlock?: Airlock };

/**
 * What `airlock:host` gives: the global `airlock`, whichever it is when it is used.
 *
 * @throws {TypeError} when it is used outside of a host and {@linkcode provideAirlock} gave none.
 */
const airlock: Airlock = new Proxy(Object.create(null) as Airlock, {
  get: (_, name) => Reflect.get(provided(), name),
  has: (_, name) => Reflect.has(provided(), name),
  ownKeys: () => Reflect.ownKeys(provided()),
  getOwnPropertyDescriptor(_, name) {
    const found = Reflect.getOwnPropertyDescriptor(provided(), name);
    return found && { ...found, configurable: true };
  },
  set: () => false,
  deleteProperty: () => false,
  defineProperty: () => false,
});
export default airlock;

/**
 * Makes `parts` the `airlock` of this program, for tests of an extension's functions without a host.
 * What is not in it was not granted.
 *
 * @returns what takes it back when it is disposed of.
 *
 * @example
 * ```ts
 * import airlock, { provideAirlock } from "@airlock/host/guest";
 * import { assertEquals } from "@std/assert";
 *
 * const greet = () => `${airlock.config["greeting"]}, Ada`;
 * using _provided = provideAirlock({ config: { greeting: "hello" } });
 * assertEquals(greet(), "hello, Ada");
 * assertEquals(airlock.net, undefined);
 * ```
 */
export function provideAirlock(parts: Partial<Airlock>): Disposable {
  const before = scope.airlock;
  scope.airlock = Object.freeze({ config: {}, ...parts }) as Airlock;
  return {
    [Symbol.dispose]() {
      if (before === undefined) delete scope.airlock;
      else scope.airlock = before;
    },
  };
}

function provided(): Airlock {
  if (scope.airlock) return scope.airlock;
  throw new TypeError(
    `Cannot use airlock outside of a host: a test gives one with provideAirlock()`,
  );
}
