/**
 * The JSON that ApiQube plugins and their host exchange, each kind with the one function that
 * narrows it. As in Go, `null` stands for an absent value and unknown keys are ignored.
 *
 * @module
 */

import { Fault } from "../../errors.ts";
import type { Json } from "./contract.ts";

/** One field that a plugin reads from its input, or that an event carries. */
export interface ApiqubeField {
  /** `string`, `number`, `bool`, `object`, `array`, `map` or `any`; other words are kept. */
  readonly type: string;
  /** Whether it has to be there. */
  readonly required: boolean;
  /** What it is, for people. */
  readonly description: string;
}

/** One kind of event that a plugin declares. */
export interface ApiqubeEventSchema {
  /** When it is emitted, for people. */
  readonly description: string;
  /** What it carries, by name. */
  readonly fields: { readonly [name: string]: ApiqubeField };
}

/** What an ApiQube plugin says of itself. */
export interface ApiqubeInfo {
  /** Its own name; a registry's key for it. */
  readonly name: string;
  /** Its version; empty when it gives none. */
  readonly version: string;
  /** What it does, for people. */
  readonly description: string;
  /** The protocols that it executes tests for: any strings. */
  readonly protocols: readonly string[];
  /** What it needs of its host. */
  readonly capabilities: readonly string[];
  /** The fields of its inputs, by name. */
  readonly fields: { readonly [name: string]: ApiqubeField };
  /** The events it emits, by kind. */
  readonly events: { readonly [kind: string]: ApiqubeEventSchema };
}

/** One thing that is wrong with an input. */
export interface ApiqubeFieldError {
  /** The input's field; empty when it is about all of it, or the plugin could not be asked. */
  readonly field: string;
  /** What is wrong; the plugin's words. */
  readonly message: string;
}

/** One event, as a plugin writes it. */
export interface ApiqubeWireEvent {
  /** The event's name. */
  readonly kind: string;
  /** What came with it. */
  readonly data: { readonly [name: string]: Json };
}

/** What executing a test gave. */
export interface ApiqubeOutput {
  /** The protocol's own status: an HTTP status code, for one; 0 when there is none. */
  readonly status: Json;
  /** Headers of the answer, by name. */
  readonly headers: { readonly [name: string]: string };
  /** The answer's body: text, or the value of a JSON text; `null` when there is none. */
  readonly body: Json;
  /** Milliseconds that it took. */
  readonly duration_ms: number;
  /** Why there is no answer; empty when there is one. */
  readonly error: string;
  /** Whatever else the plugin tells. */
  readonly metadata: { readonly [name: string]: Json };
  /** Events that came with the answer instead of while it was made. */
  readonly events: readonly ApiqubeWireEvent[];
}

/** The output of a plugin that gave none. */
const EMPTY_OUTPUT: ApiqubeOutput = Object.freeze({
  status: 0,
  headers: Object.freeze({}),
  body: null,
  duration_ms: 0,
  error: "",
  metadata: Object.freeze({}),
  events: Object.freeze([]),
});

type Record = { readonly [key: string]: Json };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value of JSON in UTF-8; a `SyntaxError` or `TypeError` when it is not that. */
export function parseJson(bytes: Uint8Array): Json {
  return JSON.parse(decoder.decode(bytes)) as Json;
}

/**
 * What `plugin_info` answered.
 *
 * @throws {Fault} `bad-guest-data` naming what is wrong.
 */
export function parseInfo(bytes: Uint8Array): ApiqubeInfo {
  const info = record(decode(bytes, "its plugin_info"), "its plugin_info");
  return Object.freeze({
    name: text(info, "name", "its plugin_info"),
    version: text(info, "version", "its plugin_info"),
    description: text(info, "description", "its plugin_info"),
    protocols: texts(info, "protocols", "its plugin_info"),
    capabilities: texts(info, "capabilities", "its plugin_info"),
    fields: mapped(info, "fields", "its plugin_info", field),
    events: mapped(info, "events", "its plugin_info", (value, where) => {
      const event = record(value, where);
      return Object.freeze({
        description: text(event, "description", where),
        fields: mapped(event, "fields", where, field),
      });
    }),
  });
}

