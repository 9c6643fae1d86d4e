/** Tests of runtime/limits.ts. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { checkLimits, DEFAULT_LIMITS, resolveLimits } from "../../runtime/limits.ts";

const NO_MANIFEST_LIMITS = {
  memoryBytes: undefined,
  timeoutMs: undefined,
  fuel: undefined,
  payloadBytes: undefined,
};

function resolve(sides: Partial<Parameters<typeof resolveLimits>[0]>) {
  return resolveLimits({
    defaults: DEFAULT_LIMITS,
    host: {},
    load: {},
    manifest: NO_MANIFEST_LIMITS,
    ...sides,
  });
}

Deno.test("resolveLimits() gives the defaults when nobody says anything", () => {
  assertEquals(resolve({}), DEFAULT_LIMITS);
});

Deno.test("resolveLimits() lets the load raise a default, but not the host's limit", () => {
  assertEquals(resolve({ load: { timeoutMs: 5_000 } }).timeoutMs, 5_000);
  assertEquals(resolve({ host: { timeoutMs: 500 }, load: { timeoutMs: 5_000 } }).timeoutMs, 500);
  assertEquals(resolve({ host: { timeoutMs: 500 } }).timeoutMs, 500);
  assertEquals(resolve({ host: { timeoutMs: 500 }, load: { timeoutMs: null } }).timeoutMs, 500);
});

Deno.test("resolveLimits() lets a manifest lower a limit, never raise it", () => {
  const manifest = { ...NO_MANIFEST_LIMITS, timeoutMs: 50, memoryBytes: 1e12 };
  const limits = resolve({ manifest });
  assertEquals(limits.timeoutMs, 50);
  assertEquals(limits.memoryBytes, DEFAULT_LIMITS.memoryBytes);
});

Deno.test("resolveLimits() takes null as unlimited", () => {
  assertEquals(resolve({ host: { timeoutMs: null } }).timeoutMs, Infinity);
  assertEquals(resolve({ load: { payloadBytes: null } }).payloadBytes, Infinity);
});

Deno.test("checkLimits() refuses zero, negative, NaN, other types and unknown names", () => {
  for (const value of [0, -1, NaN, "1" as unknown as number]) {
    assertThrows(() => checkLimits({ timeoutMs: value }), RangeError, "timeoutMs");
  }
  assertThrows(() => checkLimits({ timoutMs: 1 } as never), RangeError, "timoutMs");
  assertThrows(() => checkLimits({ __proto__: null, constructor: 1 } as never), RangeError);
});
