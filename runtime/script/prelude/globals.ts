/** `console`, `crypto`, `performance` and `queueMicrotask` inside a realm. @module */

import type { Describe } from "./describe.ts";
import type { Ask } from "./entry.ts";
import type { Kit } from "./kit.ts";
import type { Surface } from "./surface.ts";

/** What the entry needs of them. */
export interface Globals {
  /** Writes a line to the extension's log. */
  readonly log: (level: string, values: readonly unknown[]) => void;
}

/** Self-contained: its text runs inside the realm. */
export function makeGlobals(kit: Kit, describe: Describe, surface: Surface, ask: Ask): Globals {
  const { apply, slice, stringify } = kit;

  function log(level: string, values: readonly unknown[]): void {
    ask("call", `log.${level}`, `{"message":${stringify(describe.line(values)) ?? '""'}}`);
  }
  const guestConsole = {} as Record<string, unknown>;
  const levels = ["debug", "info", "warn", "error"];
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] as string;
    guestConsole[level] = (...values: unknown[]): void => log(level, values);
  }
  guestConsole.log = guestConsole.info;
  guestConsole.trace = guestConsole.debug;
  guestConsole.assert = (ok: unknown, ...values: unknown[]): void => {
    if (!ok) log("error", ["Assertion failed:", describe.line(values)]);
  };

  function random(length: number): Uint8Array {
    const answer = ask("call", "random.bytes", `{"length":${length}}`);
    const body = slice(answer, 1);
    if (slice(answer, 0, 1) !== "=") throw surface.refusal(body);
    return surface.decode(body) as Uint8Array;
  }
  const guestCrypto = {
    getRandomValues(view: unknown): unknown {
      const bytes = kit.isView(view) ? kit.bytesOf(view) : undefined;
      if (!bytes) throw new kit.TypeError("getRandomValues needs a typed array");
      if (bytes.length > 65536) {
        throw kit.named("QuotaExceededError", "getRandomValues fills at most 65536 bytes");
      }
      const from = random(bytes.length);
      for (let i = 0; i < bytes.length; i++) bytes[i] = from[i] as number;
      return view;
    },
    randomUUID(): string {
      const bytes = random(16);
      bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
      const digits = "0123456789abcdef";
      let out = "";
      for (let i = 0; i < 16; i++) {
        if (i === 4 || i === 6 || i === 8 || i === 10) out += "-";
        const byte = bytes[i] as number;
        out += (digits[byte >> 4] as string) + (digits[byte & 15] as string);
      }
      return out;
    },
  };

  const now = (): number => kit.numberOf(slice(ask("call", "clock.monotonic", "{}"), 1));
  let origin: number | undefined;

  const resolved = new kit.promise<void>((resolve) => resolve());
  kit.global("console", guestConsole);
  kit.global("crypto", guestCrypto);
  kit.global("performance", {
    now(): number {
      origin ??= now();
      return now() - origin;
    },
  });
  kit.global("queueMicrotask", (fn: unknown): void => {
    if (typeof fn !== "function") throw new kit.TypeError("queueMicrotask needs a function");
    kit.then(resolved, () => {
      try {
        apply(fn, undefined, []);
      } catch (error) {
        log("error", ["Uncaught", describe.thrown(error)]);
      }
    }, () => {});
  });
  return { log };
}
