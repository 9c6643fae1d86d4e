/** The check before MessagePack is decoded: what encoders write passes, what lies does not. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { msgpack } from "../../mod.ts";
import { checkMsgpack } from "../../runtime/msgpack_check.ts";

function accepts(bytes: Uint8Array): boolean {
  try {
    checkMsgpack(bytes);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

Deno.test("checkMsgpack() accepts every value that is encoded, and no part of one", () => {
  fc.assert(
    fc.property(fc.anything({ maxDepth: 4, withTypedArray: true }), fc.nat(), (value, cut) => {
      let bytes: Uint8Array;
      try {
        bytes = encode(value);
      } catch {
        return;
      }
      assertEquals(accepts(bytes), true);
      assertEquals(accepts(bytes.subarray(0, cut % bytes.length)), false);
      assertEquals(accepts(Uint8Array.of(...bytes, 0)), false);
    }),
    { numRuns: 500 },
  );
});

Deno.test("checkMsgpack() knows every head of the format", () => {
  const text = (len: number) => new Array(len).fill(0x61);
  const whole: number[][] = [
    ...[[0x00], [0x7f], [0xe0], [0xff], [0xc0], [0xc2], [0xc3]],
    ...[[0x80], [0x81, 0xa0, 1], [0x90], [0x92, 1, 2], [0xa0], [0xbf, ...text(31)]],
    ...[[0xc4, 0], [0xc4, 2, 1, 2], [0xc5, 0, 1, 9], [0xc6, 0, 0, 0, 1, 9]],
    ...[[0xc7, 0, 5], [0xc7, 1, 5, 9], [0xc8, 0, 1, 5, 9], [0xc9, 0, 0, 0, 1, 5, 9]],
    ...[[0xca, ...text(4)], [0xcb, ...text(8)]],
    ...[[0xcc, 1], [0xcd, 1, 2], [0xce, ...text(4)], [0xcf, ...text(8)]],
    ...[[0xd0, 1], [0xd1, 1, 2], [0xd2, ...text(4)], [0xd3, ...text(8)]],
    ...[1, 2, 4, 8, 16].map((len, i) => [0xd4 + i, 5, ...text(len)]),
    ...[[0xd9, 1, 0x61], [0xda, 0, 1, 0x61], [0xdb, 0, 0, 0, 1, 0x61]],
    ...[[0xdc, 0, 1, 7], [0xdd, 0, 0, 0, 1, 7], [0xde, 0, 1, 7, 8], [0xdf, 0, 0, 0, 1, 7, 8]],
  ];
  const heads = new Set<number>();
  for (const bytes of whole) {
    heads.add(bytes[0] ?? -1);
    assertEquals(accepts(Uint8Array.from(bytes)), true, `${bytes}`);
    for (let len = 0; len < bytes.length; len++) {
      assertEquals(accepts(Uint8Array.from(bytes.slice(0, len))), false, `${bytes.slice(0, len)}`);
    }
  }
  for (let head = 0xc0; head < 0xe0; head++) assertEquals(heads.has(head), head !== 0xc1);
  assertEquals(accepts(Uint8Array.of(0xc1)), false);
});

Deno.test("checkMsgpack() and the decoder agree on bytes of chance", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      if (!accepts(bytes)) return;
      try {
        decode(bytes);
      } catch (error) {
        // keys that are no text, and invalid timestamps, are the decoder's own business
        assertEquals(error instanceof Error && error.name, "DecodeError");
      }
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("msgpack.decode() takes no length at its word", () => {
  const start = performance.now();
  for (const head of [0xdd, 0xdf, 0xdb, 0xc6]) {
    const bytes = new Uint8Array(5 * 8);
    for (let at = 0; at < bytes.length; at += 5) bytes.set([head, 0x01, 0xff, 0xff, 0xff], at);
    assertThrows(() => msgpack.decode(bytes), RangeError, "announces more than there is");
  }
  assertEquals(performance.now() - start < 100, true);
});

Deno.test("msgpack.decode() refuses text that is not UTF-8, and keys that reach a prototype", () => {
  assertThrows(() => msgpack.decode(Uint8Array.of(0xa2, 0xff, 0xfe)), RangeError, "UTF-8");
  assertThrows(() => msgpack.decode(Uint8Array.of(0xa3, 0xe2, 0x82, 0x61)), RangeError, "UTF-8");
  assertEquals(msgpack.decode(Uint8Array.of(0xa3, 0xe2, 0x82, 0xac)), "€");
  const key = new TextEncoder().encode("__proto__");
  assertThrows(() => msgpack.decode(Uint8Array.of(0x81, 0xa9, ...key, 0x80)), Error);
});
