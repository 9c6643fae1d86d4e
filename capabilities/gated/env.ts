/** `env`: environment variables of the host process, only the named ones. @module */

import type { Json, JsonObject } from "../../manifest/manifest.ts";
import { ArgumentReader, commonOf, EVERYTHING } from "../arguments.ts";
import { type Capability, defineCapability, type HostValue } from "../capability.ts";
import type { Powers } from "../powers.ts";

/** The granted names; `undefined` = all of them. */
interface EnvGrant {
  readonly names: ReadonlySet<string> | undefined;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function checkName(name: string): string | undefined {
  if (name === EVERYTHING || NAME.test(name)) return undefined;
  return `must be the name of an environment variable, or "${EVERYTHING}"`;
}

function nameOf(value: HostValue): string {
  if (typeof value === "string" && NAME.test(value)) return value;
  throw new TypeError("Cannot read an environment variable as its name must be a plain word");
}

function listOf(args: JsonObject): readonly string[] | undefined {
  return args["names"] as readonly string[] | undefined;
}

/** Reads the granted variables with the power to read any. */
export function envCapability(
  power: Pick<Powers, "env" | "envNames">,
): Capability<EnvGrant, undefined> {
  return defineCapability<EnvGrant, undefined>({
    name: "env",
    summary: "read environment variables",
    listArgument: "names",
    needsArguments: true,
    parse(args) {
      const reader = new ArgumentReader(args);
      const names = reader.strings("names", checkName);
      const all = names === undefined || names.includes(EVERYTHING);
      return reader.result<EnvGrant>({ names: all ? undefined : new Set(names) });
    },
    intersect(asked, granted) {
      const names = commonOf(listOf(asked), listOf(granted));
      if (names === undefined) return {};
      return names.length === 0 ? undefined : { names: names as readonly Json[] };
    },
    operations: {
      /** The variable's value, or `null` when it is not set. */
      get: {
        params: ["name"],
        outside({ name }, { names }) {
          const wanted = nameOf(name);
          return !names || names.has(wanted) ? undefined : { names: [wanted] };
        },
        callSync: ({ name }) => power.env(nameOf(name)) ?? null,
      },
      /** All granted variables that are set, by name. */
      list: {
        params: [],
        callSync(_, { grant }) {
          const found: Record<string, string> = Object.create(null);
          for (const name of grant.names ?? power.envNames()) {
            const value = power.env(name);
            if (value !== undefined) found[name] = value;
          }
          return found;
        },
      },
    },
    denoPermissions: ({ names }) => [
      names ? `--allow-env=${[...names].join(",")}` : "--allow-env",
    ],
  });
}
