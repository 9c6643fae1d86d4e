/** The table of what a host can offer: which capabilities there are, by name and alias, and in which mode. @module */

import { closest } from "../manifest/suggest.ts";
import { readAsAscii } from "../manifest/lookalikes.ts";
import { clockCapability } from "./always/clock.ts";
import { configCapability } from "./always/config.ts";
import { eventsCapability } from "./always/events.ts";
import { logCapability } from "./always/log.ts";
import { randomCapability } from "./always/random.ts";
import { varCapability } from "./always/var.ts";
import { type Capability, defineCapability } from "./capability.ts";
import { envCapability } from "./gated/env.ts";
import { fsCapability } from "./gated/fs.ts";
import { extensionsCapability } from "./gated/extensions.ts";
import { kvCapability } from "./gated/kv.ts";
import { netCapability } from "./gated/net.ts";
import { runCapability } from "./gated/run.ts";
import { httpServeCapability } from "./gated/http_serve.ts";
import { sqliteCapability, type SqliteOptions } from "./gated/sqlite.ts";
import { sseServeCapability } from "./gated/sse_serve.ts";
import { wsServeCapability } from "./gated/ws_serve.ts";
import type { OfferedImport } from "./raw_import.ts";
import { type Powers, powers as ambient } from "./powers.ts";

/** `always`: bound to every extension. `gated`: only what is asked and granted. */
export type CapabilityMode = "always" | "gated";

/** One capability of a registry. */
export interface RegisteredCapability {
  /** The definition, frozen. */
  readonly capability: Capability;
  /** Whether an extension has to ask for it. */
  readonly mode: CapabilityMode;
}

/** Options of a {@linkcode CapabilityRegistry}. */
export interface CapabilityRegistryOptions {
  /** `false` for a registry without any capability; default: the built-in and registered ones. */
  readonly builtIns?: boolean;
  /** What the built-in gated capabilities act with; default: what this process has. */
  readonly powers?: Powers;
  /** How databases of extensions are kept; default: one file each, with caps. */
  readonly sqlite?: SqliteOptions;
}

/** Process-wide ones, in order of registration. */
const registered = new Set<Capability>();

/**
 * The capabilities of a host. A new registry has the built-in ones and those that
 * {@linkcode registerCapability} added before; one registry may serve many hosts.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, defineCapability } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const translate = defineCapability({
 *   name: "translate",
 *   summary: "translate a key",
 *   parse: () => ({ ok: true, grant: null }),
 *   operations: { text: { params: ["key"], callSync: ({ key }) => key } },
 * });
 * const registry = new CapabilityRegistry().gated(translate);
 * assertEquals(registry.get("translate")?.mode, "gated");
 * assertEquals(registry.get("cache")?.capability.name, "kv"); // an alias
 * ```
 */
export class CapabilityRegistry {
  readonly #entries = new Map<string, RegisteredCapability>();
  /** Names and aliases → canonical name. */
  readonly #names = new Map<string, string>();
  #version = 0;
  /** Made when asked for: every load looks at them. */
  #sorted: readonly string[] | undefined;
  #imports: readonly OfferedImport[] | undefined;

  /** Starts with the built-in capabilities, unless `builtIns` is `false`. */
  constructor({ builtIns = true, powers = ambient, sqlite }: CapabilityRegistryOptions = {}) {
    if (!builtIns) return;
    for (const add of alwaysBuiltIns()) add(this);
    for (const add of gatedBuiltIns(powers, sqlite)) add(this);
    for (const capability of registered) this.gated(capability);
  }

  /** Grows with each registration. */
  get version(): number {
    return this.#version;
  }

  /**
   * Adds a capability that every extension has without asking: for what is harmless.
   *
   * @throws {TypeError} when its name or an alias of it is taken or malformed.
   */
  always<Grant, State>(capability: Capability<Grant, State>): this {
    return this.#add(capability, "always");
  }

  /**
   * Adds a capability that an extension has only when it asks and its operator grants.
   *
   * @throws {TypeError} when its name or an alias of it is taken or malformed.
   */
  gated<Grant, State>(capability: Capability<Grant, State>): this {
    return this.#add(capability, "gated");
  }

  /** The capability of that name or alias. */
  get(name: string): RegisteredCapability | undefined {
    const canonical = this.#names.get(name);
    return canonical === undefined ? undefined : this.#entries.get(canonical);
  }

