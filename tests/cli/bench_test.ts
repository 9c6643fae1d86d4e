/** `airlock bench` inside this process, and the fuel that commands take. @module */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ROOT } from "./process.ts";
import { capture } from "./capture.ts";

const RUST = `${ROOT}examples/extensions/validate-rust`;
const NATIVE = `${ROOT}examples/extensions/validate-quickjs`;
const RECORD = '{"email":"Foo@Example.COM ","age":25}';
const SHORT = ["--duration", "30"];

Deno.test("main() measures a function for as long as it is told, and tells its fuel and memory", async () => {
  const args = ["bench", RUST, "validate", RECORD, "--json", ...SHORT];
  const begin = performance.now();
  const runs = [await capture(args), await capture(args)].map(({ code, out, err }) => {
    assertEquals([code, err], [0, ""]);
    return JSON.parse(out);
  });
  assert(performance.now() - begin < 5_000);
  for (const { ok, name, engine, calls, micros, memoryBytes, loadMs } of runs) {
    assertEquals([ok, name, engine], [true, "validate-rust", "wasm"]);
    assert(calls > 10 && loadMs > 0 && memoryBytes >= 65_536);
    const { min, p50, p99, max, mean } = micros;
    assert(0 < min && min <= p50 && p50 <= p99 && p99 <= max && min <= mean && mean <= max);
  }
  const [first, second] = runs;
  assert(first.fuel.min > 100);
  // the guest is warm in every measured call, so each costs the same
  assertEquals(first.fuel, second.fuel);
  assertEquals(first.fuel.min, first.fuel.max);
});

Deno.test("main() tells a measurement to people", async () => {
  const { code, out, err } = await capture(["bench", RUST, "validate", RECORD, ...SHORT]);
  assertEquals([code, err], [0, ""]);
  assertMatch(out, /^per call +median [\d.]+ .s, 99 % below [\d.]+ .s, mean [\d.]+ .s$/m);
  assertMatch(out, /^fuel +\d+ units in every call$/m);
  assertMatch(out, /^memory +\d+ KiB$/m);
});

Deno.test("main() measures guests whose fuel is not counted", async () => {
  const args = ["bench", NATIVE, "validate", RECORD, "--json", ...SHORT];
  const { fuel, engine } = JSON.parse((await capture(args)).out);
  assertEquals([fuel === null || fuel.min > 0, engine], [true, "quickjs"]);
});

Deno.test("main() ends a measurement with the first call that fails", async () => {
  const { code, err } = await capture(["bench", RUST, "validat", RECORD, ...SHORT]);
  assertEquals(code, 5);
  assertStringIncludes(err, 'did you mean "validate"?');
  const starved = await capture(["bench", RUST, "validate", RECORD, "--fuel", "50"]);
  assertEquals([starved.code, starved.out], [6, ""]);
});

Deno.test("main() ends a measurement when the user interrupts", async () => {
  const args = ["bench", RUST, "validate", RECORD, "--duration", "60000"];
  const begin = performance.now();
  const { code } = await capture(args, { interruptAfter: 100 });
  assertEquals(code, 6);
  assert(performance.now() - begin < 5_000);
});

Deno.test("main() runs a function with no more fuel than it is told", async () => {
  const run = (fuel: string) => capture(["run", RUST, "validate", RECORD, "--fuel", fuel]);
  assertEquals((await run("1000000")).code, 0);
  const { code, out, err } = await run("50");
  assertEquals([code, out], [6, ""]);
  assertStringIncludes(err, "50 units of fuel");
});

for (
  const [option, value] of [["--fuel", "0"], ["--fuel", "many"], ["--duration", "0"], [
    "--duration",
    "1e9",
  ], ["--duration", "700000"]] as const
) {
  Deno.test(`main() refuses ${option} ${value}`, async () => {
    const { code, err } = await capture(["bench", RUST, "validate", RECORD, option, value]);
    assertEquals(code, 2);
    assertStringIncludes(err, option);
  });
}
