// hostile 6: the same from a module, by name of the module itself, and with attributes of every kind
// ends: nothing

import host, * as space from "airlock:host";
import * as self from "./index.mjs";

export async function attack() {
  const loot = [];
  for (const one of [host, space, self]) {
    const maker = one?.constructor?.constructor ?? Object.getPrototypeOf(one)?.constructor?.constructor;
    try {
      if (maker?.("return typeof Deno")() !== "undefined" && maker) loot.push("maker");
    } catch { /* refused */ }
  }
  for (const type of ["json", "text", "bytes", "wasm", "css", "__proto__", 1n, {}]) {
    for (const name of ["./index.mjs", "./link.json", "../outside/secret.json", "node:fs", "@@SECRET_URL@@"]) {
      try {
        loot.push(Object.keys(await import(name, { with: { type } })));
      } catch (error) {
        if (!(error instanceof Error)) loot.push("an error of another realm");
      }
    }
  }
  try { self.attack = 1; loot.push("wrote") } catch { /* fixed */ }
  return loot;
}
