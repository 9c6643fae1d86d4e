/** Paths of guests: what is a plain one, under a table and random input. @module */

import { assert, assertEquals } from "@std/assert";
import { isAbsolute, join, normalize } from "@std/path";
import fc from "fast-check";
import {
  containsPath,
  formatPath,
  type PlainPath,
  resolvePath,
} from "../../capabilities/path_resolve.ts";

function plain(text: string): PlainPath {
  const resolved = resolvePath(text);
  assert(resolved.ok, text);
  return resolved.path;
}

Deno.test("resolvePath() reads plain paths", () => {
  const cases = {
    "": ".",
    ".": ".",
    "./": ".",
    "a": "a",
    "a/": "a",
    "./a//b/./c/": "a/b/c",
    "...a": "...a",
    ".hidden/x": ".hidden/x",
    "ü/日本": "ü/日本",
    "50%/a%20b": "50%/a%20b",
    "console.log": "console.log",
    "/": "/",
    "/srv/data/": "/srv/data",
    "a b.txt": "a b.txt",
  };
  for (const [text, as] of Object.entries(cases)) {
    const path = plain(text);
    assertEquals(formatPath(path), as, text);
    assertEquals(plain(formatPath(path)), path);
  }
});

Deno.test("resolvePath() refuses what climbs, hides or means something else elsewhere", () => {
  const texts = [
    ...["..", "../a", "a/..", "a/../b", "a/../../b", "/..", "./../a", "a/b/../../../c", "..//a"],
    ...[
      "\\a",
      "a\\b",
      "..\\a",
      "\\\\server\\share",
      "\\\\?\\C:\\a",
      "C:",
      "C:/a",
      "c:a",
      "a:stream",
    ],
    ...["//server/share", "%2e%2e/a", "a/%2E%2e", "a%2fb", "a%5Cb", "a%00", "%2e"],
    ...["a\0", "\0", "a\nb", "\x1b[2J", "a\x7f", "\ud800", "a/\udfff"],
    ...["con", "NUL", "a/Aux.txt", "COM1", "lpt9.log", "com¹", "CONIN$", "prn."],
    ...["a.", "a ", "a./b", " /a", "...", "a/. /b"],
    ...["x".repeat(256), "ü".repeat(128), "a/".repeat(65), "x/".repeat(2_049)],
  ];
  for (const text of texts) assertEquals(resolvePath(text).ok, false, JSON.stringify(text));
});

Deno.test("containsPath() goes by whole parts", () => {
  const cases = [
    [".", "a/b", true],
    ["a", "a", true],
    ["a", "a/b", true],
    ["a/b", "a", false],
    ["a", "ab", false],
    ["a", "b", false],
    ["a", "A", false],
    ["/a", "a", false],
    [".", "/a", false],
    ["/", "/a", true],
    ["/a", "/a/b", true],
    ["/a", "/ab", false],
  ] as const;
  for (const [outer, inner, expected] of cases) {
    assertEquals(containsPath(plain(outer), plain(inner)), expected, `${outer} ${inner}`);
  }
});

const FUZZ = { seed: 20_260_102, numRuns: 5_000 };
const noise = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(..."../\\%2ef:aN \0ü。．"), maxLength: 24 }),
  fc.array(fc.constantFrom("..", ".", "", "a", "b", "nul", "%2e%2e", "c:", "\\", ".. ", "...x"), {
    maxLength: 8,
  }).map((parts) => parts.join("/")),
);

Deno.test("resolvePath() never leads out of a root, whatever it is given", () => {
  fc.assert(
    fc.property(noise, (text) => {
      const resolved = resolvePath(text);
      if (!resolved.ok) return;
      const { absolute, parts } = resolved.path;
      assertEquals(absolute, text.startsWith("/"));
      for (const part of parts) {
        assert(part !== "" && part !== "." && part !== "..");
        assert(!/[/\\:\0]/.test(part));
      }
      const joined = join("/store/of/it", ...parts);
      assert(joined === "/store/of/it" || joined.startsWith("/store/of/it/"), joined);
      assertEquals(normalize(joined), joined);
      assert(isAbsolute(joined));
      // reading it again changes nothing
      assertEquals(plain(formatPath(resolved.path)), resolved.path);
      // a decoder further down finds nothing either
      try {
        assert(!decodeURIComponent(joined).split(/[/\\]/).includes(".."));
      } catch (error) {
        if (!(error instanceof URIError)) throw error;
      }
    }),
    FUZZ,
  );
});

Deno.test("containsPath() is an order", () => {
  const path = fc.record({
    absolute: fc.boolean(),
    parts: fc.array(fc.constantFrom("a", "b"), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(path, path, path, (a, b, c) => {
      assert(containsPath(a, a));
      if (containsPath(a, b) && containsPath(b, a)) assertEquals(a, b);
      if (containsPath(a, b) && containsPath(b, c)) assert(containsPath(a, c));
    }),
    FUZZ,
  );
});
