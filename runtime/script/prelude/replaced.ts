/** `Date` and `Math.random` of a realm whose operator gives it a clock or a source of its own. @module */

import type { Ask } from "./entry.ts";
import type { Kit } from "./kit.ts";

/** Replaces what the engine would take from the machine. */
export interface Replace {
  readonly clock: () => void;
  readonly random: () => void;
}

/** Self-contained: its text runs inside the realm. */
export function makeReplaced(kit: Kit, ask: Ask): Replace {
  const { apply, define, realm, slice } = kit;
  const { construct } = Reflect;

  return {
    clock() {
      const Native = realm.Date as DateConstructor;
      const { toString } = Native.prototype;
      const now = (): number => kit.numberOf(slice(ask("call", "clock.now", "{}"), 1));
      const Replaced = function (this: unknown, ...args: unknown[]): unknown {
        if (new.target === undefined) return apply(toString, construct(Native, [now()]), []);
        return construct(Native, args.length === 0 ? [now()] : args, new.target);
      };
      const own = { now, parse: Native.parse, UTC: Native.UTC, prototype: Native.prototype };
      const keys = kit.keysOf(own);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as keyof typeof own;
        const writable = key !== "prototype";
        define(Replaced, key, {
          value: own[key],
          writable,
          enumerable: false,
          configurable: writable,
        });
      }
      define(Replaced, "name", { value: "Date" });
      define(Replaced, "length", { value: 7 });
      define(Native.prototype, "constructor", {
        value: Replaced,
        writable: true,
        enumerable: false,
        configurable: true,
      });
      kit.global("Date", Replaced);
      // It would tell the machine's time.
      delete (realm.Temporal as Record<string, unknown> | undefined)?.Now;
    },
    random() {
      const random = (): number => {
        const answer = ask("call", "random.bytes", '{"length":7}');
        const { $bytes } = kit.parse(slice(answer, 1)) as { $bytes?: unknown };
        const text = kit.text($bytes);
        // 53 bits out of base64: eight of its characters hold 48, the ninth six more.
        let value = 0;
        for (let i = 0; i < 9; i++) {
          value = value * (i < 8 ? 64 : 32) + digit(text, i) % (i < 8 ? 64 : 32);
        }
        return value / 2 ** 53;
      };
      define(realm.Math as object, "random", {
        value: random,
        writable: true,
        enumerable: false,
        configurable: true,
      });
    },
  };

  function digit(text: string, at: number): number {
    const code = kit.codeAt(text, at);
    if (code >= 97) return code - 71;
    if (code >= 65) return code - 65;
    return code >= 48 ? code + 4 : code === 43 ? 62 : 63;
  }
}
