/** What this project relies on in @std, whether the real packages or the stand-ins in offline/jsr/. @module */

import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";
import { crypto, timingSafeEqual } from "@std/crypto";
import { copy, emptyDir, ensureDir, exists, expandGlob, move, walk } from "@std/fs";
import {
  basename,
  dirname,
  extname,
  fromFileUrl,
  globToRegExp,
  isAbsolute,
  join,
  normalize,
  relative,
  resolve,
  SEPARATOR,
  toFileUrl,
} from "@std/path";

Deno.test("path", () => {
  assertEquals(join("a", "..", "b", "./c"), "b/c");
  assertEquals(relative("/a/b", "/a/c"), "../c");
  assertEquals([basename("/"), basename("a/b.ts", ".ts")], ["/", "b"]);
  assertEquals([dirname("a//b"), extname("a/.b.c")], ["a", ".c"]);
  assertEquals(fromFileUrl(toFileUrl("/a b/%25/é?#")), "/a b/%25/é?#");
  assertThrows(() => toFileUrl("a"), TypeError);
  assertThrows(() => fromFileUrl("http://a/"), TypeError);
  assertEquals(normalize("a/./b/../c/"), "a/c/");
  assertEquals([isAbsolute("/a"), isAbsolute("a"), resolve("/a", "../b")], [true, false, "/b"]);
  assertEquals(["a", "b"].join(SEPARATOR), join("a", "b"));
  const re = globToRegExp("src/**/*.{ts,js}");
  assert(re.test("src/a.ts") && re.test("src/x/y/b.js"));
  assert(!re.test("src/a.md") && !re.test("a.ts"));
  const dotted = globToRegExp("a.[!x]*?");
  assert(dotted.test("a.bc") && !dotted.test("a.xc") && !dotted.test("aabc"));
});

Deno.test("fs", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  const paths = async (it: AsyncIterable<{ path: string }>) =>
    (await Array.fromAsync(it, (e) => relative(dir, e.path))).sort();
  await ensureDir(join(dir, "a/b"));
  await Deno.writeTextFile(join(dir, "a/f.ts"), "f");
  await Deno.symlink("f.ts", join(dir, "a/link"));
  await copy(join(dir, "a"), join(dir, "c"));
  assertEquals(await paths(walk(join(dir, "c"))), [
    "c",
    "c/b",
    "c/f.ts",
    "c/link",
  ]);
  assertEquals(await paths(walk(dir, { exts: [".ts"], includeDirs: false })), [
    "a/f.ts",
    "c/f.ts",
  ]);
  assertEquals(await paths(expandGlob("**/*.ts", { root: dir })), [
    "a/f.ts",
    "c/f.ts",
  ]);
  await assertRejects(
    () => copy(join(dir, "a/f.ts"), join(dir, "c/f.ts")),
    Deno.errors.AlreadyExists,
  );
  await move(join(dir, "c/f.ts"), join(dir, "c/g.ts"));
  assertEquals(await exists(join(dir, "c/f.ts")), false);
  await emptyDir(join(dir, "c"));
  assertEquals(await paths(walk(join(dir, "c"))), ["c"]);
  await assertRejects(
    () => Array.fromAsync(walk(join(dir, "nope"))),
    Deno.errors.NotFound,
  );
  await Deno.remove(dir, { recursive: true });
});

Deno.test("crypto", async () => {
  const hex = async (name: "SHA-256" | "SHA-384" | "SHA-512", data: string) =>
    new Uint8Array(
      await crypto.subtle.digest(name, new TextEncoder().encode(data)),
    ).toHex();
  assertMatch(await hex("SHA-256", "abc"), /^ba7816bf/);
  assertMatch(await hex("SHA-384", "abc"), /^cb00753f/);
  assertMatch(await hex("SHA-512", "abc"), /^ddaf35a1/);
  assert(timingSafeEqual(new Uint8Array(2), new Uint8Array(2)));
  assertThrows(
    () => timingSafeEqual(new Uint8Array(1), new Uint8Array(2)),
    TypeError,
  );
});

Deno.test("assert", async () => {
  assertEquals({ a: [new Map([[1, new Set([{ b: NaN }])]])] }, {
    a: [new Map([[1, new Set([{ b: NaN }])]])],
  });
  assertEquals(0, -0);
  assertNotEquals<unknown>({ a: undefined }, {});
  assertNotEquals(new Error("a"), new Error("a")); // their stacks differ
  assertThrows(() => assertStrictEquals(0, -0), AssertionError);
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertObjectMatch({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } });
  assertThrows(() => assertObjectMatch({ a: 1 }, { a: 2 }), AssertionError);
  const e = await assertRejects(
    () => Promise.reject(new RangeError("far")),
    RangeError,
    "fa",
  );
  assertEquals(e.message, "far");
  assertThrows(
    () =>
      assertThrows(() => {
        throw new Error("x");
      }, TypeError),
    AssertionError,
  );
  assertEquals(new Uint8Array([1]), new Uint8Array([1]));
  assertNotEquals(new Uint8Array([1]), new Uint8Array([2]));
  assertNotEquals<unknown>([], {});
  assertNotEquals(new Date(0), new Date(1));
  assertEquals(Object.create(null), {});
  assertObjectMatch({ a: [1, { b: 2, c: 3 }] }, { a: [1, { b: 2 }] });
  assertInstanceOf(e, Error);
  assertExists(0);
  assertFalse("");
  assertStringIncludes("airlock", "lock");
  assertArrayIncludes([1, { a: 2 }], [{ a: 2 }]);
  assertGreater(2, 1);
  assertGreaterOrEqual(2, 2);
  assertLess(1n, 2n);
  assertLessOrEqual("a", "b");
  const refused = [
    () => assert(0),
    () => assertExists(undefined),
    () => assertFalse(1),
    () => assertMatch("a", /b/),
    () => assertStringIncludes("a", "b"),
    () => assertArrayIncludes([1], [2]),
    () => assertGreater(1, 1),
    () => assertGreaterOrEqual(0, 1),
    () => assertLess(1, 1),
    () => assertLessOrEqual(2, 1),
    () => assertAlmostEquals(1, 2),
    () => assertInstanceOf({}, Error),
    () => assertEquals([1], [2]),
    () => assertNotEquals({}, {}),
    () => assertThrows(() => {}),
    () => fail(),
    () => unreachable(),
  ];
  for (const one of refused) assertThrows(one, AssertionError);
  await assertRejects(() => assertRejects(() => Promise.resolve()), AssertionError);
  await assertRejects(
    () =>
      assertRejects(() => {
        throw new Error("not a rejection");
      }),
    AssertionError,
  );
});
