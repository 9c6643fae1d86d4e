/** Letters that pass for others are read as those. @module */

import { assertEquals } from "@std/assert";
import { readAsAscii } from "../../manifest/lookalikes.ts";

Deno.test("readAsAscii() reads Cyrillic, Greek and Armenian look-alikes as Latin", () => {
  assertEquals(readAsAscii("ѕԛӏіtе"), "sqlite");
  assertEquals(readAsAscii("κν"), "kv");
  assertEquals(readAsAscii("lоg"), "log");
});

Deno.test("readAsAscii() folds width, styles, accents and case, and drops marks", () => {
  assertEquals(readAsAscii("ｎｅｔ"), "net");
  assertEquals(readAsAscii("𝓯𝓼"), "fs");
  assertEquals(readAsAscii("ńét"), "net");
  assertEquals(readAsAscii(" N\u200bET\u0000 "), "net");
});

Deno.test("readAsAscii() leaves plain ASCII and other scripts alone", () => {
  assertEquals(readAsAscii("http.serve"), "http.serve");
  assertEquals(readAsAscii("数据"), "数据");
});
