/** The JSON Schema says what the parser says, and the file in the package is the schema. @module */

import { type Schema, Validator } from "@cfworker/json-schema";
import { inspectManifest, type JsonObject, manifestSchema } from "@airlock/host/manifest";
import { assertEquals } from "@std/assert";
import { SCHEMA_FILE, schemaText } from "../../tools/manifest_schema.ts";
import { BAD_SHAPE } from "./bad_manifests.ts";
import { BASE, GOOD } from "./manifests.ts";

/** The validator takes any object for a schema, but a mutable one. */
function mutable(schema: JsonObject): Schema {
  return JSON.parse(JSON.stringify(schema));
}

const validator = new Validator(mutable(manifestSchema), "2020-12", false);

for (const [what, text] of Object.entries({ ...GOOD, ...BASE })) {
  Deno.test(`manifestSchema accepts ${what}, as the parser does`, () => {
    const { valid, errors } = validator.validate(JSON.parse(text));
    assertEquals(errors, []);
    assertEquals(valid, inspectManifest(text).manifest !== undefined);
  });
}

for (const [what, { text, parserOnly }] of Object.entries(BAD_SHAPE)) {
  Deno.test(`manifestSchema ${parserOnly ? "cannot see" : "refuses"} ${what}`, () => {
    const { valid } = validator.validate(JSON.parse(String(text)));
    assertEquals(valid, parserOnly === true);
  });
}

Deno.test("manifestSchema leaves keys unknown to Base alone, as the parser does", () => {
  const manifest = { name: "a", runtime: "goja", author: "x" };
  assertEquals(validator.validate(manifest).valid, true);
  assertEquals(validator.validate({ ...manifest, runtime: "wasm" }).valid, false);
});

Deno.test("manifest.schema.json is what tools/manifest_schema.ts writes", async () => {
  assertEquals(await Deno.readTextFile(SCHEMA_FILE), schemaText());
});
