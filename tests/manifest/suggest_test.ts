/** What is suggested for a mistyped word. @module */

import { closest } from "@airlock/host/manifest";
import { assertEquals } from "@std/assert";

const KEYS = ["name", "module", "capabilities", "memoryBytes", "dependsOn", "net", "fs"];

Deno.test("closest() finds a word with a slip in it", () => {
  assertEquals(closest("mdule", KEYS), "module"); // left out
  assertEquals(closest("moddule", KEYS), "module"); // doubled
  assertEquals(closest("modole", KEYS), "module"); // replaced
  assertEquals(closest("moduel", KEYS), "module"); // swapped
  assertEquals(closest("capability", KEYS), "capabilities");
});

Deno.test("closest() counts a swap of neighbours as one slip", () => {
  assertEquals(closest("nte", ["net"]), "net");
  assertEquals(closest("ten", ["net"]), undefined);
});

Deno.test("closest() overlooks case, underscores and dashes", () => {
  assertEquals(closest("NAME", KEYS), "name");
  assertEquals(closest("depends-on", KEYS), "dependsOn");
});

Deno.test("closest() knows the beginning of a word", () => {
  assertEquals(closest("memory", KEYS), "memoryBytes");
});

Deno.test("closest() rather says nothing than something far off", () => {
  assertEquals(closest("banana", KEYS), undefined);
  assertEquals(closest("x", KEYS), undefined);
  assertEquals(closest("", KEYS), undefined);
  assertEquals(closest("name", []), undefined);
});

Deno.test("closest() never suggests the word itself", () => {
  assertEquals(closest("name", ["name"]), undefined);
});

Deno.test("closest() takes the first of equally close words", () => {
  assertEquals(closest("bat", ["cat", "rat"]), "cat");
});

Deno.test("closest() does not compare what is too long to be a slip", () => {
  const long = "x".repeat(1_000_000);
  assertEquals(closest(long, [`${long}y`, "name"]), undefined);
  assertEquals(closest("name", [long]), undefined);
});
