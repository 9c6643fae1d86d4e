/** Makes a frozen Manifest of a JSON object whose shape was checked. @module */

import { frozenCopy, frozenObject, isObject, own } from "./freeze.ts";
import type {
  CapabilityAsk,
  EventDeclaration,
  Isolation,
  Json,
  JsonObject,
  Manifest,
  ManifestLimits,
  RouteDeclaration,
} from "./manifest.ts";

const DEFAULT_VERSION = "0.0.0";

/** Fills in the defaults and copies everything out of `raw`. */
export function buildManifest(raw: JsonObject): Manifest {
  return Object.freeze({
    name: text(raw, "name") ?? "",
    version: text(raw, "version") ?? DEFAULT_VERSION,
    description: text(raw, "description") ?? "",
    runtime: text(raw, "runtime") ?? "",
    module: plainPath(text(raw, "module")),
    abi: text(raw, "abi"),
    codec: text(raw, "codec"),
    exports: texts(raw, "exports"),
    integrity: text(raw, "integrity") || undefined,
    capabilities: Array.isArray(own(raw, "capabilities"))
      ? Object.freeze(list(raw, "capabilities").map(ask))
      : undefined,
    protocols: texts(raw, "protocols"),
    events: frozenObject(Object.entries(object(raw, "events")), event),
    limits: limits(object(raw, "limits")),
    config: free(raw, "config"),
    dependsOn: texts(raw, "dependsOn"),
    engines: frozenObject(Object.entries(object(raw, "engines")), String),
    isolation: isolation(text(raw, "isolation")),
    routes: Object.freeze(list(raw, "routes").map(route)),
    jobs: objects(raw, "jobs"),
  });
}

function ask(item: Json): CapabilityAsk {
  const whole = isObject(item) ? item : {};
  const { name: _name, optional: _optional, reason: _reason, ...args } = whole;
  return Object.freeze({
    name: typeof item === "string" ? item : text(whole, "name") ?? "",
    args: frozenObject(Object.entries(args), frozenCopy),
    optional: own(whole, "optional") === true,
    reason: text(whole, "reason") ?? "",
  });
}

function event(item: Json): EventDeclaration {
  const whole = isObject(item) ? item : {};
  return Object.freeze({
    description: text(whole, "description") ?? "",
    fields: free(whole, "fields"),
  });
}

function route(item: Json): RouteDeclaration {
  const whole = isObject(item) ? item : {};
  const word = text(whole, "protocol");
  const protocol = word === "ws" || word === "sse" ? word : "http";
  return Object.freeze({
    protocol,
    method: protocol === "http" ? text(whole, "method") ?? "GET" : "",
    path: text(whole, "path") ?? "",
    handler: text(whole, "handler") ?? "",
    description: text(whole, "description") ?? "",
  });
}

function limits(raw: JsonObject): ManifestLimits {
  const limit = (key: string) => {
    const value = own(raw, key);
    return typeof value === "number" ? value : undefined;
  };
  return Object.freeze({
    memoryBytes: limit("memoryBytes"),
    timeoutMs: limit("timeoutMs"),
    fuel: limit("fuel"),
    payloadBytes: limit("payloadBytes"),
  });
}

function isolation(word: string | undefined): Isolation | undefined {
  return word === "inline" || word === "worker" || word === "process" ? word : undefined;
}

/** `./a//b.wasm` → `a/b.wasm`; an empty path is none. */
function plainPath(path: string | undefined): string | undefined {
  const parts = (path ?? "").split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? undefined : parts.join("/");
}

function text(raw: JsonObject, key: string): string | undefined {
  const value = own(raw, key);
  return typeof value === "string" ? value : undefined;
}

function list(raw: JsonObject, key: string): readonly Json[] {
  const value = own(raw, key);
  return Array.isArray(value) ? value : [];
}

function object(raw: JsonObject, key: string): JsonObject {
  const value = own(raw, key);
  return isObject(value) ? value : {};
}

/** Base's form may repeat a name, which means nothing. */
function texts(raw: JsonObject, key: string): readonly string[] {
  const strings = list(raw, key).filter((item) => typeof item === "string");
  return Object.freeze(Array.from(new Set(strings)));
}

function free(raw: JsonObject, key: string): JsonObject {
  return frozenObject(Object.entries(object(raw, key)), frozenCopy);
}

function objects(raw: JsonObject, key: string): readonly JsonObject[] {
  const items = list(raw, key).filter((item) => isObject(item));
  return Object.freeze(items.map((item) => frozenObject(Object.entries(item), frozenCopy)));
}
