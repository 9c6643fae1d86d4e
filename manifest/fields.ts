/** Every field of a manifest in one table; the parser and the JSON Schema are both read off it. @module */

import {
  capabilityName,
  extensionName,
  functionName,
  integrity,
  label,
  modulePath,
  prose,
  routeMethod,
  routePath,
  type Rule,
} from "./rules.ts";

/** What a field holds. */
export type Kind =
  | "string"
  | "number" // above 0
  | "boolean"
  | "list" // its items are the row "path[]"
  | "object" // its keys are the rows "path.key", and no others
  | "open" // as "object", but other keys hold any JSON
  | "map" // every key is allowed, its values are the row "path.*"
  | "free"; // any JSON object

/** One row of the table. */
export interface Field {
  /** Where: `a.b`, `[]` for the items of a list, `*` for the values of a map; empty for the root. */
  readonly path: string;
  readonly kind: Kind;
  /** One sentence for people; it becomes the description in the schema. */
  readonly doc: string;
  readonly required?: true;
  /** What a string must look like; {@linkcode label} when absent. */
  readonly rule?: Rule;
  /** The only strings allowed. */
  readonly oneOf?: readonly string[];
  /** A list in which nothing may stand twice. */
  readonly unique?: true;
  /** `null` means "not set". */
  readonly nullable?: true;
  /** A string may stand for an object that has just this key. */
  readonly shorthand?: string;
}

/** Largest limit: above it JavaScript no longer counts one by one. */
export const NUMBER_LIMIT: number = Number.MAX_SAFE_INTEGER;

const TABLE: readonly Field[] = [
  { path: "", kind: "object", doc: "What an extension is, and what it asks for." },
  { path: "$schema", kind: "string", rule: prose, doc: "Address of this schema, for editors." },
  {
    path: "name",
    kind: "string",
    required: true,
    rule: extensionName,
    doc: "The extension's name for itself: a label, never an authority.",
  },
  { path: "version", kind: "string", doc: "The extension's version." },
  { path: "description", kind: "string", rule: prose, doc: "What the extension does." },
  {
    path: "runtime",
    kind: "string",
    required: true,
    doc: "The engine: native, wasm, quickjs, js, an alias, or one the host adds.",
  },
  {
    path: "module",
    kind: "string",
    rule: modulePath,
    doc: "The module's file, relative to the extension's directory.",
  },
  { path: "abi", kind: "string", doc: "The guest convention, when it should not be detected." },
  { path: "codec", kind: "string", doc: "How calls are encoded: json, msgpack, text or bytes." },
  { path: "exports", kind: "list", unique: true, doc: "The functions that it offers." },
  { path: "exports[]", kind: "string", rule: functionName, doc: "A function's name." },
  {
    path: "integrity",
    kind: "string",
    rule: integrity,
    doc: "Hash of the module's file: sha256-, sha384- or sha512- with base64 or hexadecimal.",
  },
  {
    path: "capabilities",
    kind: "list",
    doc: "What it asks its operator for; without the list its imports speak for it.",
  },
  {
    path: "capabilities[]",
    kind: "open",
    shorthand: "name",
    doc: "A capability's name, or an object with the name and what exactly is asked for.",
  },
  {
    path: "capabilities[].name",
    kind: "string",
    required: true,
    rule: capabilityName,
    doc: "The capability.",
  },
  {
    path: "capabilities[].optional",
    kind: "boolean",
    doc: "Whether the extension also loads without it.",
  },
  {
    path: "capabilities[].reason",
    kind: "string",
    rule: prose,
    doc: "Why the extension wants it, for the operator's eyes.",
  },
  { path: "protocols", kind: "list", unique: true, doc: "The protocols that it speaks." },
  { path: "protocols[]", kind: "string", doc: "A protocol's name." },
  { path: "events", kind: "map", doc: "The events that it may emit, by name." },
  { path: "events.*", kind: "object", doc: "One event." },
  { path: "events.*.description", kind: "string", rule: prose, doc: "When it is emitted." },
  { path: "events.*.fields", kind: "free", doc: "What it carries." },
  {
    path: "limits",
    kind: "object",
    doc: "Limits it sets itself; the operator's are applied on top.",
  },
  {
    path: "limits.memoryBytes",
    kind: "number",
    nullable: true,
    doc: "Bytes of guest memory per instance.",
  },
  {
    path: "limits.timeoutMs",
    kind: "number",
    nullable: true,
    doc: "Milliseconds a call may take.",
  },
  { path: "limits.fuel", kind: "number", nullable: true, doc: "Units of fuel a call may burn." },
  {
    path: "limits.payloadBytes",
    kind: "number",
    nullable: true,
    doc: "Bytes of a payload or a result.",
  },
  {
    path: "config",
    kind: "free",
    doc: "Configuration of the extension's own, under the operator's.",
  },
  { path: "dependsOn", kind: "list", unique: true, doc: "Extensions that must be loaded first." },
  { path: "dependsOn[]", kind: "string", rule: extensionName, doc: "An extension's name." },
  { path: "engines", kind: "map", doc: "Version ranges of the hosts it runs on." },
  { path: "engines.*", kind: "string", doc: "A range of versions, such as ^0.1." },
  {
    path: "isolation",
    kind: "string",
    oneOf: ["inline", "worker", "process"],
    doc: "The weakest isolation that it accepts.",
  },
  { path: "routes", kind: "list", doc: "What it serves, where it is granted." },
  { path: "routes[]", kind: "object", doc: "One path, and the function that takes what comes." },
  {
    path: "routes[].protocol",
    kind: "string",
    oneOf: ["http", "ws", "sse"],
    doc: "Requests, the default; WebSocket connections; or subscribers of an event stream.",
  },
  {
    path: "routes[].method",
    kind: "string",
    rule: routeMethod,
    doc: "The method of requests: GET, the default, POST and so on.",
  },
  {
    path: "routes[].path",
    kind: "string",
    required: true,
    rule: routePath,
    doc: "The path, where :name stands for any one segment.",
  },
  {
    path: "routes[].handler",
    kind: "string",
    rule: functionName,
    doc: "The function that is called for each request, or for all of a connection.",
  },
  { path: "routes[].description", kind: "string", rule: prose, doc: "What is served there." },
  { path: "jobs", kind: "list", doc: "Jobs, for drivers that schedule the extension." },
  { path: "jobs[]", kind: "free", doc: "A job." },
];

