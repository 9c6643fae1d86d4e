/** What messages quote of a stranger's text. @module */

import { assertEquals } from "@std/assert";
import { printable, show } from "../../manifest/printable.ts";

Deno.test("printable() writes what does not show as a code", () => {
  assertEquals(printable("a\0\x1b[31m\u202e\u2028b"), "a\\u{0}\\u{1b}[31m\\u{202e}\\u{2028}b");
  assertEquals(printable("half \ud800"), "half \\u{d800}");
  assertEquals(printable("Zoë 数据 🚪"), "Zoë 数据 🚪");
});

Deno.test("printable() clips long text between characters", () => {
  assertEquals(printable("x".repeat(60)), "x".repeat(60));
  assertEquals(printable("x".repeat(61)), `${"x".repeat(60)}…`);
  assertEquals(printable("🚪".repeat(1_000_000)), `${"🚪".repeat(30)}…`);
  assertEquals(printable("\n".repeat(1_000_000)), `${"\\u{a}".repeat(12)}…`);
});

Deno.test("show() names what is no scalar by its kind", () => {
  assertEquals([show("a"), show(1), show(null), show(true)], ['"a"', "1", "null", "true"]);
  assertEquals([show([]), show([1]), show({})], ["an empty list", "a list", "an object"]);
});
