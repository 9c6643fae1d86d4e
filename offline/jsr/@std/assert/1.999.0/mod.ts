/** Stand-in for `@std/assert`: the assertions this project uses, on `node:util`. @module */

import { inspect } from "node:util";

/** What every assertion throws. */
export class AssertionError extends Error {
  /** Says what did not hold. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

type Class<T> = abstract new (...args: never[]) => T;
type Falsy = false | 0 | 0n | "" | null | undefined;

/** Holds when `value` is truthy. */
export function assert(value: unknown, msg = ""): asserts value {
  if (!value) throw new AssertionError(msg || `Expected something truthy, got ${show(value)}`);
}

/** Holds when `value` is falsy. */
export function assertFalse(value: unknown, msg?: string): asserts value is Falsy {
  check(!value, `Expected something falsy, got ${show(value)}`, msg);
}

/** Never holds. */
export function fail(msg?: string): never {
  throw new AssertionError(msg ?? "Failed");
}

/** Never reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(msg ?? "Reached what cannot be reached");
}

/** Holds for anything but `null` and `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  check(actual !== null && actual !== undefined, `Expected a value, got ${actual}`, msg);
}

/** Holds when both have the same structure. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  check(equal(actual, expected), () => differ("equal", actual, expected), msg);
}

/** Holds when the structures differ. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  check(!equal(actual, expected), () => `Expected something other than ${show(actual)}`, msg);
}

/** Holds when both are the same value by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  check(Object.is(actual, expected), () => differ("the same", actual, expected), msg);
}

/** Holds when the numbers are no further apart than `tolerance`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  const far = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const isNear = Object.is(actual, expected) || Math.abs(expected - actual) <= far;
  check(isNear, `Expected ${actual} to be within ${far} of ${expected}`, msg);
}

/** Holds when `expected` matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  check(expected.test(actual), `Expected ${show(actual)} to match ${expected}`, msg);
}

/** Holds when `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  check(
    actual.includes(expected),
    `Expected ${show(actual)} to contain ${show(expected)}`,
    msg,
  );
}

/** Holds when each of `expected` equals one of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const all = Array.from(actual);
  const missing = Array.from(expected).filter((one) => !all.some((other) => equal(one, other)));
  check(
    missing.length === 0,
    () => `Expected ${show(all)} to contain ${show(missing)}`,
    msg,
  );
}

/** Holds when everything in `expected` is in `actual`, at every depth. */
export function assertObjectMatch(actual: object, expected: object, msg?: string): void {
  check(matches(actual, expected), () => differ("a part", actual, expected), msg);
}

/** Holds when `actual` is an instance of `type`. */
export function assertInstanceOf<T extends Class<unknown>>(
  actual: unknown,
  type: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  check(
    actual instanceof type,
    () => `Expected an instance of ${type.name}, got ${show(actual)}`,
    msg,
  );
}

/** Holds when `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  check(actual > expected, `Expected ${show(actual)} > ${show(expected)}`, msg);
}

/** Holds when `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  check(actual >= expected, `Expected ${show(actual)} >= ${show(expected)}`, msg);
}

/** Holds when `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  check(actual < expected, `Expected ${show(actual)} < ${show(expected)}`, msg);
}

/** Holds when `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  check(actual <= expected, `Expected ${show(actual)} <= ${show(expected)}`, msg);
}

/** Holds when `fn` throws; gives what was thrown. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Holds when `fn` throws an instance of `type` whose message contains `part`. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type: Class<E>,
  part?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  typeOrMsg?: Class<Error> | string,
  part?: string,
  msg?: string,
): unknown {
  const [type, text] = typeof typeOrMsg === "string" ? [undefined, typeOrMsg] : [typeOrMsg, msg];
  try {
    fn();
  } catch (error) {
    return checkError(error, type, part, text);
  }
  return fail(text ?? "Expected the function to throw");
}

/** Holds when `fn` gives a promise that rejects; gives the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Holds when `fn` gives a promise that rejects with a `type` whose message contains `part`. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type: Class<E>,
  part?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  typeOrMsg?: Class<Error> | string,
  part?: string,
  msg?: string,
): Promise<unknown> {
  const [type, text] = typeof typeOrMsg === "string" ? [undefined, typeOrMsg] : [typeOrMsg, msg];
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(text ?? `Expected a rejection, but the function threw`, {
      cause: error,
    });
  }
  if (typeof promise?.then !== "function") fail(text ?? "Expected a promise");
  try {
    await promise;
  } catch (error) {
    return checkError(error, type, part, text);
  }
  return fail(text ?? "Expected the promise to reject");
}

function checkError(error: unknown, type?: Class<Error>, part?: string, msg?: string): unknown {
  if (!type) return error;
  const fits = error instanceof type;
  if (!fits) {
    throw new AssertionError(msg ?? `Expected ${type.name}, got ${show(error)}`, {
      cause: error,
    });
  }
  if (part && !error.message.includes(part)) {
    throw new AssertionError(
      msg ?? `Expected a message with ${show(part)}, got ${show(error.message)}`,
      { cause: error },
    );
  }
  return error;
}

function check(holds: boolean, otherwise: string | (() => string), msg?: string): void {
  if (holds) return;
  const text = typeof otherwise === "string" ? otherwise : otherwise();
  throw new AssertionError(msg ? `${text}: ${msg}` : text);
}

function differ(how: string, actual: unknown, expected: unknown): string {
  return `Expected both to be ${how}\n    actual: ${show(actual)}\n  expected: ${show(expected)}`;
}

function show(value: unknown): string {
  return inspect(value, { depth: 20, sorted: true, maxStringLength: 2000, breakLength: 100 });
}

/** Whether `a` and `b` have the same structure; `seen` holds the pairs under comparison. */
function equal(a: unknown, b: unknown, seen: Map<object, object> = new Map()): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (seen.get(a) === b) return true;
  if (prototypeOf(a) !== prototypeOf(b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof Error && b instanceof Error && a.stack !== b.stack) return false;
  if (isBoxed(a) && !Object.is(a.valueOf(), b.valueOf())) return false;
  seen.set(a, b);
  if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) {
    return equalBytes(new Uint8Array(a), new Uint8Array(b));
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b);
  if (a instanceof Map && b instanceof Map) {
    return sameMembers([...a], [...b], seen);
  }
  if (a instanceof Set && b instanceof Set) return sameMembers([...a], [...b], seen);
  const keys = Reflect.ownKeys(a);
  return keys.length === Reflect.ownKeys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) && equal(Reflect.get(a, key), Reflect.get(b, key), seen)
    );
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function sameMembers(a: unknown[], b: unknown[], seen: Map<object, object>): boolean {
  if (a.length !== b.length) return false;
  const left = [...b];
  return a.every((one) => {
    const at = left.findIndex((other) => equal(one, other, new Map(seen)));
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  });
}

/** An object without a prototype counts as a plain one. */
function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function isBoxed(value: object): boolean {
  return value instanceof Number || value instanceof String || value instanceof Boolean;
}

function matches(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null || !isContainer(expected)) {
    return equal(actual, expected);
  }
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(expected) && !Array.isArray(actual)) return false;
  return Reflect.ownKeys(expected)
    .filter((key) => key !== "length")
    .every((key) => key in actual && matches(Reflect.get(actual, key), Reflect.get(expected, key)));
}

function isContainer(value: object): boolean {
  return Array.isArray(value) || prototypeOf(value) === Object.prototype;
}