const BY_PATH: ReadonlyMap<string, Field> = new Map(TABLE.map((field) => [field.path, field]));

/** The row of `path`; a table that lacks one of its own rows is a mistake of ours. */
export function fieldAt(path: string): Field {
  const field = BY_PATH.get(path);
  if (!field) throw new TypeError(`Cannot find field "${path}" as the table has no such row`);
  return field;
}

/** The row of the root. */
export const ROOT: Field = fieldAt("");

/** The rows of an object's keys, by key. */
export function keysOf(object: Field): ReadonlyMap<string, Field> {
  return KEYS.get(object.path) ?? new Map();
}

/** The row of a list's items, or of a map's values. */
export function partOf(field: Field): Field {
  return fieldAt(field.kind === "list" ? `${field.path}[]` : `${field.path}.*`);
}

const KEYS: ReadonlyMap<string, ReadonlyMap<string, Field>> = indexKeys();

function indexKeys(): Map<string, Map<string, Field>> {
  const index = new Map<string, Map<string, Field>>();
  for (const field of TABLE) {
    if (field.path === "") continue;
    const dot = field.path.lastIndexOf(".");
    const parent = dot === -1 ? "" : field.path.slice(0, dot);
    const key = field.path.slice(dot + 1);
    if (key === "*" || key.endsWith("[]")) continue;
    const keys = index.get(parent) ?? new Map<string, Field>();
    index.set(parent, keys.set(key, field));
  }
  return index;
}

/** The rule that a string field keeps. */
export function ruleOf(field: Field): Rule {
  return field.rule ?? label;
}
