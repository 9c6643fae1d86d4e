/** Text of UTF-8 bytes: what the platform's strict decoder says, for any bytes. @module */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeUtf8 } from "../../runtime/utf8.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("decodeUtf8() gives text as it was written, a replacement character too", () => {
  for (
    const text of ["", "a", "é".repeat(300), "𝄞", "\ufeffmark", "\ufffd", "a\ufffd\ufffdb", "\0"]
  ) {
    assertEquals(decodeUtf8(encode(text)), text);
  }
});

Deno.test("decodeUtf8() refuses what is malformed, wherever it stands", () => {
  const malformed = [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80]];
  for (const bytes of malformed) {
    for (const [before, after] of [["", ""], ["text ", ""], ["", " text"], ["\ufffd", "é"]]) {
      const all = Uint8Array.of(...encode(before ?? ""), ...bytes, ...encode(after ?? ""));
      assertThrows(() => decodeUtf8(all), TypeError);
    }
  }
});

Deno.test("decodeUtf8() agrees with the strict decoder about any bytes", () => {
  const attempt = (decode: (bytes: Uint8Array) => string, bytes: Uint8Array) => {
    try {
      return decode(bytes);
    } catch (error) {
      return error instanceof TypeError ? error.name : error;
    }
  };
  const pieces = fc.array(
    fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.string({ unit: "binary" }).map(encode)),
    { maxLength: 6 },
  );
  fc.assert(fc.property(pieces, (parts) => {
    const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
    assertEquals(
      attempt(decodeUtf8, bytes),
      attempt((all) => strict.decode(all), bytes),
    );
  }));
});
