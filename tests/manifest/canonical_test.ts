/** The text that digests cover. @module */

import { canonicalManifest, parseManifest } from "@airlock/host/manifest";
import { assertEquals } from "@std/assert";
import { BASE, FULL, GOOD, small } from "./manifests.ts";

for (const [what, text] of Object.entries({ ...GOOD, ...BASE })) {
  Deno.test(`canonicalManifest() parses to the same manifest: ${what}`, () => {
    const manifest = parseManifest(text, what);
    const canonical = canonicalManifest(manifest);
    const again = parseManifest(canonical, what);
    assertEquals(again, manifest);
    assertEquals(canonicalManifest(again), canonical);
  });
}

Deno.test("canonicalManifest() does not see order, spacing, escapes or defaults", () => {
  const one = '{ "name": "a", "runtime": "wasm", "config": { "x": 1, "y": [2] }, "exports": [] }';
  const other = '{"config":{"y":[2],"x":1.0},"runtime":"w\\u0061sm","name":"a","version":"0.0.0"}';
  assertEquals(
    canonicalManifest(parseManifest(one, "one")),
    canonicalManifest(parseManifest(other, "other")),
  );
});

Deno.test("canonicalManifest() sees every difference that matters", () => {
  const texts = [
    FULL,
    small(),
    small('"capabilities":[]'),
    small('"capabilities":["net"]'),
    small('"capabilities":[{"name":"net","optional":true}]'),
    small('"capabilities":[{"name":"net","hosts":["a","b"]}]'),
    small('"capabilities":[{"name":"net","hosts":["b","a"]}]'),
    small('"limits":{"fuel":1}'),
    small('"config":{"limits":{"fuel":1}}'),
    small('"events":{"a":{}}'),
  ];
  const canonical = texts.map((text) => canonicalManifest(parseManifest(text, "a")));
  assertEquals(new Set(canonical).size, texts.length);
});
