/** Tests of capabilities/route_pattern.ts: what can be registered, and what a grant covers. @module */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  commonPatterns,
  coversPath,
  grantPathProblem,
  pathProblem,
  segmentsOf,
} from "../../capabilities/route_pattern.ts";

Deno.test("pathProblem() takes paths of plain segments and parameters", () => {
  for (
    const path of ["/", "/a", "/a/", "//", "/:id", "/a/:b_2/c", "/é/日本", "/a:b", "/*", "/a%"]
  ) {
    assertEquals(pathProblem(path), undefined, path);
  }
});

Deno.test("pathProblem() refuses what no URL shows, and what shows as something else", () => {
  for (
    const path of [
      "",
      "a",
      "*",
      "/a b",
      "/a\tb",
      "/a\0",
      "/a?b",
      "/a#b",
      "/a\\b",
      "/.",
      "/a/../b",
      "/%2E%2e/b",
      "/.%2e",
      "/:",
      "/:1",
      "/:a-b",
      "/:a/:a",
      "/\u200b",
      "/\u2028",
      "/\u202e",
      `/${"a/".repeat(64)}`,
      `/${"a".repeat(1_024)}`,
    ]
  ) assert(pathProblem(path) !== undefined, path);
});

Deno.test("coversPath() compares segment by segment", () => {
  for (
    const [granted, path, expected] of [
      ["/a", "/a", true],
      ["/a", "/a/", false],
      ["/a", "/A", false],
      ["/a/*", "/a", false],
      ["/a/*", "/a/", true],
      ["/a/*", "/a/b/c", true],
      ["/a/*", "/a/:b", true],
      ["/a/*", "/ab/c", false],
      ["/a/:b", "/a/c", true],
      ["/a/:b", "/a/:c", true],
      ["/a/:b", "/a/c/d", false],
      ["/a/:b", "/a/", false],
      ["/a/b", "/a/:c", false],
      ["/a/b", "/:a/b", false],
      ["*", "/anything/at/all", true],
      ["/*", "/", true],
      ["/a/*", "*", false],
      ["/a/*", "/a/b/*", true],
      ["/a/b/*", "/a/*", false],
      ["/a/:b", "/a/*", false],
    ] as const
  ) assertEquals(coversPath(granted, path), expected, `${granted} of ${path}`);
});

const segment = fc.constantFrom("a", "b", "", ":x", ":y", "é");
const pattern = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) =>
  `/${parts.map((part, at) => part.startsWith(":") ? `${part}${at}` : part).join("/")}`
);
const granted = fc.oneof(
  pattern,
  pattern.map((path) => `${path}/*`),
  fc.constantFrom("/*", "*"),
);

/** Whether a request for `path` is one of the pattern's. */
function takes(path: string, request: readonly string[]): boolean {
  const parts = segmentsOf(path);
  return parts.length === request.length &&
    parts.every((part, at) => part.startsWith(":") ? request[at] !== "" : part === request[at]);
}

Deno.test("coversPath() of a pattern covers each request that the pattern takes", () => {
  const request = fc.array(fc.constantFrom("a", "b", "", "é", "c"), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(granted, pattern, request, (grant, path, segments) => {
      assertEquals([pathProblem(path), grantPathProblem(grant)], [undefined, undefined]);
      if (!coversPath(grant, path) || !takes(path, segments)) return;
      assert(coversPath(grant, `/${segments.join("/")}`));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("commonPatterns() is covered by both sides", () => {
  fc.assert(
    fc.property(fc.array(granted), fc.array(granted), (asked, given) => {
      for (const item of commonPatterns(asked, given, coversPath) ?? []) {
        assert(asked.some((each) => coversPath(each, item)));
        assert(given.some((each) => coversPath(each, item)));
      }
    }),
    { numRuns: 1_000 },
  );
});
