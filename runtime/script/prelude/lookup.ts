/** Which function of an extension a name means. @module */

import type { Kit } from "./kit.ts";

/** Where functions are looked up. */
export interface Lookup {
  /** Remembers what is global before guest code: those are no functions of the extension. */
  readonly rememberGlobals: () => void;
  readonly use: (from: "module" | "commonjs" | "script", exported: unknown) => void;
  readonly find: (name: string) => { readonly fn: unknown; readonly self: unknown } | undefined;
}

/** Self-contained: its text runs inside the realm. */
export function makeLookup(kit: Kit): Lookup {
  const { hasOwn, prototypeOf, realm, table } = kit;
  // Steps up a prototype chain.
  const chainLimit = 16;
  const objectPrototype = Object.prototype;
  const functionPrototype = Function.prototype;
  const builtIn = table<unknown>();
  let exported: unknown;
  let exportsFrom: "module" | "commonjs" | "script" = "script";

  /** `owner[name]` if it is a function that is not just inherited by every object. */
  function functionOf(owner: unknown, name: string): unknown {
    if ((typeof owner !== "object" && typeof owner !== "function") || owner === null) return;
    let at: object | null = owner;
    for (let i = 0; i < chainLimit && at; i++) {
      if (at === objectPrototype || at === functionPrototype) return;
      if (hasOwn(at, name)) {
        const found = (owner as Record<string, unknown>)[name];
        return typeof found === "function" ? found : undefined;
      }
      at = prototypeOf(at);
    }
  }

  return {
    rememberGlobals() {
      const keys = kit.ownKeys(realm);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as PropertyKey;
        builtIn[key] = realm[key];
      }
    },
    use(from, value) {
      exportsFrom = from;
      exported = value;
    },
    find(name) {
      if (exportsFrom !== "script") {
        const own = functionOf(exported, name);
        if (own) return { fn: own, self: exportsFrom === "commonjs" ? exported : undefined };
        const inner = hasDefault(exported) ? exported.default : undefined;
        const its = functionOf(inner, name);
        if (its) return { fn: its, self: inner };
      }
      if (!hasOwn(realm, name)) return;
      const fn = realm[name];
      if (typeof fn !== "function" || builtIn[name] === fn) return;
      return { fn, self: undefined };
    },
  };

  function hasDefault(value: unknown): value is { readonly default: unknown } {
    return ((typeof value === "object" && value !== null) || typeof value === "function") &&
      hasOwn(value, "default");
  }
}
