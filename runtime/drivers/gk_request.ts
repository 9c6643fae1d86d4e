/** Requests as GoatKit plugins take them, and their results as clients get them. Pure. @module */

import type { HttpAnswer } from "../../capabilities/serving.ts";
import { Fault } from "../errors.ts";
import type { HttpRequestEvent } from "./driver.ts";

const JSON_TYPE = ["content-type", "application/json; charset=utf-8"] as const;
const HTML_TYPE = ["content-type", "text/html; charset=utf-8"] as const;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The arguments of a route's function: the members of a JSON body, the query (a string, or an array where
 * a name comes more than once), the path's parameters, and `_method` and `_path`. Of one name the later one
 * counts: nothing that a client writes beside the path can take the place of what was checked in it.
 *
 * @throws {SyntaxError} for a body that says it is JSON and is none.
 */
export function routeArguments(request: HttpRequestEvent): string {
  const { method, path, params, query, headers, body } = request;
  const all = new Map<string, unknown>(Object.entries(fieldsOf(body, headers)));
  const asked = new Map<string, string | string[]>();
  for (const [name, value] of query) {
    const before = asked.get(name);
    if (before === undefined) asked.set(name, value);
    else if (typeof before === "string") asked.set(name, [before, value]);
    else before.push(value);
  }
  for (const [name, value] of asked) all.set(name, value);
  for (const [name, value] of Object.entries(params)) all.set(name, value);
  all.set("_method", method).set("_path", path);
  // Own members even where a client names one "__proto__".
  return JSON.stringify(Object.fromEntries(all));
}

/** The members of a body that is a JSON object; anything else has none. */
function fieldsOf(body: Uint8Array, headers: HttpRequestEvent["headers"]): object {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(decoder.decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch (cause) {
    const [, type = ""] = headers.find(([name]) => name === "content-type") ?? [];
    if (/^application\/(?:[\w.-]+\+)?json\b/i.test(type.trim())) {
      throw new SyntaxError("the body is no JSON", { cause });
    }
    return {};
  }
}

/**
 * The answer that a result stands for: a string `html` is a page, everything else is JSON.
 *
 * @throws {Fault} `bad-guest-data` for a result that is no JSON.
 */
export function routeAnswer(result: Uint8Array): HttpAnswer {
  if (result.length === 0) return { status: 200, headers: [JSON_TYPE], body: "null" };
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(result));
  } catch (cause) {
    throw new Fault("bad-guest-data", "the plugin's result is no JSON", { cause });
  }
  const html = typeof value === "object" && value !== null && Object.hasOwn(value, "html")
    ? (value as { readonly html: unknown }).html
    : undefined;
  return typeof html === "string"
    ? { status: 200, headers: [HTML_TYPE], body: html }
    : { status: 200, headers: [JSON_TYPE], body: result };
}

/** The answer where there is no result. */
export function errorAnswer(status: number, error: string): HttpAnswer {
  return { status, headers: [JSON_TYPE], body: JSON.stringify({ error }) };
}
