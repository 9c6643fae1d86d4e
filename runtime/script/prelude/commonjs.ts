/** `require` inside a realm, over files that were compiled before. @module */

import type { Ask } from "./entry.ts";
import type { Kit } from "./kit.ts";

/** The CommonJS files of one extension. */
export interface CommonJs {
  /** Takes a compiled `(exports, require, module, __filename, __dirname)`. */
  readonly define: (key: string, wrapper: unknown) => void;
  readonly json: (key: string, text: string) => void;
  /** The exports of a file; runs it the first time. */
  readonly load: (key: string) => unknown;
}

/** Self-contained: its text runs inside the realm. */
export function makeCommonJs(kit: Kit, ask: Ask): CommonJs {
  const { apply, slice, table } = kit;
  const definitions = table<{ readonly wrapper?: unknown; readonly json?: string }>();
  const modules = table<{ exports: unknown }>();

  function load(key: string): unknown {
    const known = modules[key];
    if (known) return known.exports;
    const definition = definitions[key];
    if (!definition) throw new kit.Error(`Cannot find module "${key}"`);
    const module: { exports: unknown } = { exports: {} };
    modules[key] = module;
    try {
      if (definition.json !== undefined) module.exports = kit.parse(definition.json);
      else {
        const slash = lastSlash(key);
        const folder = slash < 0 ? "." : slice(key, 0, slash);
        const its = (specifier: unknown): unknown => require(key, specifier);
        const { exports } = module;
        apply(definition.wrapper, exports, [exports, its, module, key, folder]);
      }
    } catch (error) {
      delete modules[key];
      throw error;
    }
    return module.exports;
  }

  function require(from: string, specifier: unknown): unknown {
    const name = kit.text(specifier);
    if (name === "airlock:host") return kit.realm.airlock;
    const answer = ask("require", from, name);
    if (slice(answer, 0, 1) === "=") return load(slice(answer, 1));
    const error = new kit.Error(slice(answer, 1));
    kit.put(error, "code", "MODULE_NOT_FOUND");
    throw error;
  }

  function lastSlash(path: string): number {
    for (let i = path.length - 1; i >= 0; i--) if (path[i] === "/") return i;
    return -1;
  }

  return {
    define: (key, wrapper) => {
      definitions[key] = { wrapper };
    },
    json: (key, text) => {
      definitions[key] = { json: text };
    },
    load,
  };
}
