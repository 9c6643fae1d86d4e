/** `events`: what an extension tells its host, marked where its manifest said nothing of it. @module */

import type { Json, JsonObject } from "../../manifest/manifest.ts";
import { noArguments } from "../arguments.ts";
import {
  type Capability,
  type CapabilityScope,
  defineCapability,
  type HostValue,
} from "../capability.ts";

/** Longest name of an event: names end up in logs and indexes. */
const KIND_LIMIT = 256;

/** Emits events to the host. Undeclared ones, and ones that differ from their declaration, are marked. */
export const eventsCapability: Capability<null, CapabilityScope<null>> = defineCapability({
  name: "events",
  summary: "emit events to the host",
  parse: noArguments,
  operations: {
    emit: {
      params: ["kind", "data"],
      callSync({ kind, data }, { state: { extension, services }, onEvent }) {
        if (typeof kind !== "string" || kind === "" || kind.length > KIND_LIMIT) {
          throw new TypeError(
            `Cannot emit an event as its kind must be a string of 1 to ${KIND_LIMIT} characters`,
          );
        }
        const declaration = Object.hasOwn(services.events, kind)
          ? services.events[kind]
          : undefined;
        const event = Object.freeze({
          extension: extension.name,
          kind,
          data: data ?? null,
          declared: declaration !== undefined,
          problems: declaration ? problemsOf(declaration.fields, data) : [],
        });
        onEvent?.(event);
        services.onEvent(event);
        return undefined;
      },
    },
  },
  setup: (scope: CapabilityScope<null>) => scope,
});

/** Where `data` differs from `fields`, which are `{ name: { type, required } }` or free-form. */
function problemsOf(fields: JsonObject, data: HostValue): readonly string[] {
  const problems: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const type = property(field, "type");
    const value = isRecord(data) && Object.hasOwn(data, name) ? data[name] : undefined;
    if (value === undefined) {
      if (property(field, "required") === true) problems.push(`field "${name}" is missing`);
    } else if (typeof type === "string" && !fits(value, type)) {
      problems.push(`field "${name}" must be of type ${type}`);
    }
  }
  return problems;
}

/** Types that nobody knows fit everything: a declaration is a promise, not a program. */
function fits(value: HostValue, type: string): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
    case "bool":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    case "object":
    case "map":
      return isRecord(value);
    default:
      return true;
  }
}

function isRecord(value: unknown): value is { readonly [key: string]: HostValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Uint8Array);
}

function property(value: Json | undefined, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
