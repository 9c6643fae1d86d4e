/** The modules of `examples/extensions`, driven by hand against the native function. @module */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { validate as validateTs } from "../../examples/extensions/validate-ts/validate.ts";
import { bareModule } from "./bare_loop.ts";
import { BYTE_CASES, JSON_CASES, reference } from "./records.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const MODULES = ["validate-as", "validate-c", "validate-rust"] as const;

/** What AssemblyScript may ask of its host; the others ask for nothing. */
const ALLOWED_IMPORTS = ["env.abort"];

Deno.test("validate() of validate-native answers as the table says", () => {
  for (const { about, payload, result } of JSON_CASES) {
    if (typeof payload === "string") assertEquals(reference(payload), result, about);
  }
});

Deno.test("validate() of validate-ts answers as the table says", () => {
  for (const { about, payload, result } of JSON_CASES) {
    const input: unknown = JSON.parse(String(payload));
    assertEquals(JSON.stringify(validateTs(input)), result, about);
  }
});

Deno.test("validate() of validate-js answers as the table says", async () => {
  const script = await source("validate-js/validate.js");
  const validate = new Function(`${script}; return validate;`)() as (input: unknown) => unknown;
  for (const { about, payload, result } of JSON_CASES) {
    assertEquals(JSON.stringify(validate(JSON.parse(String(payload)))), result, about);
  }
});

Deno.test("validate() of validate-quickjs answers as the table says", async () => {
  const module = { exports: {} as { validate?: (input: unknown) => unknown } };
  new Function("module", await source("validate-quickjs/index.js"))(module);
  const { validate } = module.exports;
  assert(validate);
  for (const { about, payload, result } of JSON_CASES) {
    assertEquals(JSON.stringify(validate(JSON.parse(String(payload)))), result, about);
  }
});

for (const name of MODULES) {
  const path = `${name}/validate.wasm`;

  Deno.test(`validate() of ${name} answers as the table says`, async () => {
    const module = await bareModule(path);
    for (const { about, payload, result } of [...JSON_CASES, ...BYTE_CASES]) {
      const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
      assertEquals(decoder.decode(module.call("validate", bytes)), result, about);
    }
  });

  Deno.test(`validate() of ${name} reads and writes numbers as JavaScript does`, async () => {
    const module = await bareModule(path);
    for (const age of ages()) {
      const text = `{"email":"a@b.c","age":${age}}`;
      const result = module.call("validate", encoder.encode(text));
      assertEquals(decoder.decode(result), reference(text), age);
    }
  });

  Deno.test(`validate() of ${name} keeps memory flat over 200,000 calls`, async () => {
    const module = await bareModule(path);
    const payloads = JSON_CASES.slice(0, 45).map(({ payload }) => encoder.encode(String(payload)));
    const round = (): void => payloads.forEach((payload) => module.call("validate", payload));
    round();
    const before = module.memoryBytes;
    for (let calls = 0; calls < 200_000; calls += payloads.length) round();
    assertEquals(module.memoryBytes, before);
  });
}

Deno.test("the modules import nothing but what the base convention offers", async () => {
  for (
    const path of [
      ...MODULES.map((name) => `${name}/validate.wasm`),
      "word-count-wat/word_count.wasm",
    ]
  ) {
    const module = new WebAssembly.Module(await Deno.readFile(extensionFile(path)));
    const imports = WebAssembly.Module.imports(module).map(({ module, name }) =>
      `${module}.${name}`
    );
    assertEquals(imports.filter((name) => !ALLOWED_IMPORTS.includes(name)), [], path);
  }
});

Deno.test("count() of word-count-wat counts words and bytes", async () => {
  const module = await bareModule("word-count-wat/word_count.wasm");
  const count = (text: string): string =>
    decoder.decode(module.call("count", encoder.encode(text)));
  assertEquals(count("hello world"), '{"words":2,"bytes":11}');
  assertEquals(count(""), '{"words":0,"bytes":0}');
  assertEquals(count(" \ta\r\nb\v\fc "), '{"words":3,"bytes":10}');
  assertEquals(count("é ü"), '{"words":2,"bytes":5}');
  assertEquals(count("ab ".repeat(100_000)), '{"words":100000,"bytes":300000}');
  const before = module.memoryBytes;
  for (let calls = 0; calls < 200_000; calls++) count("hello world");
  assertEquals(module.memoryBytes, before);
});

/** Numbers as people and programs write them, the same each time. */
function* ages(): Generator<string> {
  let state = 12345;
  // A linear congruential generator: 31 bits are random enough for digits.
  const random = (): number =>
    (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x80000000;
  const bits = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 1500; i++) {
    yield String(random() * 160);
    yield (random() * 160).toPrecision(1 + Math.floor(random() * 40));
    // Any double from 0 to 160, the tiniest included.
    bits.setUint32(0, Math.floor(random() * 0x40640000));
    bits.setUint32(4, Math.floor(random() * 2 ** 32));
    yield bits.getFloat64(0).toPrecision(1 + Math.floor(random() * 60));
  }
  for (let power = 0; power <= 1075; power += 5) yield String(2 ** -power);
}

function extensionFile(path: string): string {
  return fromFileUrl(new URL(`../../examples/extensions/${path}`, import.meta.url));
}

function source(path: string): Promise<string> {
  return Deno.readTextFile(extensionFile(path));
}
