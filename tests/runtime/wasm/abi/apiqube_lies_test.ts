/** ApiQube guests that lie: wrong pointers, packing, JSON, allocators, exports and signatures. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { type Extension, ExtensionError } from "../../../../mod.ts";
import { loadGuest, NET } from "../apiqube_guests.ts";
import { address, answering, INPUT, inputFor, liar, type Lie } from "./apiqube_liar.ts";

/** Bytes of the guest's memory. */
const MEMORY = 131_072;

async function lieOf(
  lie: Lie,
  act: (extension: Extension) => Promise<unknown>,
): Promise<ExtensionError> {
  return await assertRejects(async () => {
    await using guest = await loadGuest(liar(lie));
    await act(guest.extension);
  }, ExtensionError);
}

/** Calls an honest guest that is told to lie. */
async function toldTo(fn: string, input: Uint8Array): Promise<ExtensionError> {
  return await lieOf({}, (extension) => extension.invoke(fn, input));
}

Deno.test("liar.wat is an honest guest as long as nobody tells it to lie", async () => {
  await using guest = await loadGuest(liar());
  const { extension } = guest;
  assertEquals((await extension.as("apiqube").info()).name, "liar");
  const output = '{"status":1,"headers":{"a":"b"}}';
  assertEquals(
    new TextDecoder().decode(await extension.invoke("execute", answering(output))),
    output,
  );
  assertEquals(await extension.invoke("execute", inputFor(0n)), new Uint8Array(0));
  assertEquals(
    await extension.invoke("execute", inputFor(address(0xffff_ffff, 0))),
    new Uint8Array(0),
  );
});

Deno.test("execute() and validate() refuse an answer outside the memory, and take one that just fits", async () => {
  const outside = [[MEMORY, 1], [MEMORY - 63, 64], [2 ** 32 - 1, 64], [INPUT, MEMORY], [
    8,
    -1,
  ]] as const;
  for (const fn of ["execute", "validate"]) {
    for (const [ptr, len] of outside) {
      const error = await toldTo(fn, inputFor(address(ptr, len)));
      assertEquals(
        error.code,
        len === -1 ? "payload-limit" : "bad-guest-data",
        `${fn} ${ptr} ${len}`,
      );
    }
  }
  await using guest = await loadGuest(liar());
  const input = new Uint8Array(MEMORY - INPUT).fill(0x20);
  input.set(inputFor(address(MEMORY - 64, 64)));
  input.set(new TextEncoder().encode("{}"), input.length - 64);
  const answer = await guest.extension.invoke("execute", input);
  assertEquals(new TextDecoder().decode(answer).trim(), "{}");
});

Deno.test("execute() refuses an answer larger than a payload may be", async () => {
  const limits = { payloadBytes: 1_000 };
  await using guest = await loadGuest(liar(), { ...NET, limits });
  const { extension } = guest;
  assertEquals((await extension.invoke("execute", answering("{}".padEnd(984)))).length, 984);
  const error = await assertRejects(
    () => extension.invoke("execute", inputFor(address(0, 1_001))),
    ExtensionError,
  );
  assertEquals(error.code, "payload-limit");
});

/** What an output may not be, and the words that name the rule. */
const BAD_OUTPUTS: readonly (readonly [json: string, rule: string])[] = [
  ["{", "no JSON"],
  ["\xff", "no JSON"],
  ["{} {}", "no JSON"],
  ["[]", "must be an object"],
  ["7", "must be an object"],
  ["null", "must be an object"],
  ['{"headers":[]}', '"headers" must be an object'],
  ['{"headers":{"a":1}}', 'an entry of "headers" must be a string'],
  ['{"duration_ms":"1"}', '"duration_ms" must be a number'],
  ['{"error":{}}', '"error" must be a string'],
  ['{"metadata":"x"}', '"metadata" must be an object'],
  ['{"events":{}}', '"events" must be an array'],
];

const BAD_FIELD_ERRORS: readonly (readonly [json: string, rule: string])[] = [
  ["{}", "must be an array"],
  ["[1]", "entry 0 must be an object"],
  ['[{},{"field":1}]', 'entry 1: "field" must be a string'],
  ['[{"message":null},{"message":[]}]', 'entry 1: "message" must be a string'],
];

for (const [fn, table] of [["execute", BAD_OUTPUTS], ["validate", BAD_FIELD_ERRORS]] as const) {
  Deno.test(`${fn}() names the rule that an answer breaks`, async () => {
    for (const [json, rule] of table) {
      // a character each byte: what is no UTF-8 has to stay none
      const bytes = Uint8Array.from(json, (char) => char.charCodeAt(0));
      const error = await toldTo(fn, answering(bytes));
      assertEquals(error.code, "bad-guest-data", json);
      assertStringIncludes(error.message, rule);
    }
  });
}

