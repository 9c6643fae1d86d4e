/** Encodings of a realm beside UTF-8. @module */

import { assertEquals } from "@std/assert";
import { openRealm } from "../../../runtime/script/realm.ts";

/** The result of the expression in a new realm. */
function value(expression: string): unknown {
  let result = "";
  const realm = openRealm((kind, _id, _other, _head, body) => {
    assertEquals(kind === "error", false, body);
    if (kind === "result") result = body;
  }, () => "=0");
  realm.enter("surface", 0, "[]", "{}");
  realm.prepare("index.js", `function run() { return ${expression} }`);
  realm.runScript();
  realm.enter("call", 1, "run", "");
  return JSON.parse(result);
}

Deno.test("TextDecoder of a realm knows UTF-16 and Latin-1 as the platform does, and says what it does not", () => {
  const streams = [
    [],
    [0xff, 0xfe, 0x61, 0x00],
    [0xfe, 0xff, 0x00, 0x61],
    [0x3d, 0xd8, 0x00, 0xde],
    [0xd8, 0x3d, 0xde, 0x00],
    [0x00, 0xdc, 0x61, 0x00],
    [0x00, 0xd8, 0x61, 0x00],
    [0x00, 0xd8, 0x61],
    [0x00, 0xd8],
    [0x61],
    Array.from({ length: 256 }, (_, i) => i),
  ];
  const labels = ["utf-16le", " UTF-16 ", "utf-16be", "latin1", "ISO-8859-1", "ascii", "Utf8"];
  const results = (decoder: typeof TextDecoder) =>
    labels.map((label) =>
      streams.map((bytes) =>
        [true, false].map((fatal) => {
          try {
            const one = new decoder(label, { fatal });
            let out = "";
            for (const byte of bytes) out += one.decode(Uint8Array.of(byte), { stream: true });
            return [
              one.encoding,
              out + one.decode(),
              new decoder(label).decode(Uint8Array.from(bytes)),
            ];
          } catch (error) {
            return (error as Error).name;
          }
        })
      )
    );
  const realm = value(
    `(() => { const labels = ${JSON.stringify(labels)}, streams = ${JSON.stringify(streams)};
      return (${results})(TextDecoder); })()`,
  );
  assertEquals(realm, results(TextDecoder));
  const unknown = value(
    `(() => { try { new TextDecoder("shift_jis") } catch (e) { return e.name + ": " + e.message } })()`,
  );
  assertEquals(
    unknown,
    'RangeError: the encoding "shift_jis" is not supported here; there are utf-8, utf-16le, utf-16be and windows-1252 (latin1)',
  );
});
