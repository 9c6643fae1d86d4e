/** Tests of runtime/codec.ts. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { bytes, codecNamed, json, msgpack, text } from "../../runtime/codec.ts";
import { Fault } from "../../runtime/errors.ts";

function toBytes(payload: Uint8Array | string): Uint8Array {
  return typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
}

Deno.test("each codec gives back what it was given", () => {
  const value = { a: [1, -2.5, "é", null, true], "": { b: "\u{1F600}" } };
  for (const codec of [json, msgpack]) {
    assertEquals(codec.decode(toBytes(codec.encode(value))), value);
    assertEquals(codec.decode(toBytes(codec.encode(undefined))), undefined);
  }
  assertEquals(text.decode(toBytes(text.encode("\uFEFFé"))), "\uFEFFé");
  assertEquals(
    bytes.decode(toBytes(bytes.encode(new Uint8Array([0, 255])))),
    new Uint8Array([0, 255]),
  );
});

Deno.test("encode() refuses values that a codec has no form for", () => {
  assertThrows(() => json.encode(() => {}), TypeError, "function");
  assertThrows(() => json.encode(1n), TypeError);
  assertThrows(() => text.encode(1), TypeError, "number");
  assertThrows(() => bytes.encode({}), TypeError, "object");
});

Deno.test("decode() throws for bytes that are not well-formed", () => {
  const bad = new Uint8Array([0xc3, 0x28]);
  assertThrows(() => json.decode(bad));
  assertThrows(() => text.decode(bad));
  assertThrows(() => json.decode(toBytes("{")));
  assertThrows(() => msgpack.decode(new Uint8Array([0xc1])));
});

Deno.test("codecNamed() knows the four names and JSON as the default", () => {
  assertEquals(codecNamed(undefined), json);
  assertEquals(["json", "msgpack", "text", "bytes"].map((n) => codecNamed(n).name), [
    "json",
    "msgpack",
    "text",
    "bytes",
  ]);
  assertThrows(() => codecNamed("xml"), Fault, "xml");
});