Deno.test("execute() takes null for what is absent and ignores what it does not know", async () => {
  await using guest = await loadGuest(liar());
  const json =
    '{"status":null,"headers":null,"body":null,"error":null,"events":null,"__proto__":{"a":1}}';
  await guest.extension.invoke("execute", answering(json));
  assertEquals(({} as { a?: unknown }).a, undefined);
});

Deno.test("load() names the rule that a description breaks", async () => {
  const lies: readonly (readonly [lie: Lie, rule: string])[] = [
    [{ packed: 0n }, "its plugin_info gave no JSON"],
    [{ packed: address(MEMORY, 4) }, `outside its memory of ${MEMORY} bytes`],
    [{ packed: -1n }, "where 16777216 are allowed"],
    [{ info: "{" }, "its plugin_info gave no JSON"],
    [{ info: new Uint8Array([0xff, 0xfe]) }, "its plugin_info gave no JSON"],
    [{ info: "[]" }, "its plugin_info must be an object"],
    [{ info: '{"name":7}' }, '"name" must be a string'],
    [{ info: '{"protocols":"http"}' }, '"protocols" must be an array'],
    [{ info: '{"protocols":[1]}' }, '"protocols" must be an array of strings'],
    [{ info: '{"capabilities":{}}' }, '"capabilities" must be an array'],
    [{ info: '{"fields":[]}' }, '"fields" must be an object'],
    [{ info: '{"fields":{"a":{"required":"yes"}}}' }, '"required" must be true or false'],
    [{ info: '{"events":{"A":1}}' }, 'an entry of "events" must be an object'],
    [{ info: '{"events":{"A":{"fields":{"b":{"type":1}}}}}' }, '"type" must be a string'],
  ];
  for (const [lie, rule] of lies) {
    const error = await lieOf(lie, () => Promise.resolve());
    assert(["bad-guest-data", "payload-limit"].includes(error.code), rule);
    assertStringIncludes(error.message, rule);
  }
});

Deno.test("every input refuses what allocate makes up", async () => {
  const input = inputFor(0n);
  const { length } = input;
  const lies = [
    address(INPUT, length + 1),
    address(INPUT, length - 1),
    address(MEMORY - length + 1, length),
  ];
  lies.push(address(2 ** 32 - 8, length), -1n, 1n);
  for (const lie of lies) {
    for (const fn of ["execute", "validate", "http", "plugin_init"]) {
      const error = await lieOf({}, async (extension) => {
        await extension.invoke("plugin_init", inputFor(lie));
        await extension.invoke(fn, input);
      });
      assertEquals(error.code, "bad-guest-data", `${fn} ${lie}`);
    }
  }
});

Deno.test("allocate that traps ends the call as a trap", async () => {
  const text = [["(if (result i64) (i64.ne", "unreachable (if (result i64) (i64.ne"]] as const;
  const error = await lieOf({ text }, (extension) => extension.invoke("execute", "{}"));
  assertEquals(error.code, "trap");
});

Deno.test("host_http_request() gives 0 when the answer cannot be written, or the request not be read", async () => {
  await using guest = await loadGuest(liar());
  const json = '{"url":"http://127.0.0.1:1/"}';
  const from = (lie: bigint, ptr: number, len: number) => inputFor(lie, json, [ptr, len]);
  const answered = async (input: Uint8Array) =>
    new DataView((await guest.extension.invoke("http", input)).buffer).getBigInt64(0, true);
  const [ptr, len] = [INPUT + 16, json.length];
  assert(await answered(from(0n, ptr, len)) !== 0n);
  for (const lie of [1n, -1n, address(INPUT, 3), address(MEMORY, 64)]) {
    assertEquals(await answered(from(lie, ptr, len)), 0n);
  }
  for (const [at, bytes] of [[MEMORY, 1], [MEMORY - 1, 2], [-1, 1], [0, -1]] as const) {
    assertEquals(await answered(from(0n, at, bytes)), 0n);
  }
});

Deno.test("host_log() and host_emit_event() refuse what lies outside, where they look at it", async () => {
  const numbers = (...values: number[]) => new Uint8Array(new Uint32Array(values).buffer);
  const outside = (await toldTo("log", numbers(1, MEMORY, 1))).code;
  const noText = (await toldTo("log", new Uint8Array([...numbers(1, INPUT + 12, 1), 0xff]))).code;
  const event = (await toldTo("execute", inputFor(0n, "", [MEMORY - 1, 2]))).code;
  assertEquals([outside, noText, event], ["bad-guest-data", "bad-guest-data", "bad-guest-data"]);
  await using guest = await loadGuest(liar());
  await guest.extension.invoke("event", numbers(MEMORY, 1_000));
  await guest.extension.invoke("execute", inputFor(0n, "", [MEMORY, 0]));
  assertEquals(guest.events, []);
});

