/** The JSON Schema of manifests, read off the table of fields. @module */

import { BASE_RUNTIMES } from "./base_form.ts";
import { type Field, keysOf, NUMBER_LIMIT, partOf, ROOT, ruleOf } from "./fields.ts";
import { frozenCopy, isObject } from "./freeze.ts";
import type { Json, JsonObject } from "./manifest.ts";
import type { Rule } from "./rules.ts";

const propertyNames: JsonObject = { not: { const: "__proto__" } };

/**
 * JSON Schema (draft 2020-12) of `extension.json`, for editors; the package also has it as the file
 * `manifest/manifest.schema.json`. The parser sees more than a schema can say: repeated keys,
 * `__proto__` in free values, size and depth, Unicode forms, and whether `engines` fits this host.
 * It is also kinder: in the form of Hanzo Base a key may be `null` or `""` for "not set".
 *
 * @example
 * ```ts
 * import { manifestSchema } from "@airlock/host/manifest";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(manifestSchema.required, ["name", "runtime"]);
 * ```
 */
export const manifestSchema: JsonObject = buildSchema();

function buildSchema(): JsonObject {
  const { additionalProperties: _closed, ...root } = schemaOf(ROOT);
  const schema = frozenCopy({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Airlock extension manifest",
    ...root,
    // Base's host ignores what it does not know.
    if: { required: ["runtime"], properties: { runtime: { enum: BASE_RUNTIMES } } },
    else: { propertyNames: { enum: Array.from(keysOf(ROOT).keys()) } },
  });
  return isObject(schema) ? schema : {};
}

function schemaOf(field: Field): JsonObject {
  const shape = shapeOf(field);
  if (field.shorthand === undefined) return { description: field.doc, ...shape };
  const short = keysOf(field).get(field.shorthand);
  return { description: field.doc, anyOf: [...(short ? [shapeOf(short)] : []), shape] };
}

function shapeOf(field: Field): JsonObject {
  switch (field.kind) {
    case "string":
      return field.oneOf ? { enum: field.oneOf } : stringShape(ruleOf(field));
    case "number":
      return { type: orNull("number", field), exclusiveMinimum: 0, maximum: NUMBER_LIMIT };
    case "boolean":
      return { type: "boolean" };
    case "list":
      return {
        type: "array",
        items: schemaOf(partOf(field)),
        ...(field.unique ? { uniqueItems: true } : {}),
      };
    case "map":
      return { type: "object", propertyNames, additionalProperties: schemaOf(partOf(field)) };
    case "free":
      return { type: "object", propertyNames };
    case "open":
      return { ...objectShape(field), propertyNames };
    case "object":
      return { ...objectShape(field), additionalProperties: false };
  }
}

function objectShape(field: Field): JsonObject {
  const keys = Array.from(keysOf(field));
  const required = keys.filter(([, key]) => key.required).map(([name]) => name);
  return {
    type: "object",
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(keys.map(([name, key]) => [name, schemaOf(key)])),
  };
}

function stringShape({ minLength, maxLength, tests }: Rule): JsonObject {
  const allOf: Json[] = tests.map(({ pattern, want }) => want ? { pattern } : { not: { pattern } });
  return {
    type: "string",
    ...(minLength > 0 ? { minLength } : {}),
    maxLength,
    ...(allOf.length > 0 ? { allOf } : {}),
  };
}

function orNull(type: string, field: Field): Json {
  return field.nullable ? [type, "null"] : type;
}
