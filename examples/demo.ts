/**
 * The main job on real extensions: loads every extension of `examples/extensions`, gives each
 * what it was granted, calls `validate` on good and bad records, stops an endless loop, and
 * prints a table. Run: `deno task demo`
 *
 * @module
 */

import {
  CapabilityError,
  type Extension,
  ExtensionError,
  ExtensionHost,
  json,
  ManifestError,
  NativeRegistry,
} from "@airlock/host";
import { validate } from "./extensions/validate-native/validate.ts";
import { table } from "./table.ts";

/** What every `validate` must answer, character for character. */
const RECORDS: readonly (readonly [payload: string, answer: string])[] = [
  ['{"email":"Foo@Example.COM ","age":25}', '{"ok":true,"email":"foo@example.com","age":25}'],
  ['{"email":"ada@example.com","age":36}', '{"ok":true,"email":"ada@example.com","age":36}'],
  ["[1]", '{"ok":false,"error":"email required"}'],
  ["7", '{"ok":false,"error":"input must be an object"}'],
  ['{"age":25}', '{"ok":false,"error":"email required"}'],
  ['{"email":"a@b.c","age":151}', '{"ok":false,"error":"age out of range"}'],
  ['{"email":"nobody","age":25}', '{"ok":false,"error":"email shape"}'],
  ['{"email":"root@localhost","age":25}', '{"ok":false,"error":"email domain"}'],
];

/** Calls timed for the median; fewer where one takes long. */
const TIMED_CALLS = 500;
const TIMING_BUDGET_MS = 300;

const utf8 = new TextDecoder();

/** Runs one extension on every record; what it answered wrongly, or how many it got right. */
async function result(ext: Extension): Promise<string> {
  if (ext.exports.includes("count")) {
    return utf8.decode(await ext.invoke("count", "hello from the other side"));
  }
  try {
    for (const [payload, answer] of RECORDS) {
      const got = utf8.decode(await ext.invoke("validate", payload, { timeoutMs: 500 }));
      if (got !== answer) return `WRONG: ${payload} gave ${got}`;
    }
    return `${RECORDS.length} of ${RECORDS.length} right`;
  } catch (error) {
    if (error instanceof ExtensionError) return `stopped: ${error.code}`;
    throw error;
  }
}

async function medianMicros(ext: Extension): Promise<string> {
  const fn = ext.exports[0] ?? "validate";
  const [payload = ""] = RECORDS[0] ?? [];
  const times: number[] = [];
  const end = performance.now() + TIMING_BUDGET_MS;
  while (times.length < TIMED_CALLS && performance.now() < end) {
    const start = performance.now();
    await ext.invoke(fn, payload);
    times.push((performance.now() - start) * 1_000);
  }
  times.sort((a, b) => a - b);
  return (times[times.length >> 1] ?? 0).toFixed(1);
}

function reason(error: unknown): string {
  if (error instanceof CapabilityError) {
    return `refused: ${error.code}, needs --grant ${error.grant}`;
  }
  if (error instanceof ManifestError) {
    return `refused: ${error.code}, ${error.issues.length} issues, the first at ${
      error.issues[0]?.path
    }`;
  }
  if (error instanceof ExtensionError) return `refused: ${error.code}, ${error.message}`;
  throw error;
}

const native = new NativeRegistry().register("validate-native:validate", validate, { codec: json });
const start = performance.now();
await using host = new ExtensionHost({ native, log: () => {} });
const loaded = await host.loadDir(new URL("extensions", import.meta.url));
const loadMs = performance.now() - start;

const rows: string[][] = [];
for (const ext of loaded.values()) {
  const answered = await result(ext);
  const micros = answered.startsWith("stopped") ? "-" : await medianMicros(ext);
  const granted = ext.grants.list().join(" ");
  rows.push([ext.name, `${ext.engine} (${ext.runtime})`, ext.isolation, granted, answered, micros]);
}
for (const { source, name, error } of loaded.failures) {
  rows.push([name ?? source.split("/").at(-1) ?? source, "-", "-", "-", reason(error), "-"]);
}
console.log(table(["extension", "engine", "isolation", "granted", "result", "median µs"], rows));
console.log(
  `${loaded.size} extensions loaded and ${loaded.failures.length} refused in ${
    loadMs.toFixed(0)
  } ms`,
);

const wrong = rows.filter(([, , , , answered]) => answered?.startsWith("WRONG"));
if (wrong.length > 0 || loaded.size === 0) Deno.exitCode = 1;
