/** Writes manifest/manifest.schema.json from the table of fields. @module */

import { manifestSchema } from "../manifest/mod.ts";

/** Where the schema lies in the repository. */
export const SCHEMA_FILE: URL = new URL("../manifest/manifest.schema.json", import.meta.url);

/** What the file has to hold. */
export function schemaText(): string {
  return `${JSON.stringify(manifestSchema, null, 2)}\n`;
}

if (import.meta.main) await Deno.writeTextFile(SCHEMA_FILE, schemaText());