/**
 * What `validate` answered; nothing at all means that nothing is wrong.
 *
 * @throws {Fault} `bad-guest-data` naming what is wrong.
 */
export function parseFieldErrors(bytes: Uint8Array): readonly ApiqubeFieldError[] {
  if (bytes.length === 0) return [];
  return list(decode(bytes, "its validate"), "its validate").map((each, at) => {
    const where = `its validate: entry ${at}`;
    const entry = record(each, where);
    return { field: text(entry, "field", where), message: text(entry, "message", where) };
  });
}

/**
 * What `execute` answered; nothing at all is an empty output.
 *
 * @throws {Fault} `bad-guest-data` naming what is wrong.
 */
export function parseOutput(bytes: Uint8Array): ApiqubeOutput {
  if (bytes.length === 0) return EMPTY_OUTPUT;
  const where = "its execute";
  const output = record(decode(bytes, where), where);
  const duration = own(output, "duration_ms") ?? 0;
  if (typeof duration !== "number") throw wrong(where, "duration_ms", "a number");
  return {
    status: own(output, "status") ?? 0,
    headers: mapped(output, "headers", where, (value, path) => {
      if (typeof value !== "string") throw wrong(path, "", "a string");
      return value;
    }),
    body: own(output, "body") ?? null,
    duration_ms: duration,
    error: text(output, "error", where),
    metadata: record(own(output, "metadata") ?? {}, `${where}: "metadata"`),
    events: list(own(output, "events") ?? null, `${where}: "events"`).flatMap((event) =>
      parseEvent(event) ?? []
    ),
  };
}

/** An event; `undefined` for anything that is none. Whose event it is is known without it. */
export function parseEvent(value: Json): ApiqubeWireEvent | undefined {
  if (!isRecord(value)) return undefined;
  const kind = own(value, "kind");
  const data = own(value, "data") ?? {};
  if (typeof kind !== "string" || kind === "" || !isRecord(data)) return undefined;
  return { kind, data };
}

/** Whether a JSON value is an object. */
export function isRecord(value: Json | undefined): value is Record {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of an object's own key: a guest's `toString` is a key like any other. */
export function own(value: Record, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function field(value: Json, where: string): ApiqubeField {
  const spec = record(value, where);
  const required = own(spec, "required") ?? false;
  if (typeof required !== "boolean") throw wrong(where, "required", "true or false");
  return Object.freeze({
    type: text(spec, "type", where),
    required,
    description: text(spec, "description", where),
  });
}

function decode(bytes: Uint8Array, where: string): Json {
  try {
    return parseJson(bytes);
  } catch (cause) {
    throw new Fault("bad-guest-data", `${where} gave no JSON`, { cause });
  }
}

function record(value: Json, where: string): Record {
  if (isRecord(value)) return value;
  throw wrong(where, "", "an object");
}

function list(value: Json, where: string): readonly Json[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  throw wrong(where, "", "an array");
}

function text(value: Record, key: string, where: string): string {
  const found = own(value, key) ?? "";
  if (typeof found === "string") return found;
  throw wrong(where, key, "a string");
}

function texts(value: Record, key: string, where: string): readonly string[] {
  const found = list(own(value, key) ?? null, `${where}: "${key}"`);
  if (found.every((each) => typeof each === "string")) return Object.freeze([...found]);
  throw wrong(where, key, "an array of strings");
}

function mapped<T>(
  value: Record,
  key: string,
  where: string,
  narrow: (value: Json, where: string) => T,
): { readonly [name: string]: T } {
  const found = record(own(value, key) ?? {}, `${where}: "${key}"`);
  const entries = Object.entries(found).map(([name, each]) =>
    [name, narrow(each, `${where}: an entry of "${key}"`)] as const
  );
  // Not by assignment: "__proto__" is a name like any other.
  return Object.freeze(Object.fromEntries(entries));
}

function wrong(where: string, key: string, expected: string): Fault {
  const path = key === "" ? where : `${where}: "${key}"`;
  return new Fault("bad-guest-data", `${path} must be ${expected}`);
}