  /** Canonical names, sorted. */
  names(): readonly string[] {
    return this.#sorted ??= Object.freeze([...this.#entries.keys()].sort());
  }

  /** Imports that WASM modules can be offered, by capability. */
  imports(): readonly OfferedImport[] {
    return this.#imports ??= Object.freeze(
      [...this.#entries.values()].flatMap(({ capability }) =>
        Object.entries(capability.imports ?? {}).flatMap(([module, functions]) =>
          Object.entries(functions).map(([name, definition]) => ({
            capability: capability.name,
            module,
            name,
            definition,
          }))
        )
      ),
    );
  }

  /** The name or alias that somebody who wrote `name` probably meant. */
  suggest(name: string): string | undefined {
    const ascii = readAsAscii(name);
    return ascii !== name && this.#names.has(ascii) ? ascii : closest(ascii, this.#names.keys());
  }

  #add<Grant, State>(capability: Capability<Grant, State>, mode: CapabilityMode): this {
    const checked = defineCapability(capability);
    const names = [checked.name, ...checked.aliases ?? []];
    for (const [at, name] of names.entries()) {
      if (!this.#names.has(name) && names.indexOf(name) === at) continue;
      throw new TypeError(
        `Cannot register capability "${checked.name}" as the name "${name}" is taken`,
      );
    }
    for (const { module, name, capability: owner } of this.imports()) {
      if (checked.imports?.[module]?.[name] === undefined) continue;
      throw new TypeError(
        `Cannot register capability "${checked.name}" as the import "${module}.${name}" is that of "${owner}"`,
      );
    }
    for (const name of names) this.#names.set(name, checked.name);
    // Its own parse, setup and operations agree on Grant and State; nobody else looks into them.
    const erased = checked as unknown as Capability;
    this.#entries.set(checked.name, Object.freeze({ capability: erased, mode }));
    this.#version++;
    this.#sorted = undefined;
    this.#imports = undefined;
    return this;
  }
}

type Adder = (registry: CapabilityRegistry) => void;

/** Bound to every extension: harmless by construction, still counted and capped. */
function alwaysBuiltIns(): readonly Adder[] {
  return [
    (registry) => registry.always(logCapability),
    (registry) => registry.always(clockCapability),
    (registry) => registry.always(randomCapability),
    (registry) => registry.always(varCapability),
    (registry) => registry.always(configCapability),
    (registry) => registry.always(eventsCapability),
  ];
}

/** Bound when asked and granted, each with its own power only. */
function gatedBuiltIns(
  powers: Powers,
  sqlite: SqliteOptions | undefined,
): readonly Adder[] {
  return [
    (registry) => registry.gated(envCapability(powers)),
    (registry) => registry.gated(kvCapability),
    (registry) => registry.gated(extensionsCapability),
    (registry) => registry.gated(netCapability(powers)),
    (registry) => registry.gated(fsCapability(powers)),
    (registry) => registry.gated(sqliteCapability(powers, sqlite)),
    (registry) => registry.gated(runCapability(powers)),
    (registry) => registry.gated(httpServeCapability),
    (registry) => registry.gated(wsServeCapability),
    (registry) => registry.gated(sseServeCapability),
  ];
}

/**
 * Adds a gated capability to every registry that is made from now on.
 *
 * @returns what takes it out again; registries that have it keep it.
 * @throws {TypeError} when its name or an alias of it is taken or malformed.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, defineCapability, registerCapability } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const unregister = registerCapability(defineCapability({
 *   name: "email",
 *   summary: "send e-mail",
 *   parse: () => ({ ok: true, grant: null }),
 *   operations: { send: { params: ["to", "text"], call: () => Promise.resolve(true) } },
 * }));
 * assertEquals(new CapabilityRegistry().get("email")?.mode, "gated");
 * unregister();
 * assertEquals(new CapabilityRegistry().get("email"), undefined);
 * ```
 */
export function registerCapability<Grant, State>(
  capability: Capability<Grant, State>,
): () => void {
  // Fails here, for this owner, and not in everybody's next registry.
  new CapabilityRegistry().gated(capability);
  const erased = capability as unknown as Capability;
  registered.add(erased);
  return () => void registered.delete(erased);
}
