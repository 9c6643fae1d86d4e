/** Header names as Go-made guests know them. @module */

import { assertEquals } from "@std/assert";
import {
  answeredHeaders,
  canonicalHeader,
  firstValues,
  sendableHeaders,
} from "../../../../runtime/wasm/abi/header_names.ts";

Deno.test("canonicalHeader() capitalises each word, and leaves alone what is no header's name", () => {
  const names = {
    "content-type": "Content-Type",
    "X-TRACE-id": "X-Trace-Id",
    "etag": "Etag",
    "x--y": "X--Y",
    "-a": "-A",
    "1st-x": "1st-X",
    "a b": "a b",
    "ä-b": "ä-b",
    "": "",
  };
  for (const [name, canonical] of Object.entries(names)) {
    assertEquals(canonicalHeader(name), canonical);
  }
});

Deno.test("firstValues() keeps the first value of each name, from records and from pairs", () => {
  assertEquals(firstValues({ "x-a": "1", "b": ["2", "3"], "n": 4 }), { "X-A": "1", "B": "2" });
  assertEquals(firstValues([["x-a", "1"], ["X-A", "2"], ["b"], "c", [1, "2"]]), { "X-A": "1" });
  assertEquals([firstValues(null), firstValues(7), firstValues(undefined)], [{}, {}, {}]);
  const named = firstValues({ ["__proto__"]: "x", constructor: "y" });
  assertEquals(Object.entries(named), [["__proto__", "x"], ["Constructor", "y"]]);
});

Deno.test("answeredHeaders() gives the first of several cookies", () => {
  const headers = { "set-cookie": "a=1, b=2", "x": "y" };
  assertEquals(answeredHeaders({ headers, setCookies: ["a=1", "b=2"] }), {
    "Set-Cookie": "a=1",
    "X": "y",
  });
  assertEquals(answeredHeaders({ headers: { x: "y" }, setCookies: [] }), { "X": "y" });
  assertEquals(answeredHeaders({}), {});
});

Deno.test("sendableHeaders() leaves out what belongs to the connection", () => {
  const headers = { "Host": "a", "CONTENT-LENGTH": "1", "X-Host": "b", "te": "c", "Accept": "d" };
  assertEquals(sendableHeaders(headers), { "X-Host": "b", "Accept": "d" });
});
