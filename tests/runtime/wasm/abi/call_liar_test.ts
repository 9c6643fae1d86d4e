/** Hookr and waPC guests that lie: any number for any pointer or length, with its bounds, and by chance. @module */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type HostFunction, hostFunction, type LoadOptions, msgpack } from "../../../../mod.ts";
import {
  type Convention,
  CONVENTIONS,
  later,
  type LoadedGuest,
  loadGuest,
  moduleOf,
  PROBES,
} from "./call_guests.ts";

/** The liar never grows. */
const MEMORY = 65_536;
/** Where the liar keeps its payload: the arguments, and whatever follows them. */
const PAYLOAD = 64;
const ANSWER = "forty bytes of an answer, more or less..";

const liars = new Map(
  await Promise.all(
    CONVENTIONS.map(async ({ abi }) => [abi, await Deno.readFile(moduleOf(abi, "liar"))] as const),
  ),
);

function load({ abi }: Convention, options: LoadOptions = {}): Promise<LoadedGuest> {
  const hostFunctions: HostFunction[] = [hostFunction("up", () => ANSWER)];
  return loadGuest(liars.get(abi) ?? new Uint8Array(0), { hostFunctions, ...options });
}

function words(...numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}

/** Arguments of a host call of an operation that stands in the payload behind `more` numbers. */
function hostCall({ leading }: Convention, operation: string, ...more: readonly number[]) {
  const zeros = new Array<number>(leading).fill(0);
  const numbers = leading + 4 + more.length;
  const at = PAYLOAD + 4 * numbers;
  const head = words(...zeros, at, operation.length, 0, 0, ...more);
  return Uint8Array.of(...head, ...new TextEncoder().encode(operation));
}

const inside = (ptr: number, len: number) => len === 0 || ptr + len <= MEMORY;

for (const convention of CONVENTIONS) {
  const { abi } = convention;

  Deno.test(`${abi}: ranges end where the memory ends, not a byte later`, async () => {
    const wide = [2 ** 31, 2 ** 32 - 1];
    for (const op of ["r", "l", "e"]) {
      await using loaded = await load(convention);
      const fine = op === "e" ? "guest-error" : "ok";
      for (const [ptr, len] of [[MEMORY - 5, 5], [MEMORY, 0], [2 ** 32 - 1, 0]] as const) {
        const expected = len === 0 ? "ok" : fine;
        assertEquals(await codeFor(loaded, op, words(ptr, len)), expected, `${op} ${ptr} ${len}`);
      }
    }
    const bad = [
      [MEMORY - 5, 6],
      [MEMORY, 1],
      [0, MEMORY + 1],
      ...wide.flatMap((n) => [[n, 1], [1, n], [n, n]]),
    ];
    for (const op of ["r", "l", "e"]) {
      for (const [ptr = 0, len = 0] of bad) {
        await using loaded = await load(convention);
        assertEquals(
          await codeFor(loaded, op, words(ptr, len)),
          "bad-guest-data",
          `${op} ${ptr} ${len}`,
        );
        assertEquals(await count(loaded), 1);
      }
    }
  });

  Deno.test(`${abi}: a request is written inside the memory only`, async () => {
    const payload = (a: number, b: number) => words(a, b); // 8 bytes
    for (
      const [a, b, code] of [
        [MEMORY - 1, MEMORY - 8, "ok"],
        [MEMORY, 0, "bad-guest-data"],
        [0, MEMORY - 7, "bad-guest-data"],
        [2 ** 32 - 1, 0, "bad-guest-data"],
        [0, 2 ** 32 - 1, "bad-guest-data"],
      ] as const
    ) {
      await using loaded = await load(convention);
      assertEquals(await codeFor(loaded, "q", payload(a, b)), code, `${a} ${b}`);
    }
  });

  Deno.test(`${abi}: the host's answer is written inside the memory only`, async () => {
    const missing = "no handler registered for operation 'no'";
    for (
      const [fn, operation, len] of [["R", "up", ANSWER.length], [
        "E",
        "no",
        missing.length,
      ]] as const
    ) {
      for (
        const [ptr, code] of [
          [MEMORY - len, "ok"],
          [MEMORY - len + 1, "bad-guest-data"],
          [2 ** 32 - 1, "bad-guest-data"],
        ] as const
      ) {
        await using loaded = await load(convention);
        assertEquals(await codeFor(loaded, fn, hostCall(convention, operation, ptr)), code);
      }
    }
    // an error has no response and a response no error: then nothing is written anywhere
    await using loaded = await load(convention);
    assertEquals(await codeFor(loaded, "R", hostCall(convention, "no", 2 ** 32 - 1)), "ok");
    assertEquals(await codeFor(loaded, "E", hostCall(convention, "up", 2 ** 32 - 1)), "ok");
  });

  Deno.test(`${abi}: a length inside the memory but over the limit is refused as that`, async () => {
    // a log record is an argument of an operation, which has a size of its own
    for (
      const [op, len, fine] of [["r", 100, "ok"], ["l", 80, "ok"], [
        "e",
        100,
        "guest-error",
      ]] as const
    ) {
      await using loaded = await load(convention, { limits: { payloadBytes: 100 } });
      assertEquals(await codeFor(loaded, op, words(1024, len)), fine);
      assertEquals(await codeFor(loaded, op, words(1024, 101)), "payload-limit");
      assertEquals(await count(loaded), 1);
    }
    const numbers = [...new Array<number>(convention.leading).fill(0), 1024, 1, 1024];
    await using loaded = await load(convention, { limits: { payloadBytes: 100 } });
    assertEquals(await codeFor(loaded, "h", words(...numbers, 100)), "ok");
    assertEquals(await codeFor(loaded, "h", words(...numbers, 101)), "payload-limit");
  });

  Deno.test(`${abi}: text that is not UTF-8 is no text`, async () => {
    const at = PAYLOAD + 8;
    for (const op of ["l", "e"]) {
      await using loaded = await load(convention);
      const bytes = Uint8Array.of(...words(at, 2), 0xc3, 0x28);
      assertEquals(await codeFor(loaded, op, bytes), "bad-guest-data");
    }
    for (let text = 0; text <= convention.leading; text += 2) {
      await using loaded = await load(convention);
      const numbers = new Array<number>(convention.leading + 4).fill(0);
      numbers[text] = PAYLOAD + 4 * numbers.length;
      numbers[text + 1] = 2;
      const bytes = Uint8Array.of(...words(...numbers), 0xff, 0xff);
      assertEquals(await codeFor(loaded, "h", bytes), "bad-guest-data");
    }
  });

  Deno.test(`${abi}: whatever numbers a guest hands over, the host holds and the next call works`, async () => {
    const number = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: MEMORY - 50, max: MEMORY + 50 }),
      fc.constantFrom(0, 1, MEMORY, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
      fc.integer({ min: 0, max: 200 }),
    );
    const args = convention.leading + 5;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(..."qrelhRE"),
        fc.array(number, { minLength: args, maxLength: args }),
        fc.boolean(),
        async (op, numbers, waits) => {
          const hostFunctions = [hostFunction("up", () => ANSWER), ...waits ? [later] : []];
          await using loaded = await load(convention, { hostFunctions });
          const code = await codeFor(loaded, op, words(...numbers));
          const fine = isFine(op, numbers, args);
          const allowed = fine ? ["ok", "guest-error", "bad-guest-data"] : ["bad-guest-data"];
          assert(allowed.includes(code), `${op} ${numbers}: ${code}`);
          assertEquals(await count(loaded), code === "bad-guest-data" ? 1 : 2);
        },
      ),
      { numRuns: 400 },
    );
  });
}