Deno.test("load() names every export that is missing or has another signature", async () => {
  const exports = ["allocate", "plugin_info", "plugin_init", "validate", "execute"];
  for (const name of exports) {
    const error = await lieOf({ text: [[`(export "${name}")`, ""]] }, () => Promise.resolve());
    assertEquals(error.code, "unsupported");
    assertStringIncludes(error.message, `exports no function "${name}"`);
  }
  const all = exports.map((name) => [`(export "${name}")`, ""] as const);
  const { message } = await lieOf({ text: all }, () => Promise.resolve());
  for (const name of exports) assertStringIncludes(message, `"${name}"`);
  const memory = await lieOf({ text: [['(export "memory")', ""]] }, () => Promise.resolve());
  assertStringIncludes(memory.message, 'exports no memory "memory"');
  const other = await lieOf({
    text: [[
      '(func (export "allocate") (param $size i32)',
      '(func (export "allocate") (param $size i32) (param i32)',
    ]],
  }, () => Promise.resolve());
  assertStringIncludes(other.message, '"allocate" is (i32, i32) -> i64 where (i32) -> i64');
  const kind = await lieOf({
    text: [[
      '(func (export "plugin_info")',
      '(global (export "plugin_info") i32 (i32.const 0)) (func',
    ]],
  }, () => Promise.resolve());
  assertStringIncludes(kind.message, '"plugin_info" is a global where a function is needed');
});

Deno.test("load() names every import that nobody answers like that", async () => {
  const typed = await lieOf({ text: [["(result i64)", "(result i32)"]] }, () => Promise.resolve());
  assertStringIncludes(
    typed.message,
    '"apiqube.host_now" as () -> i32, and it is offered as () -> i64',
  );
  const unknown = await lieOf({ text: [['"host_now"', '"host_know"']] }, () => Promise.resolve());
  assertStringIncludes(unknown.message, 'the closest is "apiqube.host_now"');
});

Deno.test("a lying guest never gets further than its own instance, whatever it says", async () => {
  const half = fc.oneof(fc.nat(MEMORY + 64), fc.integer({ min: -70_000, max: -1 }), fc.integer());
  const packed = fc.tuple(half, half).map(([ptr, len]) => address(ptr, len));
  const json = fc.oneof(fc.json(), fc.string(), fc.uint8Array({ maxLength: 64 }));
  const call = fc.record({
    fn: fc.constantFrom("execute", "validate", "http", "log", "event", "plugin_init"),
    input: fc.oneof(
      fc.tuple(packed, json, half, half).map(([p, rest, a, b]) => inputFor(p, rest, [a, b])),
      json.map(answering),
      fc.uint8Array({ maxLength: 64 }),
    ),
  });
  const codes = ["bad-guest-data", "payload-limit"];
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 3 }), async (calls) => {
      await using guest = await loadGuest(HONEST);
      for (const { fn, input } of calls) {
        const error = await guest.extension.invoke(fn, input).then(
          () => undefined,
          (error) => error,
        );
        if (error === undefined) continue;
        // After three that broke it in a row it stays closed.
        assert(error instanceof ExtensionError && [...codes, "closed"].includes(error.code), error);
      }
    }),
    { numRuns: 300, seed: 5 },
  );
});

const HONEST = liar();

Deno.test("a lying description never loads, or says what is wrong with it", async () => {
  const values = fc.oneof(fc.jsonValue(), fc.constant({}), fc.constant([]));
  const keys = ["name", "version", "protocols", "capabilities", "fields", "events"];
  const shaped = fc.record(Object.fromEntries(keys.map((key) => [key, values])), {
    requiredKeys: [],
  });
  const info = fc.oneof(shaped.map((each) => JSON.stringify(each)), fc.uint8Array()).filter((
    text,
  ) => text.length <= 160);
  const halves = fc.tuple(fc.integer(), fc.integer()).map(([ptr, len]) => address(ptr, len));
  const lie: fc.Arbitrary<Lie> = fc.oneof(
    info.map((info) => ({ info })),
    halves.map((packed) => ({ packed })),
  );
  await fc.assert(
    fc.asyncProperty(lie, async (lie) => {
      try {
        await using _guest = await loadGuest(liar(lie));
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : error;
        const expected = ["bad-guest-data", "payload-limit", "missing-capability"];
        assert(expected.includes(code as string), `${error}`);
      }
    }),
    { numRuns: 150, seed: 5 },
  );
});
