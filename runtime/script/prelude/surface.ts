/** The frozen `airlock` object inside a realm, and values on their way through it. @module */

import type { Encoding } from "./encoding.ts";
import type { Kit } from "./kit.ts";

/** What the surface needs of the entry. */
export interface SurfaceHost {
  /** Asks for an operation that answers later; the promise is the realm's own. */
  readonly call: (operation: string, args: string) => Promise<unknown>;
  /** Asks for one that answers at once: `=` and the value, or `!` and the refusal. */
  readonly ask: (operation: string, args: string) => string;
  /** Hears which error stands for the refusal that the host knows as `id`. */
  readonly refuses: (error: Error, id: number) => void;
}

/** What the entry and the other globals need of it. */
export interface Surface {
  /** Builds `airlock` of a list of operations and puts it into the realm. */
  readonly build: (operations: string, config: string) => void;
  /** A value as text, bytes marked; `undefined` becomes empty text. */
  readonly encode: (value: unknown) => string;
  readonly decode: (text: string) => unknown;
  /** The `AirlockError` of a refusal, given as `{code, capability, message}` in JSON. */
  readonly refusal: (text: string) => Error;
}

/** Self-contained: its text runs inside the realm. */
export function makeSurface(kit: Kit, encoding: Encoding, host: SurfaceHost): Surface {
  const { apply, freeze, hasOwn, isArray, table } = kit;
  // Nesting of a value that crosses: deeper ones would exhaust the stack of whoever walks them.
  const depthLimit = 200;

  /** Bytes become `{"$bytes": base64}`; an object that looks like a mark is wrapped in `$object`. */
  function mark(value: unknown, depth: number): unknown {
    if (typeof value === "bigint") throw new kit.TypeError("a bigint cannot be passed to the host");
    if (typeof value === "function" || typeof value === "symbol") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (depth > depthLimit) throw new kit.RangeError("the value is nested too deeply");
    const bytes = kit.bytesOf(value);
    const out = table<unknown>();
    if (bytes) {
      out.$bytes = encoding.toBase64(bytes);
      return out;
    }
    const toJson = (value as { toJSON?: unknown }).toJSON;
    if (typeof toJson === "function") return mark(apply(toJson, value, []), depth + 1);
    if (isArray(value)) {
      const list: unknown[] = [];
      // An own property, so that no `toJSON` of a polluted prototype is called.
      kit.put(list, "toJSON", undefined);
      for (let i = 0; i < value.length; i++) kit.put(list, i, mark(value[i], depth + 1) ?? null);
      return list;
    }
    const keys = kit.keysOf(value);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      out[key] = mark((value as Record<string, unknown>)[key], depth + 1);
    }
    if (!hasOwn(out, "$bytes") && !hasOwn(out, "$object")) return out;
    const wrapped = table<unknown>();
    wrapped.$object = out;
    return wrapped;
  }

  function unmark(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (isArray(value)) {
      for (let i = 0; i < value.length; i++) kit.put(value, i, unmark(value[i]));
      return value;
    }
    const record = value as Record<string, unknown>;
    if (hasOwn(record, "$bytes")) return encoding.fromBase64(kit.text(record.$bytes));
    const inner = hasOwn(record, "$object") ? record.$object as Record<string, unknown> : record;
    const keys = kit.keysOf(inner);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      kit.put(inner, key, unmark(inner[key]));
    }
    return inner;
  }

  const encode = (value: unknown): string => kit.stringify(mark(value, 0)) ?? "";
  const decode = (text: string): unknown => text === "" ? undefined : unmark(kit.parse(text));

  function refusal(text: string): Error {
    const { code, capability, message, id } = kit.parse(text) as Record<string, unknown>;
    const error = kit.named("AirlockError", kit.text(message));
    kit.put(error, "code", code);
    kit.put(error, "capability", capability);
    if (typeof id === "number") host.refuses(error, id);
    return error;
  }

  interface Operation {
    readonly capability: string;
    readonly operation: string;
    readonly params: readonly string[];
    readonly sync: boolean;
  }

  function operationOf({ capability, operation, params, sync }: Operation): unknown {
    const name = `${capability}.${operation}`;
    const argsOf = (values: readonly unknown[]): string => {
      const args = table<unknown>();
      for (let i = 0; i < params.length && i < values.length; i++) {
        args[params[i] as string] = values[i];
      }
      return encode(args);
    };
    if (!sync) {
      return (...values: unknown[]): Promise<unknown> => {
        let args;
        try {
          args = argsOf(values);
        } catch (error) {
          return new kit.promise((_, reject) => reject(error));
        }
        return host.call(name, args);
      };
    }
    return (...values: unknown[]): unknown => {
      const answer = host.ask(name, argsOf(values));
      const body = kit.slice(answer, 1);
      if (kit.slice(answer, 0, 1) === "=") return decode(body);
      throw refusal(body);
    };
  }

  /** `http.serve` lies at `airlock.http.serve`. */
  function nodeOf(root: Record<string, unknown>, capability: string): Record<string, unknown> {
    let node = root;
    let from = 0;
    for (;;) {
      const dot = kit.indexOf(capability, ".", from);
      const part = kit.slice(capability, from, dot < 0 ? capability.length : dot);
      node = (node[part] ??= table()) as Record<string, unknown>;
      if (dot < 0) return node;
      from = dot + 1;
    }
  }

  function freezeAll(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    const keys = kit.keysOf(value);
    for (let i = 0; i < keys.length; i++) {
      freezeAll((value as Record<string, unknown>)[keys[i] as string]);
    }
    return freeze(value);
  }

  return {
    encode,
    decode,
    refusal,
    build(operations, config) {
      const airlock = table<unknown>();
      const list = kit.parse(operations) as Operation[];
      for (let i = 0; i < list.length; i++) {
        const one = list[i] as Operation;
        // The configuration is data here, not an operation.
        if (one.capability === "config") continue;
        nodeOf(airlock, one.capability)[one.operation] = freeze(operationOf(one) as object);
      }
      airlock.config = kit.parse(config);
      kit.define(kit.realm, "airlock", {
        value: freezeAll(airlock),
        writable: false,
        enumerable: true,
        configurable: true,
      });
    },
  };
}
