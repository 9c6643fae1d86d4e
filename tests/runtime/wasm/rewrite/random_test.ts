/** Random modules compute the same before and after they were rewritten. @module */

import { assert, assertEquals } from "@std/assert";
import { TYPE } from "./binary.ts";
import { generate, randomNumbers } from "./generator.ts";
import { fingerprint, meter, outcome, type Slices } from "./metered.ts";

/** Modules of the fixed run; a longer one says how many: `AIRLOCK_FUZZ=10000`. */
const MODULES = Number(Deno.env.get("AIRLOCK_FUZZ") ?? 150);
const CALLS = 4;

/** Arguments of one type that are worth trying. */
function argument(type: number, random: () => number): unknown {
  const bits = Math.floor(random() * 2 ** 32) | 0;
  const small = bits & 0xff;
  if (type === TYPE.i64) return random() < 0.5 ? BigInt(small) : BigInt(bits) << 20n;
  if (type === TYPE.i32) return random() < 0.5 ? small : bits;
  return random() < 0.5 ? small + 0.5 : bits * 1e9;
}

/** Units of a function that is too small to be metered: its callers pay, and the host does not. */
const LEAF_UNITS = 20;
const UNITS_OF_STEP = 4;

/** State a guest leaves behind. */
function stateOf(exports: WebAssembly.Exports): readonly unknown[] {
  const number = (name: string) => `${(exports[name] as WebAssembly.Global).value}`;
  const table = (name: string) => {
    const entries = exports[name] as WebAssembly.Table;
    return Array.from({ length: entries.length }, (_, at) => entries.get(at) === null ? 0 : 1);
  };
  return [
    fingerprint(exports["memory"]),
    (exports["memory"] as WebAssembly.Memory).buffer.byteLength,
    ...["gas", "i32", "i64", "steps"].map(number),
    table("t0"),
    table("t1"),
  ];
}

const generous: Slices = () => 1_000_000;
const stingy: Slices = (refill) => refill % 7 === 0 ? 1000 : refill % 7;

Deno.test("a random module does the same before and after, however its units are handed out", () => {
  let calls = 0;
  let results = 0;
  let refills = 0;
  for (let seed = 0; seed < MODULES; seed++) {
    const { bytes, params } = generate(seed);
    assert(WebAssembly.validate(bytes), `seed ${seed} is not valid`);
    const metered = meter(bytes);
    const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
    const wide = metered.instantiate(generous);
    const narrow = metered.instantiate(stingy);
    const random = randomNumbers(seed ^ 0x5eed);
    params.forEach((types, at) => {
      for (let call = 0; call < CALLS; call++) {
        for (const { exports } of [{ exports: plain }, wide, narrow]) {
          (exports["gas"] as WebAssembly.Global).value = 400;
        }
        const args = types.map((type) => argument(type, random));
        const name = `f${at}`;
        const label = `seed ${seed}: ${name}(${args.map(String)})`;
        const steps = wide.exports["steps"] as WebAssembly.Global;
        const before = { used: wide.used(), steps: steps.value };
        const expected = outcome(plain, name, args);
        assertEquals(outcome(wide.exports, name, args), expected, label);
        assertEquals(outcome(narrow.exports, name, args), expected, label);
        calls++;
        if (/^(?:trap|stack|exception)/.test(expected)) continue;
        results++;
        const least = (steps.value - before.steps) * UNITS_OF_STEP - LEAF_UNITS;
        assert(wide.used() - before.used >= least, `${label} used too few units`);
      }
    });
    assertEquals(stateOf(wide.exports), stateOf(plain), `seed ${seed}`);
    assertEquals(stateOf(narrow.exports), stateOf(plain), `seed ${seed}`);
    assertEquals(narrow.used(), wide.used(), `seed ${seed}: units depend on slices`);
    refills += narrow.refills();
  }
  // The generator is worth something only if most of its calls come to a result.
  assert(calls > MODULES * 10 && results > calls / 3, `${results} of ${calls}`);
  assert(refills > MODULES * 10, `${refills}`);
});
