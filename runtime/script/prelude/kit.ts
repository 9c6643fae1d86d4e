/** Intrinsics of a realm, taken before guest code can change them. @module */

/** What the prelude uses instead of anything that guest code can replace. */
export interface Kit {
  /** The realm's global object. */
  readonly realm: Record<PropertyKey, unknown>;
  readonly apply: (fn: unknown, self: unknown, args: ArrayLike<unknown>) => unknown;
  readonly parse: (text: string) => unknown;
  /** `undefined` for what has no JSON form. */
  readonly stringify: (value: unknown) => string | undefined;
  readonly text: (value: unknown) => string;
  readonly numberOf: (value: unknown) => number;
  readonly isArray: (value: unknown) => value is unknown[];
  readonly freeze: <T>(value: T) => T;
  /** An object without a prototype: a table that no polluted prototype shines through. */
  readonly table: <T>() => Record<PropertyKey, T>;
  /** Sets an own property whatever setters prototypes have. */
  readonly put: (target: object, key: PropertyKey, value: unknown) => void;
  readonly hasOwn: (target: unknown, key: PropertyKey) => boolean;
  readonly keysOf: (target: object) => string[];
  readonly ownKeys: (target: object) => PropertyKey[];
  readonly prototypeOf: (target: object) => object | null;
  readonly define: typeof Object.defineProperty;
  readonly promise: PromiseConstructor;
  readonly then: (
    promise: unknown,
    onValue: (value: unknown) => void,
    onError: (reason: unknown) => void,
  ) => void;
  readonly slice: (text: string, from: number, to?: number) => string;
  readonly indexOf: (text: string, part: string, from?: number) => number;
  readonly codeAt: (text: string, at: number) => number;
  readonly fromCodes: (codes: ArrayLike<number>) => string;
  readonly toTag: (value: unknown) => string;
  readonly bytes: Uint8ArrayConstructor;
  readonly isView: (value: unknown) => value is ArrayBufferView;
  /** The bytes behind a view or buffer; `undefined` for anything else. */
  readonly bytesOf: (value: unknown) => Uint8Array | undefined;
  readonly TypeError: TypeErrorConstructor;
  readonly RangeError: RangeErrorConstructor;
  readonly Error: ErrorConstructor;
  readonly isError: (value: unknown) => value is Error;
  /** Defines a global the way built-in ones are. */
  readonly global: (name: string, value: unknown) => void;
  /** An error of the web platform: an `Error` with this name. */
  readonly named: (name: string, message: string) => Error;
}

/** Self-contained: its text runs inside the realm. */
export function makeKit(): Kit {
  const realm = globalThis as unknown as Record<PropertyKey, unknown>;
  const { apply, ownKeys, getPrototypeOf } = Reflect;
  const { freeze, create, defineProperty, hasOwn, keys } = Object;
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { fromCharCode } = String;
  const { slice, indexOf, charCodeAt } = String.prototype;
  const { toString: tag, isPrototypeOf } = Object.prototype;
  const then = Promise.prototype.then;
  const text = String;
  const numberOf = Number;
  const bytes = Uint8Array;
  const { isView } = ArrayBuffer;
  const errors = { Error, TypeError, RangeError };
  const errorPrototype = Error.prototype;

  const getter = (prototype: object, name: PropertyKey): unknown =>
    Object.getOwnPropertyDescriptor(prototype, name)?.get;
  const typedArray = getPrototypeOf(Uint8Array.prototype) as object;
  const viewBuffer = getter(typedArray, "buffer");
  const viewOffset = getter(typedArray, "byteOffset");
  const viewLength = getter(typedArray, "byteLength");
  const viewName = getter(typedArray, Symbol.toStringTag);
  const dataBuffer = getter(DataView.prototype, "buffer");
  const dataOffset = getter(DataView.prototype, "byteOffset");
  const dataLength = getter(DataView.prototype, "byteLength");
  const bufferLength = getter(ArrayBuffer.prototype, "byteLength");

  function bytesOf(value: unknown): Uint8Array | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    if (isView(value)) {
      const typed = apply(viewName as () => unknown, value, []) !== undefined;
      const read = (get: unknown): unknown => apply(get as () => unknown, value, []);
      return new bytes(
        read(typed ? viewBuffer : dataBuffer) as ArrayBuffer,
        read(typed ? viewOffset : dataOffset) as number,
        read(typed ? viewLength : dataLength) as number,
      );
    }
    try {
      apply(bufferLength as () => unknown, value, []);
    } catch {
      return undefined;
    }
    return new bytes(value as ArrayBuffer);
  }

  const put = (target: object, key: PropertyKey, value: unknown): void => {
    defineProperty(target, key, {
      __proto__: null,
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    } as PropertyDescriptor);
  };

  return freeze(
    {
      __proto__: null,
      realm,
      apply: apply as Kit["apply"],
      parse: (source) => parse(source),
      stringify: (value) => stringify(value) as string | undefined,
      text: (value) => text(value),
      numberOf: (value) => numberOf(value),
      isArray: (value): value is unknown[] => isArray(value),
      freeze,
      table: () => create(null),
      put,
      hasOwn: (target, key) => hasOwn(target as object, key),
      keysOf: keys,
      ownKeys,
      prototypeOf: getPrototypeOf,
      define: defineProperty,
      promise: Promise,
      then: (promise, onValue, onError) => {
        apply(then, promise, [onValue, onError]);
      },
      slice: (source, from, to) => apply(slice, source, [from, to]) as string,
      indexOf: (source, part, from) => apply(indexOf, source, [part, from]) as number,
      codeAt: (source, at) => apply(charCodeAt, source, [at]) as number,
      fromCodes: (codes) => apply(fromCharCode, undefined, codes as number[]) as string,
      toTag: (value) => apply(tag, value, []) as string,
      bytes,
      isView: (value): value is ArrayBufferView => isView(value),
      bytesOf,
      Error: errors.Error,
      TypeError: errors.TypeError,
      RangeError: errors.RangeError,
      isError: (value): value is Error =>
        typeof value === "object" && value !== null &&
        apply(isPrototypeOf, errorPrototype, [value]) as boolean,
      global: (name, value) => {
        defineProperty(realm, name, {
          __proto__: null,
          value,
          writable: true,
          enumerable: false,
          configurable: true,
        } as PropertyDescriptor);
      },
      named: (name, message) => {
        const error = new errors.Error(message);
        put(error, "name", name);
        return error;
      },
    } satisfies Kit & { __proto__: null },
  ) as Kit;
}
