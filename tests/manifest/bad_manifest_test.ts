/** Every bad manifest gives the issues it should, where they are, and never an exception. @module */

import { inspectManifest, ISSUE_LIMIT, ManifestError, parseManifest } from "@airlock/host/manifest";
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { BAD_SHAPE, BAD_TEXT } from "./bad_manifests.ts";
import { small } from "./manifests.ts";

for (const [what, text] of Object.entries(BAD_TEXT)) {
  Deno.test(`inspectManifest() refuses the text of ${what}`, () => {
    assertRefused(text);
    assert(inspectManifest(text).issues.every((issue) => issue.path === ""));
  });
}

for (const [what, { text, issues }] of Object.entries(BAD_SHAPE)) {
  Deno.test(`inspectManifest() refuses ${what}`, () => {
    assertRefused(text);
    const found = inspectManifest(text).issues.map(({ path, suggestion }) =>
      suggestion === undefined ? [path] : [path, suggestion]
    );
    assertEquals(found, issues.map((issue) => [...issue]));
  });
}

function assertRefused(text: string | Uint8Array): void {
  const { manifest, issues } = inspectManifest(text);
  assertEquals(manifest, undefined);
  assert(issues.length > 0);
  for (const { severity, message, path, suggestion } of issues) {
    assertEquals(severity, "error");
    assertLess(message.length, 300);
    assert(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(message + path + suggestion));
    assert(!message.endsWith("."));
  }
  assertThrows(() => parseManifest(text, "bad"), ManifestError);
}

Deno.test("inspectManifest() lists all issues at once, in the order of the text", () => {
  const { issues } = inspectManifest(`{
  "runtime": 1,
  "config": { "a": 1, "a": 2 },
  "capabilities": [
    "log",
    { "name": "nеt" }
  ],
  "limits": { "fuel": 0 }, "extra": 1
}`);
  assertEquals(issues.map(({ path, line, column }) => [path, line, column]), [
    ["name", 1, 1],
    ["runtime", 2, 14],
    ["config.a", 3, 23],
    ["capabilities[1].name", 6, 15],
    ["limits.fuel", 8, 23],
    ["extra", 8, 28],
  ]);
});

Deno.test("inspectManifest() counts lines as editors do", () => {
  const { issues } = inspectManifest('{\r\n"name":"a",\r"runtime":0\n}');
  assertEquals(issues.map(({ line, column }) => [line, column]), [[3, 11]]);
});

Deno.test("inspectManifest() accepts nesting of 64 levels", () => {
  const text = small(`"config":{"x":${"[".repeat(62)}${"]".repeat(62)}}`);
  assertEquals(inspectManifest(text).issues, []);
});

Deno.test("inspectManifest() names the character that deceives", () => {
  const [issue] = inspectManifest(small('"capabilities":["nеt"]')).issues;
  assert(issue?.message.includes("U+0435"));
});

Deno.test("inspectManifest() lists only so many issues of a hostile manifest", () => {
  const keys = Array.from({ length: 60_000 }, (_, index) => `"key${index}":0`);
  const { issues } = inspectManifest(small(keys.join(",")));
  assertEquals(issues.length, ISSUE_LIMIT + 1);
  assertEquals(issues.at(-1)?.severity, "error");
});

Deno.test("inspectManifest() lists only so many slips of text", () => {
  assertEquals(inspectManifest("[" + "?\n".repeat(400_000)).issues.length, ISSUE_LIMIT + 1);
});

Deno.test("inspectManifest() reports a slip once, and the slips of other lines", () => {
  const { issues } = inspectManifest('{\n  "name" "a",\n  "runtime": wasm,\n  "exports": [],\n}');
  assertEquals(issues.map(({ line, column }) => [line, column]), [[2, 10], [3, 14], [5, 1]]);
});
