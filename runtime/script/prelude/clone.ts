/** `structuredClone` inside a realm. @module */

import type { Kit } from "./kit.ts";

/** Self-contained: its text runs inside the realm. Only the global is left behind. */
export function makeClone(kit: Kit): void {
  const { apply, define } = kit;
  const { getOwnPropertyDescriptor } = Object;
  const builtIn = {
    Map,
    Set,
    Date: kit.realm.Date as { new (ms: number): object; readonly prototype: { getTime: unknown } },
    RegExp,
    ArrayBuffer,
    DataView,
    Object,
    Array,
    BigInt,
  };
  const mapGet = Map.prototype.get;
  const mapSet = Map.prototype.set;
  const mapEach = Map.prototype.forEach;
  const setAdd = Set.prototype.add;
  const setEach = Set.prototype.forEach;
  const dateValue = builtIn.Date.prototype.getTime;
  const regexpSource = getOwnPropertyDescriptor(RegExp.prototype, "source")?.get;
  const regexpFlags = getOwnPropertyDescriptor(RegExp.prototype, "flags")?.get;
  const bufferSlice = ArrayBuffer.prototype.slice;
  const bufferLength = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")?.get;
  const typedPrototype = kit.prototypeOf(Uint8Array.prototype) as object;
  const typedName = getOwnPropertyDescriptor(typedPrototype, Symbol.toStringTag)?.get;
  const booleanValue = Boolean.prototype.valueOf;
  const numberValue = Number.prototype.valueOf;
  const stringValue = String.prototype.valueOf;
  const typed = kit.table<new (buffer: ArrayBuffer, at: number, size: number) => unknown>();
  const typedClasses = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ];
  for (let i = 0; i < typedClasses.length; i++) {
    const one = typedClasses[i] as typeof Uint8Array;
    typed[one.name] = one as never;
  }
  const errorClasses = kit.table<ErrorConstructor>();
  const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
  for (let i = 0; i < errors.length; i++) {
    const one = errors[i] as ErrorConstructor;
    errorClasses[one.name] = one;
  }

  const refuse = (what: string): never => {
    throw kit.named("DataCloneError", `${what} cannot be cloned`);
  };
  /** Whether `method`, which only its own kind of object takes, runs on `value`. */
  const takes = (method: unknown, value: object): boolean => {
    try {
      apply(method, value, []);
      return true;
    } catch {
      return false;
    }
  };

  function clone(value: unknown, seen: Map<unknown, unknown>): unknown {
    if (typeof value === "function") return refuse("a function");
    if (typeof value === "symbol") return refuse("a symbol");
    if (typeof value !== "object" || value === null) return value;
    const known = apply(mapGet, seen, [value]);
    if (known !== undefined) return known;
    const remember = <T>(copy: T): T => {
      apply(mapSet, seen, [value, copy]);
      return copy;
    };
    const simple = cloneSimple(value, seen);
    if (simple !== undefined) return remember(simple);
    const tag = kit.toTag(value);
    if (tag === "[object Map]" && isMap(value)) {
      const copy = remember(new builtIn.Map());
      apply(mapEach, value, [(item: unknown, key: unknown) => {
        apply(mapSet, copy, [clone(key, seen), clone(item, seen)]);
      }]);
      return copy;
    }
    if (tag === "[object Set]" && isSet(value)) {
      const copy = remember(new builtIn.Set());
      apply(setEach, value, [(item: unknown) => {
        apply(setAdd, copy, [clone(item, seen)]);
      }]);
      return copy;
    }
    if (tag === "[object Promise]" || tag === "[object WeakMap]" || tag === "[object WeakSet]") {
      return refuse(tag);
    }
    if (kit.isError(value)) {
      const name = kit.text((value as Error).name);
      const copy = remember(
        new (errorClasses[name] ?? kit.Error)(kit.text((value as Error).message)),
      );
      if (kit.hasOwn(value, "cause")) kit.put(copy, "cause", clone((value as Error).cause, seen));
      return copy;
    }
    const copy = remember((kit.isArray(value) ? [] : {}) as Record<string, unknown>);
    if (kit.isArray(value)) copy.length = value.length;
    const keys = kit.keysOf(value);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      kit.put(copy, key, clone((value as Record<string, unknown>)[key], seen));
    }
    return copy;
  }

  const isMap = (value: object): boolean => takes(bind(mapGet), value);
  const isSet = (value: object): boolean => takes(bind(setEach), value);
  function bind(method: unknown): unknown {
    return method === setEach
      ? function (this: unknown): void {
        apply(setEach, this, [() => {}]);
      }
      : method;
  }

  /** Dates, expressions, buffers and boxed primitives; `undefined` for anything else. */
  function cloneSimple(value: object, seen: Map<unknown, unknown>): unknown {
    if (kit.isView(value)) {
      const bytes = kit.bytesOf(value) as Uint8Array;
      const from = (bytes as { byteOffset: number }).byteOffset;
      const buffer = clone(bytes.buffer, seen) as ArrayBuffer;
      const name = apply(typedName, value, []) as string | undefined;
      if (name === undefined) return new builtIn.DataView(buffer, from, bytes.length);
      const make = typed[name];
      if (!make) return refuse(name);
      return new make(buffer, from, (value as unknown as { length: number }).length);
    }
    if (takes(bufferLength, value)) return apply(bufferSlice, value, [0]);
    const tag = kit.toTag(value);
    if (tag === "[object Date]" && takes(dateValue, value)) {
      return new builtIn.Date(apply(dateValue, value, []) as number);
    }
    if (tag === "[object RegExp]") {
      return new builtIn.RegExp(
        apply(regexpSource, value, []) as string,
        apply(regexpFlags, value, []) as string,
      );
    }
    const unbox = tag === "[object Boolean]"
      ? booleanValue
      : tag === "[object Number]"
      ? numberValue
      : tag === "[object String]"
      ? stringValue
      : undefined;
    if (unbox && takes(unbox, value)) return builtIn.Object(apply(unbox, value, []));
    return undefined;
  }

  function structuredClone(value: unknown): unknown {
    return clone(value, new builtIn.Map());
  }
  define(structuredClone, "length", { value: 1 });
  kit.global("structuredClone", structuredClone);
}
