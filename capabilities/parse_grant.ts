/** Grants as they stand on a command line: `net=HOST,HOST`, and back. @module */

import { isObject } from "../manifest/freeze.ts";
import type { Json, JsonObject } from "../manifest/manifest.ts";
import { show } from "../manifest/printable.ts";
import type { Capability } from "./capability.ts";
import type { CapabilityRegistry } from "./catalog.ts";
import { checkGrants, type GrantOptions } from "./grant_options.ts";

/**
 * Reads the values of `--grant`: `all`, `CAP`, `CAP=ARG,ARG` for capabilities that take a list, or
 * `CAP={"name":…}` with all arguments as JSON. Lists of a repeated capability are joined.
 *
 * @throws {TypeError} saying what is wrong with which flag.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, parseGrantFlags } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const registry = new CapabilityRegistry();
 * const grants = parseGrantFlags(["env=LANG,TZ", "kv"], registry);
 * assertEquals({ ...grants as object }, { env: { names: ["LANG", "TZ"] }, kv: true });
 * assertEquals(parseGrantFlags(["all"], registry), "all");
 * ```
 */
export function parseGrantFlags(
  flags: readonly string[],
  registry: CapabilityRegistry,
): GrantOptions {
  const grants = new Map<string, true | JsonObject>();
  for (const flag of flags) {
    const equals = flag.indexOf("=");
    const written = equals < 0 ? flag : flag.slice(0, equals);
    const capability = registry.get(written)?.capability;
    const name = capability?.name ?? written;
    // an unknown name stays as it is: checkGrants knows what to say
    const args = equals < 0 || !capability
      ? true
      : argumentsOf(capability, flag.slice(equals + 1), flag);
    grants.set(name, joined(grants.get(name), args, flag));
  }
  if (grants.size === 1 && grants.get("all") === true) return "all";
  const options: Record<string, true | JsonObject> = Object.create(null);
  for (const [name, args] of grants) options[name] = args;
  checkGrants(options, registry);
  return Object.freeze(options);
}

function argumentsOf(
  { name, listArgument }: Capability,
  text: string,
  flag: string,
): JsonObject {
  if (text.startsWith("{")) {
    const value = parsedJson(text, flag);
    if (isObject(value)) return value;
  }
  if (listArgument === undefined) {
    throw new TypeError(
      `Cannot read the grant ${
        show(flag)
      } as "${name}" takes no list: write ${name} or ${name}={"…":…}`,
    );
  }
  const items = text.split(",");
  if (items.includes("")) {
    throw new TypeError(`Cannot read the grant ${show(flag)} as an argument in it is empty`);
  }
  return { [listArgument]: items };
}

function parsedJson(text: string, flag: string): Json {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`Cannot read the grant ${show(flag)} as its arguments are not JSON`, {
      cause,
    });
  }
}

/** The union of two lists of one capability; anything else said twice contradicts itself. */
function joined(
  before: true | JsonObject | undefined,
  after: true | JsonObject,
  flag: string,
): true | JsonObject {
  if (before === undefined) return after;
  if (before === true || after === true) {
    if (before === after) return after;
  } else {
    const [key, ...others] = new Set([...Object.keys(before), ...Object.keys(after)]);
    const [a, b] = key === undefined ? [] : [before[key], after[key]];
    if (key !== undefined && others.length === 0 && Array.isArray(a) && Array.isArray(b)) {
      return { [key]: [...new Set([...a, ...b])] };
    }
  }
  throw new TypeError(
    `Cannot read the grant ${show(flag)} as another one for the same capability differs: write one`,
  );
}

/** An item that survives between commas. */
const LIST_ITEM = /^[^,{][^,]*$/;

/**
 * The value of `--grant` that grants `args` of capability `name`: what {@linkcode parseGrantFlags} reads.
 * Where a grant has to name arguments and none are known, a word in capitals stands for them.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, formatGrant } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const registry = new CapabilityRegistry();
 * assertEquals(formatGrant("env", { names: ["LANG"] }, registry), "env=LANG");
 * assertEquals(formatGrant("env", {}, registry), "env=NAMES");
 * assertEquals(formatGrant("kv", { bytes: 4096 }, registry), 'kv={"bytes":4096}');
 * ```
 */
export function formatGrant(name: string, args: JsonObject, registry: CapabilityRegistry): string {
  const capability = registry.get(name)?.capability;
  return capability ? formatGrantOf(capability, args) : name;
}

/** The same for a capability at hand. */
export function formatGrantOf(capability: Capability, args: JsonObject): string {
  const { name, listArgument, needsArguments, formatArgs } = capability;
  const keys = Object.keys(args);
  if (keys.length === 0) {
    return needsArguments ? `${name}=${(listArgument ?? "{…}").toUpperCase()}` : name;
  }
  if (formatArgs) return `${name}=${formatArgs(args)}`;
  const list = listArgument === undefined || keys.length > 1 ? undefined : args[listArgument];
  if (Array.isArray(list) && list.length > 0 && list.every(isListItem)) {
    return `${name}=${list.join(",")}`;
  }
  return `${name}=${JSON.stringify(args)}`;
}

function isListItem(item: Json): boolean {
  return typeof item === "string" && LIST_ITEM.test(item);
}
