/** One text for one manifest, whatever order and spacing its author chose. @module */

import type { CapabilityAsk, Json, JsonObject, Manifest, RouteDeclaration } from "./manifest.ts";

/**
 * The manifest as JSON with sorted keys and no spaces: the text that digests cover. It is itself a
 * manifest that parses to an equal one, but for that of a Pulp cell, which has more to it.
 *
 * @param manifest A parsed manifest.
 * @returns The same text for every spelling of the same manifest.
 *
 * @example
 * ```ts
 * import { canonicalManifest, parseManifest } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * const one = parseManifest('{ "name": "a", "runtime": "wasm" }', "one");
 * const other = parseManifest('{"runtime":"wasm","name":"a","exports":[]}', "other");
 * assertEquals(canonicalManifest(one), canonicalManifest(other));
 * ```
 */
export function canonicalManifest(manifest: Manifest): string {
  const { capabilities, limits, events, routes, ...rest } = manifest;
  return write({
    ...rest,
    limits: { ...limits },
    events: spellEvents(events),
    capabilities: capabilities?.map(spellAsk),
    routes: routes.map(spellRoute),
  });
}

/** What `JSON.stringify` takes: JSON, and keys that are not set. */
type Loose = Json | undefined | readonly Loose[] | { readonly [key: string]: Loose };

function spellAsk({ name, args, optional, reason }: CapabilityAsk): JsonObject {
  return { ...args, name, optional, reason };
}

function spellEvents(events: Manifest["events"]): JsonObject {
  const entries = Object.entries(events);
  return Object.fromEntries(
    entries.map(([name, { description, fields }]) => [name, { description, fields }] as const),
  );
}

/** What is empty was not written. */
function spellRoute({ protocol, method, path, handler, description }: RouteDeclaration): Loose {
  return {
    protocol,
    path,
    description,
    ...method === "" ? {} : { method },
    ...handler === "" ? {} : { handler },
  };
}

function write(value: Loose): string {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const object = value as { readonly [key: string]: Loose };
  const fields: string[] = [];
  for (const key of Object.keys(object).sort()) {
    const item = object[key];
    if (item !== undefined) fields.push(`${JSON.stringify(key)}:${write(item)}`);
  }
  return `{${fields.join(",")}}`;
}
