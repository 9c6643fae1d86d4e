/** Whatever comes in, issues come out: never an exception, and never a manifest with an error. @module */

import fc from "fast-check";
import { canonicalManifest, inspectManifest, parseManifest } from "@airlock/host/manifest";
import { assert, assertEquals } from "@std/assert";
import { BASE, FULL, GOOD } from "./manifests.ts";

/** The same cases on every run; a failing one is printed with its path. */
const RUN = { seed: 46, numRuns: 300 } as const;

const goodTexts = fc.constantFrom(...Object.values({ ...GOOD, ...BASE }));

function check(input: string | Uint8Array): void {
  const { manifest, issues } = inspectManifest(input);
  const broken = issues.some((issue) => issue.severity === "error");
  assertEquals(manifest === undefined, broken);
  for (const { line, column, message } of issues) {
    assert(message !== "");
    assert(line === undefined || (line > 0 && column !== undefined && column > 0));
  }
  if (manifest === undefined) return;
  const canonical = canonicalManifest(manifest);
  assertEquals(parseManifest(canonical, "again"), manifest);
  assertEquals(({} as { readonly isAdmin?: unknown }).isAdmin, undefined);
}

Deno.test("inspectManifest() survives any bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => check(bytes)), RUN);
});

Deno.test("inspectManifest() survives any text", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });
  const brackets = fc.string({ unit: fc.constantFrom(...'[]{}",:\\/*\n 0-'), maxLength: 200 });
  fc.assert(fc.property(fc.oneof(text, brackets), (input) => check(input)), RUN);
});

Deno.test("inspectManifest() survives any JSON, and finds no fault in the text of it", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      check(text);
      const value: unknown = JSON.parse(text);
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      const [first] = inspectManifest(text).issues;
      if (!isObject) assertEquals(first?.path, "");
    }),
    RUN,
  );
});

Deno.test("inspectManifest() survives any value in any field", () => {
  const keys: readonly string[] = Object.keys(JSON.parse(FULL));
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(null, 0, -1, 1e308, "", "..", "__proto__", [[]], [{}], [""], {}),
  );
  fc.assert(
    fc.property(fc.constantFrom(...keys), value, (key, replaced) => {
      check(JSON.stringify({ ...JSON.parse(FULL), [key]: replaced }));
    }),
    RUN,
  );
});

Deno.test("inspectManifest() survives good manifests with characters changed", () => {
  const edits = fc.array(
    fc.record({
      at: fc.nat(2000),
      drop: fc.nat(5),
      insert: fc.string({ unit: fc.constantFrom(...'{}[],:"\\ \0\ufeff19e-nulltrue_proto') }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(goodTexts, edits, (text, changes) => {
      check(changes.reduce((now, { at, drop, insert }) => {
        const place = at % (now.length + 1);
        return now.slice(0, place) + insert + now.slice(place + drop);
      }, text));
    }),
    RUN,
  );
});

Deno.test("inspectManifest() finds every repeated key", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.jsonValue(), (key, value) => {
      const entry = `${JSON.stringify(key)}:${JSON.stringify(value)}`;
      const text = `{"name":"a","runtime":"wasm","config":{${entry},${entry}}}`;
      assert(inspectManifest(text).manifest === undefined);
    }),
    RUN,
  );
});
