/** Imports that are plain functions until a guest has to be ready to wait. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { promising, suspending } from "../../../runtime/wasm/jspi.ts";
import { importSwitch, switchedImport } from "../../../runtime/wasm/switched_import.ts";

type Fn = (...args: (number | bigint)[]) => unknown;

Deno.test("switchedImport() calls the one or the other with all arguments", () => {
  const position = importSwitch();
  const cases: readonly (readonly [type: string, args: (number | bigint)[], answer: unknown])[] = [
    ["()", [], undefined],
    ["() -> i32", [], 7],
    ["(i32) -> i64", [1], 7n],
    ["(i64, f32, f64, i32) -> f64", [2n ** 40n, 0.5, 0.25, -1], 7.5],
    ["(i32, i32, i32, i32, i32, i32, i32, i32) -> i32", [1, 2, 3, 4, 5, 6, 7, 8], 7],
  ];
  for (const [type, args, answer] of cases) {
    const calls: unknown[] = [];
    const called = (name: string) => (...given: unknown[]) => {
      calls.push([name, given]);
      return answer;
    };
    const fn = switchedImport(type, called("plain"), called("waiting"), position) as Fn;
    for (const [at, name] of ["plain", "waiting", "plain"].entries()) {
      position.value = at % 2;
      assertEquals(fn(...args), answer, type);
      assertEquals(calls.pop(), [name, args]);
    }
  }
});

Deno.test("switchedImport() lets a promising caller be suspended, and a plain one be answered", async () => {
  const position = importSwitch();
  const later = suspending((n) => Promise.resolve(Number(n) * 2));
  const fn = switchedImport("(i32) -> i32", (n: number) => n + 1, later, position) as Fn;
  assertEquals(fn(20), 21);
  position.value = 1;
  assertEquals(await promising(fn as (...args: (number | bigint)[]) => unknown)(21), 42);
  position.value = 0;
  assertEquals(fn(20), 21);
});

Deno.test("switchedImport() refuses a signature that is too long for it", () => {
  const type = `(${new Array(40).fill("i32").join(", ")})`;
  assertThrows(() => switchedImport(type, () => {}, () => {}, importSwitch()), RangeError);
});
