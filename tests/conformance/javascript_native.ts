/** The native twin of the guest in tests/fixtures/javascript. @module */

import { json, type NativeContext, NativeRegistry } from "@airlock/host";

/** Name under which the functions are registered. */
export const NAME = "guest";

/** The same functions, in this program. */
export function nativeGuest(): NativeRegistry {
  const native = new NativeRegistry();
  let count = 0;
  let active = 0;
  let most = 0;
  const add = (name: string, fn: (input: never, context: NativeContext) => unknown) =>
    native.register(`${NAME}:${name}`, fn as (input: unknown, context: NativeContext) => unknown, {
      codec: json,
    });
  const pause = (ms: number, { signal }: NativeContext) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    });
  add("echo", (x) => x);
  native.register(`${NAME}:raw`, (payload) => payload);
  add("what", (x: unknown) => x === null ? "null" : typeof x);
  add("none", () => undefined);
  add("later", async (x) => {
    await Promise.resolve();
    return x;
  });
  add("fail", (x) => {
    throw new TypeError(`no ${x}`);
  });
  add("failLater", async (x) => {
    await Promise.resolve();
    throw new TypeError(`no ${x}`);
  });
  add("throwText", () => {
    // deno-lint-ignore no-throw-literal
    throw "only text";
  });
  add("next", () => ++count);
  add("wait", async (ms: number, context) => {
    await pause(ms, context);
    return ms;
  });
  add("crowd", async (ms: number, context) => {
    most = Math.max(most, ++active);
    await pause(ms, context);
    active--;
    return most;
  });
  add("never", () => new Promise<never>(() => {}));
  add("settings", (_, { config }) => [config, Object.isFrozen(config)]);
  add("keep", async (x: string, { airlock }) => {
    await airlock["kv"]?.["set"]?.("k", x);
    return new TextDecoder().decode(await airlock["kv"]?.["get"]?.("k") as Uint8Array);
  });
  add("granted", (_, { airlock }) => [typeof airlock["kv"], typeof airlock["env"]]);
  add("promised", (_, { airlock }) => airlock["kv"]?.["list"]?.() instanceof Promise);
  add("say", (x, { log }) => {
    log.warn(`said ${x}`);
    return null;
  });
  add("big", (length: number) => "x".repeat(length));
  return native;
}