/** Whether every range of a call lies inside; then only its text may still be wrong. */
function isFine(op: string, numbers: readonly number[], args: number): boolean {
  const [a = 0, b = 0] = numbers;
  if (op === "q") return inside(a, 1) && inside(b, args * 4);
  if (!"hRE".includes(op)) return inside(a, b);
  const pairs = Array.from({ length: (args - 1) / 2 }, (_, i) => numbers.slice(2 * i, 2 * i + 2));
  if (!pairs.every(([ptr = 0, len = 0]) => inside(ptr, len))) return false;
  const to = numbers.at(-1) ?? 0;
  // the name is one of chance, so the answer is an error: its text has a length of at least 39
  return op !== "E" || inside(to, 39);
}

Deno.test("a guest's MessagePack of chance is a value, or bad-guest-data, and never the host's end", async () => {
  const [probe] = PROBES;
  assert(probe);
  const module = await Deno.readFile(probe.module);
  const name = new TextEncoder().encode("take\0");
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
      const take = hostFunction("take", () => "ok", { codec: msgpack });
      await using loaded = await loadGuest(module, { hostFunctions: [take] });
      let expected = '"ok"';
      try {
        msgpack.decode(bytes);
      } catch {
        expected = "bad-guest-data";
      }
      const payload = Uint8Array.of(...name, ...bytes);
      const answer = await loaded.text("host", payload).then(() => '"ok"', (error) => error.code);
      assertEquals(answer, expected);
      const value = await loaded.guest.call("echo", bytes, {
        codec: { ...msgpack, encode: () => bytes },
      }).then(() => '"ok"', (error) => error.code);
      assertEquals(value, expected);
      assertEquals(await loaded.text("echo", "next"), "next");
    }),
    { numRuns: 300 },
  );
});

async function codeFor(loaded: LoadedGuest, fn: string, payload: Uint8Array): Promise<string> {
  try {
    await loaded.guest.invoke(fn, payload);
    return "ok";
  } catch (error) {
    assert(error instanceof Error && "code" in error && typeof error.code === "string", `${error}`);
    return error.code;
  }
}

/** How many calls this instance has had, this one included. */
async function count({ guest }: LoadedGuest): Promise<number> {
  return new Uint32Array((await guest.invoke("c")).buffer)[0] ?? 0;
}
