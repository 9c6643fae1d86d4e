/** MessagePack for Pulp cells: the very bytes that are written, and hostile ones that are read. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { decode } from "@msgpack/msgpack";
import fc from "fast-check";
import { packConfig } from "../../../../runtime/wasm/abi/pulp_config.ts";
import {
  Float,
  type Packable,
  packMsgpack,
  type Unpacked,
  unpackMsgpack,
} from "../../../../runtime/wasm/abi/pulp_msgpack.ts";

function hex(value: Packable): string {
  return packMsgpack(value).toHex();
}

Deno.test("packMsgpack() writes every integer as int64 and every float as float64", () => {
  assertEquals(hex(0), "d30000000000000000");
  assertEquals(hex(-1), "d3ffffffffffffffff");
  assertEquals(hex(1n), "d30000000000000001");
  assertEquals(hex(2n ** 63n - 1n), "d37fffffffffffffff");
  assertEquals(hex(1.5), "cb3ff8000000000000");
  assertEquals(hex(new Float(1)), "cb3ff0000000000000");
  assertEquals(hex(2 ** 53), "cb4340000000000000");
});

Deno.test("packMsgpack() writes texts, bytes, lists and maps in their shortest form", () => {
  assertEquals([hex(null), hex(undefined), hex(false), hex(true)], ["c0", "c0", "c2", "c3"]);
  assertEquals(hex("ü"), "a2c3bc");
  assertEquals(hex("a".repeat(32)).slice(0, 4), "d920");
  assertEquals(hex("a".repeat(256)).slice(0, 6), "da0100");
  assertEquals(hex("a".repeat(65_536)).slice(0, 10), "db00010000");
  assertEquals(hex(new Uint8Array(0)), "c400");
  assertEquals(hex(new Uint8Array(256)).slice(0, 6), "c50100");
  assertEquals(hex(new Uint8Array(65_536)).slice(0, 10), "c600010000");
  assertEquals(hex([null, []]), "92c090");
  assertEquals(hex(Array(16).fill(null)).slice(0, 6), "dc0010");
  assertEquals(hex({ a: {} }), "81a16180");
});

Deno.test("packConfig() keeps what the manifest wrote as a float", () => {
  const numbers = { "/f": "1.0", "/deep/0": "2.0", "/big": "9007199254740993", "/a~1b": "3.0" };
  const config = { i: 1, f: 1, deep: [2, 2], big: 9007199254740992, "a/b": 3 };
  const read = unpackMsgpack(packConfig(config, numbers)) as ReadonlyMap<string, Unpacked>;
  assertEquals([...read], [
    ["i", 1],
    ["f", new Float(1)],
    ["deep", [new Float(2), 2]],
    ["big", 9007199254740993n],
    ["a/b", new Float(3)],
  ]);
  // an operator's own values: a float's place stays a float's, an integer's is what he says
  const other = unpackMsgpack(packConfig({ f: 4, big: 5 }, numbers)) as ReadonlyMap<
    string,
    Unpacked
  >;
  assertEquals([...other], [["f", new Float(4)], ["big", 5]]);
  assertEquals(packConfig({}).length, 0);
});

Deno.test("unpackMsgpack() reads every form of a number", () => {
  const read = (text: string) => unpackMsgpack(Uint8Array.fromHex(text));
  assertEquals(read("7f"), 127);
  assertEquals(read("e0"), -32);
  assertEquals([read("ccff"), read("cdffff"), read("ceffffffff")], [255, 65_535, 2 ** 32 - 1]);
  assertEquals([read("d0ff"), read("d1ffff"), read("d2ffffffff")], [-1, -1, -1]);
  assertEquals(read("cf0000000000000001"), 1);
  assertEquals(read("cfffffffffffffffff"), 2n ** 64n - 1n);
  assertEquals(read("ca3f800000"), new Float(1));
});

const BAD: Readonly<Record<string, string>> = {
  "nothing": "",
  "a cut number": "d300",
  "a list announced and not there": "dd01ffffff",
  "a text longer than there is": "db7fffffff",
  "something after it": "c0c0",
  "no UTF-8": "a1ff",
  "an extension": "d40100",
  "a key that is no text": "810102",
  "a key twice": "82a161c0a161c0",
  "a byte that begins nothing": "c1",
};

for (const [what, text] of Object.entries(BAD)) {
  Deno.test(`unpackMsgpack() refuses ${what}`, () => {
    assertThrows(() => unpackMsgpack(Uint8Array.fromHex(text)), RangeError);
  });
}

Deno.test("unpackMsgpack() refuses what nests too deep or has too many values, at little cost", () => {
  const start = performance.now();
  assertThrows(() => unpackMsgpack(new Uint8Array(1_000_000).fill(0x91)), RangeError);
  const deep = new Uint8Array(66).fill(0x91);
  deep[65] = 0xc0;
  assertThrows(() => unpackMsgpack(deep), RangeError);
  const many = new Uint8Array(1_000_005).fill(0xc0);
  many.set([0xdd, 0x00, 0x0f, 0x42, 0x40]);
  assertThrows(() => unpackMsgpack(many), RangeError);
  assert(performance.now() - start < 2_000);
});

const leaf: fc.Arbitrary<Packable> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }).map((value) => new Float(value)),
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
  fc.uint8Array({ maxLength: 40 }),
);
const value: fc.Arbitrary<Packable> = fc.letrec<{ value: Packable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string().filter((key) => key !== "__proto__"), tie("value"), { maxKeys: 20 }),
  ),
})).value;

/** What is read of what was written. */
function asRead(written: Packable): Unpacked {
  if (typeof written === "bigint") {
    return Number.isSafeInteger(Number(written)) ? Number(written) : written;
  }
  if (Array.isArray(written)) return written.map((item: Packable) => asRead(item));
  if (typeof written !== "object" || written === null) return written ?? null;
  if (written instanceof Float || written instanceof Uint8Array) return written;
  return new Map(Object.entries(written).map(([key, item]) => [key, asRead(item)]));
}

Deno.test("unpackMsgpack() reads back whatever was written, and so does another reader", () => {
  fc.assert(
    fc.property(value, (written) => {
      const bytes = packMsgpack(written);
      assertEquals(unpackMsgpack(bytes), asRead(written));
      decode(bytes, { useBigInt64: true });
    }),
    { numRuns: 300, seed: 11 },
  );
});

Deno.test("unpackMsgpack() answers any bytes with a value or a RangeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        unpackMsgpack(bytes);
      } catch (error) {
        assert(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 3_000, seed: 11 },
  );
});
