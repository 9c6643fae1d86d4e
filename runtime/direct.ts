/** What an operator grants directly: Deno's own permission for a lane, past the broker. @module */

import type { CapabilityRegistry } from "../capabilities/catalog.ts";
import type { ResolvedGrants } from "../capabilities/grant.ts";
import { show } from "../manifest/printable.ts";
import type { DirectGrants, Runtime } from "./contract.ts";
import { Fault } from "./errors.ts";
import { isolationOf } from "./registry.ts";

/** Why what an operator might think of is never direct. */
const NEVER: { readonly [capability: string]: string } = {
  fs: "Deno checks where a link lies and not where it leads",
  sqlite: "its database is a file, and Deno checks where a link lies and not where it leads",
  run: "Deno knows the executable of a permission and not its arguments",
};

/** The one argument that Deno's permission can express. */
const HOSTS = "hosts";

/**
 * Checks what is to be direct against the engine.
 *
 * @throws {TypeError} for a name that is no capability of this host.
 * @throws {Fault} `unsupported` for one that cannot be direct, there or at all.
 */
export function checkDirect(
  names: readonly string[],
  runtime: Runtime,
  registry: CapabilityRegistry,
): readonly string[] {
  return names.map((written) => {
    const name = registry.get(written)?.capability.name;
    if (name === undefined) {
      throw new TypeError(
        `Cannot grant ${show(written)} directly as this host has no such capability`,
      );
    }
    const never = Object.hasOwn(NEVER, name) ? NEVER[name] : undefined;
    if (never !== undefined) {
      throw new Fault("unsupported", `"${name}" is never granted directly: ${never}`);
    }
    if (!runtime.direct?.includes(name)) {
      const where = `runtime "${runtime.name}" (${isolationOf(runtime)})`;
      throw new Fault("unsupported", `${where} takes no direct grant of "${name}"`);
    }
    return name;
  });
}

/**
 * What a lane may do itself of what was decided; what was not granted is not direct either.
 *
 * @throws {Fault} `unsupported` where the grant is narrower than any permission of Deno's.
 */
export function directGrants(
  names: readonly string[],
  { bound }: ResolvedGrants,
): DirectGrants | undefined {
  const found = bound.filter(({ name }) => names.includes(name));
  if (found.length === 0) return undefined;
  for (const { name, args } of found) {
    const more = Object.keys(args).find((key) => key !== HOSTS);
    if (more === undefined) continue;
    throw new Fault(
      "unsupported",
      `"${name}" cannot be granted directly with "${more}": Deno has no such permission`,
    );
  }
  return Object.freeze({
    permissions: found.flatMap(({ capability, grant }) =>
      capability.denoPermissions?.(grant) ?? []
    ),
    grants: Object.fromEntries(found.map(({ name, args }) => [name, args])),
  });
}
