/** What an operator writes to grant something, and whether it makes sense for a registry. @module */

import { isObject } from "../manifest/freeze.ts";
import { show } from "../manifest/printable.ts";
import type { JsonObject } from "../manifest/manifest.ts";
import type { CapabilityRegistry } from "./catalog.ts";

/**
 * What an operator grants: `"all"` for trusted code, or capabilities by name or alias. `true` grants
 * exactly what the extension asks for; an object grants at most these arguments. The key `all` may
 * stand beside others, for what `"all"` does not include.
 */
export type GrantOptions = "all" | { readonly [capability: string]: true | JsonObject };

/** Checked grants: arguments by canonical name, `true` where there are none. */
export interface CheckedGrants {
  /** Whether everything is granted that does not have to be granted by name. */
  readonly all: boolean;
  /** What is granted by name. */
  readonly named: ReadonlyMap<string, true | JsonObject>;
}

/**
 * Checks what an operator wrote.
 *
 * @throws {TypeError} for an unknown capability (naming the closest one), one that is granted twice
 * by name and alias, or arguments that the capability does not take.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, checkGrants } from "@airlock/host/capabilities";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const registry = new CapabilityRegistry();
 * assertEquals(checkGrants({ cache: true }, registry).named.get("kv"), true);
 * assertThrows(() => checkGrants({ evn: true }, registry), TypeError);
 * ```
 */
export function checkGrants(grants: GrantOptions, registry: CapabilityRegistry): CheckedGrants {
  if (grants === "all") return { all: true, named: new Map() };
  if (typeof grants !== "object" || grants === null || Array.isArray(grants)) {
    throw new TypeError(
      `Cannot grant capabilities as they must be "all" or an object: current value is ${
        show(grants)
      }`,
    );
  }
  const named = new Map<string, true | JsonObject>();
  let all = false;
  // Own keys only, into a Map: `__proto__` is an unknown capability and nothing else.
  for (const [name, args] of Object.entries(grants)) {
    if (name === "all") {
      if (args !== true) throw new TypeError(`Cannot grant "all" as it takes no arguments`);
      all = true;
      continue;
    }
    const found = registry.get(name);
    if (!found) throw unknown(name, registry);
    const canonical = found.capability.name;
    if (named.has(canonical)) {
      throw new TypeError(`Cannot grant capability "${canonical}" twice: also as "${name}"`);
    }
    named.set(canonical, checkedArgs(canonical, args, found.capability.parse));
  }
  return { all, named };
}

function unknown(name: string, registry: CapabilityRegistry): TypeError {
  const suggestion = registry.suggest(name);
  const hint = suggestion === undefined
    ? `it has ${registry.names().join(", ") || "none"}`
    : `did you mean "${suggestion}"?`;
  return new TypeError(
    `Cannot grant capability ${show(name)} as this host has no such capability: ${hint}`,
  );
}

type Parse = (
  args: JsonObject,
) => { ok: true } | { ok: false; problems: readonly { path: string; message: string }[] };

function checkedArgs(name: string, args: unknown, parse: Parse): true | JsonObject {
  if (args === true) return true;
  if (!isObject(args as JsonObject)) {
    throw new TypeError(
      `Cannot grant capability "${name}" as its arguments must be true or an object: current value is ${
        show(args)
      }`,
    );
  }
  if (Object.keys(args as JsonObject).length === 0) return true;
  const parsed = parse(args as JsonObject);
  if (parsed.ok) return args as JsonObject;
  const problems = parsed.problems.map(({ path, message }) => `${path} ${message}`);
  throw new TypeError(`Cannot grant capability "${name}": ${problems.join("; ")}`);
}
