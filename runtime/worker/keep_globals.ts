/** Takes the globals of a worker of ours away that nothing in it needs: the second wall. @module */

import { createContext, Script } from "node:vm";

/** Leaves the globals of the language, and those in `kept`. */
export function keepGlobals(kept: readonly string[]): void {
  const language = new Script("Object.getOwnPropertyNames(globalThis)")
    .runInContext(createContext()) as string[];
  const left = new Set([...language, ...kept]);
  // Symbols stay: Deno marks its own objects with them, and there is no power behind any.
  for (const key of Object.getOwnPropertyNames(globalThis)) {
    if (!left.has(key)) Reflect.deleteProperty(globalThis, key);
  }
}
