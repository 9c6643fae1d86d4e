/** Takes a lane's own globals away: the second wall, behind the guest's context. @module */

import { createContext, Script } from "node:vm";

/** Globals that the lane goes on to use. */
const KEPT: ReadonlySet<string> = new Set([
  "AbortController",
  "clearTimeout",
  "DOMException",
  "Headers",
  "performance",
  "queueMicrotask",
  "setTimeout",
  "TextDecoder",
  "TextEncoder",
  "URL",
]);

/** What the language has and the lane must not. */
const REMOVED: ReadonlySet<string> = new Set([
  "eval",
  "FinalizationRegistry",
  "SharedArrayBuffer",
  "WeakRef",
  "WebAssembly",
]);

/** Leaves the globals of the language and the few that the lane needs, and no way to compile text. */
export function confineGlobals(): void {
  const bare = createContext();
  const language = new Set<string>(
    new Script("Object.getOwnPropertyNames(globalThis)").runInContext(bare) as string[],
  );
  // Symbols stay: Deno marks its own objects with them, and there is no power behind any.
  for (const key of Object.getOwnPropertyNames(globalThis)) {
    if (KEPT.has(key) || (language.has(key) && !REMOVED.has(key))) continue;
    Reflect.deleteProperty(globalThis, key);
  }
  // Whoever got hold of one function would otherwise reach code of this realm through it.
  for (const one of [() => {}, async () => {}, function* () {}, async function* () {}]) {
    const prototype: object = Object.getPrototypeOf(one);
    Object.defineProperty(prototype, "constructor", { value: undefined });
  }
}
